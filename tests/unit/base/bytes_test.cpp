#include <anochat/base/bytes.hpp>
#include <doctest/doctest.h>

using namespace anochat;

TEST_CASE("hexadecimal reads back what it wrote") {
  const Bytes bytes{0x00, 0x01, 0x7f, 0x80, 0xff};
  CHECK(to_hex(bytes) == "00017f80ff");
  CHECK(from_hex("00017f80ff") == bytes);
  CHECK(from_hex("00017F80FF") == bytes);
  CHECK(to_hex({}).empty());
  CHECK(from_hex("") == Bytes{});
}

TEST_CASE("text that is not hexadecimal is refused") {
  for (const char* text : {"0", "0g", "00 11", "00:11", " 00", "00 ", "0x00"}) CHECK_FALSE(from_hex(text).has_value());
}

TEST_CASE("constant-time comparison agrees with equality") {
  const Bytes a{1, 2, 3};
  CHECK(equal_ct(a, Bytes{1, 2, 3}));
  CHECK_FALSE(equal_ct(a, Bytes{1, 2, 4}));
  CHECK_FALSE(equal_ct(a, Bytes{1, 2}));
  CHECK(equal_ct({}, {}));
}

TEST_CASE("wiping overwrites every byte") {
  Bytes bytes(64, 0xab);
  wipe(bytes);
  CHECK(bytes == Bytes(64, 0));
  wipe({});
}
