#include "crypto/base32.hpp"

namespace anochat::crypto {
namespace {

/// a to z, 2 to 7. No table and no branch: what is encoded may be secret.
char letter_of(std::uint32_t bits, char first) noexcept {
  const std::uint32_t a = static_cast<unsigned char>(first);
  const std::uint32_t is_digit = (25U - bits) >> 31;
  return static_cast<char>(bits + a - is_digit * (a + 26 - '2'));
}

std::optional<std::uint32_t> value_of(char letter) {
  if (letter >= 'a' && letter <= 'z') return static_cast<std::uint32_t>(letter - 'a');
  if (letter >= 'A' && letter <= 'Z') return static_cast<std::uint32_t>(letter - 'A');
  if (letter >= '2' && letter <= '7') return static_cast<std::uint32_t>(letter - '2' + 26);
  return std::nullopt;
}

}  // namespace

std::string to_base32(ByteView bytes, LetterCase letters) {
  const char first = letters == LetterCase::lower ? 'a' : 'A';
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    bit_count += 8;
    while (bit_count >= 5) {
      bit_count -= 5;
      out.push_back(letter_of(bits >> bit_count & 31, first));
    }
  }
  if (bit_count > 0) out.push_back(letter_of(bits << (5 - bit_count) & 31, first));
  return out;
}

std::optional<Bytes> from_base32(std::string_view text) {
  Bytes out;
  out.reserve(text.size() * 5 / 8);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char letter : text) {
    const std::optional<std::uint32_t> value = value_of(letter);
    if (!value) return std::nullopt;
    bits = bits << 5 | *value;
    bit_count += 5;
    if (bit_count >= 8) {
      bit_count -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> bit_count));
    }
  }
  // Five or more bits left over mean a letter too many.
  if (bit_count >= 5 || (bits & ((1U << bit_count) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace anochat::crypto
