// session/wire.hpp - where things lie in a message (docs/protocol.md, sections 4 and 5).
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/framing/limits.hpp>
#include <anochat/framing/padding.hpp>
#include <cstddef>
#include <cstdint>

#include "crypto/chacha.hpp"

namespace anochat::session {

inline constexpr std::uint8_t kVersion = 0x11;
inline constexpr std::uint8_t kSuite = 0x01;
enum class MessageType : std::uint8_t { initial = 1, ratchet = 2 };

inline constexpr std::size_t kPrefixLen = 4;                            // bytes, all of them
inline constexpr std::size_t kBlockLen = 1'315;
inline constexpr std::size_t kHeaderLen = 52;
inline constexpr std::size_t kSealedHeaderLen = kHeaderLen + crypto::kTagLen;
inline constexpr std::size_t kBodyOverhead = 7;                         // length, symbol count, first index
inline constexpr std::size_t kMaxBodyLen = 67'584;                      // padded(65,536 + 7 + 32)
inline constexpr std::size_t kHeadLen = kPrefixLen + crypto::kNonceLen + kSealedHeaderLen;  // of a type 2 message

[[nodiscard]] constexpr std::size_t front_len(MessageType type) noexcept {
  return kPrefixLen + (type == MessageType::initial ? kBlockLen : 0);
}
[[nodiscard]] constexpr std::size_t head_len(MessageType type) noexcept {
  return kHeadLen + (type == MessageType::initial ? kBlockLen : 0);
}
[[nodiscard]] constexpr std::size_t message_len(MessageType type, std::size_t body_len) noexcept {
  return head_len(type) + body_len + crypto::kTagLen;
}

/// The parts of a message whose layout is right. Views into the message.
struct MessageView {
  MessageType type;
  ByteView block;  ///< empty for a ratchet message
  ByteView front;  ///< all before the header nonce
  std::span<const std::uint8_t, crypto::kNonceLen> header_nonce;
  ByteView sealed_header;
  ByteView head;  ///< all before the body
  ByteView sealed_body;
};

/// Checks prefix and lengths; no cryptography.
/// @throws Error{Errc::unsupported_version}, Error{Errc::unsupported_suite}, Error{Errc::bad_message}
[[nodiscard]] MessageView parse_message(ByteView message, std::string_view where);

void write_prefix(MessageType type, std::uint8_t* out) noexcept;

}  // namespace anochat::session
