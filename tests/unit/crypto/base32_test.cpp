#include "crypto/base32.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using crypto::from_base32;
using crypto::LetterCase;
using crypto::to_base32;

TEST_CASE("base32 agrees with the examples of RFC 4648, without padding") {
  constexpr std::pair<std::string_view, std::string_view> kExamples[] = {{"", ""},
                                                                         {"f", "MY"},
                                                                         {"fo", "MZXQ"},
                                                                         {"foo", "MZXW6"},
                                                                         {"foob", "MZXW6YQ"},
                                                                         {"fooba", "MZXW6YTB"},
                                                                         {"foobar", "MZXW6YTBOI"}};
  for (const auto& [text, encoded] : kExamples) {
    CHECK(to_base32(as_bytes(text), LetterCase::upper) == encoded);
    CHECK(from_base32(encoded) == to_bytes(text));
  }
  CHECK(to_base32(as_bytes("foobar"), LetterCase::lower) == "mzxw6ytboi");
  CHECK(from_base32("mZxW6yTbOi") == to_bytes("foobar"));
  const Bytes all = from_base32("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").value();  // every letter, in both cases
  CHECK(all[0] == 0x00);
  CHECK(all[19] == 0xdf);
  CHECK(from_base32("abcdefghijklmnopqrstuvwxyz234567") == all);
  CHECK(to_base32(all, LetterCase::lower) == "abcdefghijklmnopqrstuvwxyz234567");
}

TEST_CASE("base32 has one spelling for every byte string") {
  CHECK(from_base32("MY") == to_bytes("f"));
  for (const char* text : {"MZ", "M7", "MZXR", "MZXW7", "MZXW6YR", "M", "MZX", "MZXW6Y", "MZXW6YTBA", "MY======", "MY ",
                           " MY", "M0", "M1", "M8", "M9", "M-", "M\xc3"}) {
    CHECK_FALSE(from_base32(text).has_value());
  }
}
