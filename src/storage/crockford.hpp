// storage/crockford.hpp - Crockford's base32, one letter at a time, without a table: an index that is secret would show
// in the processor's cache.
#pragma once

#include <cstdint>

namespace anochat::storage::detail {

/// 1 when value >= limit, else 0. Both below 2^31.
[[nodiscard]] constexpr std::uint32_t at_least(std::uint32_t value, std::uint32_t limit) noexcept {
  return 1U - ((value - limit) >> 31);
}

/// 1 when first <= value <= last, else 0.
[[nodiscard]] constexpr std::uint32_t is_within(std::uint32_t value, std::uint32_t first, std::uint32_t last) noexcept {
  return at_least(value, first) & (1U - at_least(value, last + 1));
}

/// The letter for five bits: 0123456789ABCDEFGHJKMNPQRSTVWXYZ, without I, L, O and U.
[[nodiscard]] constexpr char crockford_letter(std::uint32_t bits) noexcept {
  const std::uint32_t after_digits = at_least(bits, 10) * ('A' - '0' - 10);
  const std::uint32_t left_out = at_least(bits, 18) + at_least(bits, 20) + at_least(bits, 22) + at_least(bits, 27);
  return static_cast<char>('0' + bits + after_digits + left_out);
}

inline constexpr std::uint32_t kNoCrockfordLetter = 32;

/// The five bits of a letter, or kNoCrockfordLetter. Case does not matter, O is 0, I and L are 1.
[[nodiscard]] constexpr std::uint32_t crockford_bits(char letter) noexcept {
  std::uint32_t c = static_cast<std::uint8_t>(letter);
  c -= is_within(c, 'a', 'z') * ('a' - 'A');
  const std::uint32_t is_digit = is_within(c, '0', '9');
  const std::uint32_t is_o = is_within(c, 'O', 'O'), is_one = is_within(c, 'I', 'I') | is_within(c, 'L', 'L');
  const std::uint32_t is_plain = is_within(c, 'A', 'Z') & (1U - is_o) & (1U - is_one) & (1U - is_within(c, 'U', 'U'));
  const std::uint32_t left_out = at_least(c, 'J') + at_least(c, 'M') + at_least(c, 'P') + at_least(c, 'V');
  const std::uint32_t is_none = 1U - (is_digit | is_o | is_one | is_plain);
  return is_digit * (c - '0') + is_one + is_plain * (c - 'A' + 10 - left_out) + is_none * kNoCrockfordLetter;
}

}  // namespace anochat::storage::detail
