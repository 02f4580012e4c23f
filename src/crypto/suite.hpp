// crypto/suite.hpp - the protocol version and the cipher suite of docs/protocol.md.
#pragma once

#include <cstdint>

namespace anochat::crypto {

inline constexpr std::uint8_t kProtocolVersion = 0x11;
inline constexpr std::uint8_t kSuite = 0x01;

}  // namespace anochat::crypto
