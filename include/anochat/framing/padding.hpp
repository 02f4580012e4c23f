// anochat/framing/padding.hpp - which lengths a message body may have.
#pragma once

#include <array>
#include <bit>
#include <cstddef>

namespace anochat {

/// The smallest allowed length that is not below `length`: 256, 512, 1,024, 2,048 or 4,096 bytes, and above that Padmé,
/// which keeps as many high bits of the length as its logarithm has bits. Above 4,096 it adds less than 6.3 %.
///
/// Small messages of every kind (texts, receipts, reactions, typing) therefore look alike.
///
/// @param length  bytes, at most 2^62
/// @source docs/protocol.md, section 5; Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
///         Communication with PURBs", 2019, section 4.3
[[nodiscard]] constexpr std::size_t padded_size(std::size_t length) noexcept {
  constexpr std::array<std::size_t, 5> kBuckets{256, 512, 1'024, 2'048, 4'096};
  for (const std::size_t bucket : kBuckets) {
    if (length <= bucket) return bucket;
  }
  const auto exponent = static_cast<unsigned>(std::bit_width(length)) - 1;              // E = floor(log2 L)
  const auto kept_bits = static_cast<unsigned>(std::bit_width(std::size_t{exponent}));  // S = floor(log2 E) + 1
  const std::size_t mask = (std::size_t{1} << (exponent - kept_bits)) - 1;
  return (length + mask) & ~mask;
}

/// Whether a body may have exactly this length, in bytes.
[[nodiscard]] constexpr bool is_padded_size(std::size_t length) noexcept { return padded_size(length) == length; }

}  // namespace anochat
