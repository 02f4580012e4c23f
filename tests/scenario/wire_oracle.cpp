#include "wire_oracle.hpp"

#include <anochat/framing/envelope.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <functional>
#include <string_view>
#include <variant>

namespace scenario {

using namespace anochat;

namespace {

constexpr std::size_t kPrefix = 4;       // bytes
constexpr std::size_t kHandshake = 1'315;  // bytes, in an initial message only
constexpr std::size_t kNonce = 12;       // bytes
constexpr std::uint8_t kInitial = 1;
constexpr std::uint8_t kRatchet = 2;

std::uint64_t digest(ByteView bytes) { return std::hash<std::string_view>{}(as_text(bytes)); }

}  // namespace

void WireOracle::see(ByteView client_frame) {
  const ClientFrame frame = decode_client_frame(client_frame);
  const auto* body = std::get_if<Submit>(&frame.body);
  if (body == nullptr) return;
  for (const Submission& submission : body->submissions) see_envelope(submission.envelope);
}

void WireOracle::see_envelope(const Bytes& bytes) {
  const EnvelopeView envelope = decode_envelope(bytes);
  if (envelope.is_ephemeral) return;
  Bytes id(envelope.mailbox.bytes.begin(), envelope.mailbox.bytes.end());
  id.insert(id.end(), envelope.id.bytes.begin(), envelope.id.bytes.end());
  const auto [known, is_new] = by_id_.emplace(std::move(id), digest(bytes));
  if (!is_new) {
    ++repetitions_;
    if (known->second != digest(bytes)) complaints_.emplace_back("an envelope was sent again with other bytes");
  }
  const std::uint8_t type = envelope.blob.size() > 1 ? envelope.blob[1] : std::uint8_t{0};
  if (type != kInitial && type != kRatchet) return;
  const std::size_t at = kPrefix + (type == kInitial ? kHandshake : 0);
  if (envelope.blob.size() < at + kNonce) return complaints_.emplace_back("a message too short to be one"), void();
  const ByteView nonce = envelope.blob.subspan(at, kNonce);
  const auto [same, is_fresh] = by_nonce_.emplace(Bytes(nonce.begin(), nonce.end()), digest(envelope.blob));
  if (!is_fresh && same->second != digest(envelope.blob)) complaints_.emplace_back("a message key was used twice");
}

}  // namespace scenario
