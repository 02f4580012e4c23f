// tests/support/x25519_points.hpp - the X25519 public keys that nobody may accept.
#pragma once

#include <anochat/base/bytes.hpp>

#include <vector>

namespace anochat::testing {

/// Little-endian 0xff..0x7f with this first byte: 0xed is p, 0xec is p - 1.
[[nodiscard]] inline ByteArray<32> near_p(std::uint8_t first) {
  ByteArray<32> bytes;
  bytes.fill(0xff);
  bytes[0] = first;
  bytes[31] = 0x7f;
  return bytes;
}

/// The low-order points in every spelling of 32 bytes, and honest points in spellings that are not canonical.
[[nodiscard]] inline std::vector<ByteArray<32>> unacceptable_points() {
  std::vector<ByteArray<32>> points;
  points.push_back({0});
  points.push_back({1});
  for (const char* hex : {"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"}) {
    const Bytes bytes = from_hex(hex).value();
    std::copy(bytes.begin(), bytes.end(), points.emplace_back().begin());
  }
  // p - 1, then p to p + 18, which libsodium would take for 0 to 18.
  for (unsigned first = 0xec; first <= 0xff; ++first) points.push_back(near_p(static_cast<std::uint8_t>(first)));
  points.push_back({9, 0, 0, 0});
  points.back()[31] = 0x80;  // the base point with its top bit set
  const std::size_t without_top_bit = points.size() - 1;
  for (std::size_t i = 0; i < without_top_bit; ++i) {
    points.push_back(points[i]);
    points.back()[31] |= 0x80;
  }
  return points;
}

}  // namespace anochat::testing
