#include "framing/utf8.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using anochat::detail::is_utf8;

namespace {

// The definition, from code point to bytes.
std::string encode(std::uint32_t c) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f))};
  if (c < 0x10000) return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
  return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
}

// Whether exactly one code point has these bytes: decoded leniently, encoded again, compared.
bool is_code_point(const std::string& bytes) {
  std::uint32_t c = static_cast<std::uint8_t>(bytes[0]);
  if (bytes.size() > 1) c &= 0x7fU >> bytes.size();
  for (std::size_t i = 1; i < bytes.size(); ++i) c = c << 6 | (static_cast<std::uint8_t>(bytes[i]) & 0x3fU);
  return c < 0x110000 && (c < 0xd800 || c > 0xdfff) && encode(c) == bytes;
}

}  // namespace

TEST_CASE("every code point is text and every surrogate is not") {
  std::size_t wrong = 0;
  for (std::uint32_t c = 0; c < 0x110000; ++c) wrong += is_utf8(encode(c)) != (c < 0xd800 || c > 0xdfff) ? 1U : 0U;
  CHECK(wrong == 0);
  for (std::uint32_t c = 0x110000; c < 0x140000; c += 0x1000) CHECK_FALSE(is_utf8(encode(c)));
}

TEST_CASE("of all strings of one, two and three bytes exactly the encodings of code points are text") {
  std::size_t wrong = 0;
  for (unsigned a = 0; a < 256; ++a) {
    const std::string one{static_cast<char>(a)};
    wrong += is_utf8(one) != (a < 0x80) ? 1U : 0U;
    for (unsigned b = 0; b < 256; ++b) {
      const std::string two = one + static_cast<char>(b);
      wrong += is_utf8(two) != ((a < 0x80 && b < 0x80) || is_code_point(two)) ? 1U : 0U;
      if (a < 0xe0 || a > 0xef) continue;
      for (unsigned c = 0; c < 256; ++c) {
        const std::string three = two + static_cast<char>(c);
        wrong += is_utf8(three) != is_code_point(three) ? 1U : 0U;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("four-byte forms are text in their exact range, and longer forms never") {
  for (const char* const text : {"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xf1\x80\x80\x80", "\xf3\xbf\xbf\xbf"}) {
    CHECK(is_utf8(text));
  }
  for (const char* const text :
       {"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf0\x90\x80", "\xf0\x90\x80\xc0",
        "\xf0\x90\x7f\x80", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xfe", "\xff"}) {
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("text is judged as a whole") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain, Grüße, 한국어, 👩🏿‍🚀"));
  CHECK(is_utf8(std::string("a\0b", 3)));
  CHECK_FALSE(is_utf8("good until here \xe2\x82"));
  CHECK_FALSE(is_utf8("\x80 then good"));
}
