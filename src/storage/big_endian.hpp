// storage/big_endian.hpp - whole numbers as bytes, most significant first.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstdint>

namespace anochat::storage::detail {

inline void put_be64(MutableByteView out, std::uint64_t value) noexcept {
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}
inline void put_be32(MutableByteView out, std::uint32_t value) noexcept {
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}
[[nodiscard]] inline std::uint64_t get_be64(ByteView bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}
[[nodiscard]] inline std::uint32_t get_be32(ByteView bytes) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace anochat::storage::detail
