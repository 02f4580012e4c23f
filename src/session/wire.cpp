#include "session/wire.hpp"

#include <anochat/base/error.hpp>

namespace anochat::session {
namespace {

MessageType parse_prefix(ByteView message, std::string_view where) {
  if (message.size() < kPrefixLen) throw Error(Errc::bad_message, where);
  if (message[0] != kVersion) throw Error(Errc::unsupported_version, where);
  if (message[2] != kSuite) throw Error(Errc::unsupported_suite, where);
  const auto type = static_cast<MessageType>(message[1]);
  if ((type != MessageType::initial && type != MessageType::ratchet) || message[3] != 0) {
    throw Error(Errc::bad_message, where);
  }
  return type;
}

}  // namespace

MessageView parse_message(ByteView message, std::string_view where) {
  const MessageType type = parse_prefix(message, where);
  const std::size_t head = head_len(type);
  if (message.size() < head + crypto::kTagLen) throw Error(Errc::bad_message, where);
  const std::size_t body = message.size() - head - crypto::kTagLen;
  if (body > kMaxBodyLen || !is_padded_size(body)) throw Error(Errc::bad_message, where);
  const std::size_t front = front_len(type);
  return {
      .type = type,
      .block = message.subspan(kPrefixLen, front - kPrefixLen),
      .front = message.first(front),
      .header_nonce = message.subspan(front).first<crypto::kNonceLen>(),
      .sealed_header = message.subspan(front + crypto::kNonceLen, kSealedHeaderLen),
      .head = message.first(head),
      .sealed_body = message.subspan(head),
  };
}

void write_prefix(MessageType type, std::uint8_t* out) noexcept {
  out[0] = kVersion;
  out[1] = static_cast<std::uint8_t>(type);
  out[2] = kSuite;
  out[3] = 0;
}

}  // namespace anochat::session
