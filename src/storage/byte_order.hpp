// storage/byte_order.hpp - integers as big-endian bytes, the order of every number in the store's file.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstddef>
#include <cstdint>

namespace anochat::storage {

template <class Integer>
void store_be(MutableByteView out, std::size_t at, Integer value) noexcept {
  for (std::size_t i = sizeof(Integer); i > 0; --i) {
    out[at + i - 1] = static_cast<std::uint8_t>(value & 0xff);
    value = static_cast<Integer>(value >> 4 >> 4);  // two steps, so that one-byte integers may be shifted as well
  }
}

template <class Integer>
[[nodiscard]] Integer load_be(ByteView in, std::size_t at) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) value = value << 8 | in[at + i];
  return static_cast<Integer>(value);
}

}  // namespace anochat::storage
