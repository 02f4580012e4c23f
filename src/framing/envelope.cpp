#include <anochat/base/error.hpp>
#include <anochat/framing/envelope.hpp>

#include "base/byte_io.hpp"

#include <cstdint>

namespace anochat {
namespace {

constexpr std::uint8_t kVersion = 0x01;
constexpr std::uint8_t kEphemeralFlag = 0x01;

}  // namespace

Bytes encode_envelope(const EnvelopeView& envelope) {
  constexpr const char* kWhere = "envelope.encode";
  if (envelope.blob.size() > kMaxBlobLen) throw Error(Errc::too_large, kWhere);
  const auto hours = envelope.expires.time_since_epoch().count();
  if (envelope.blob.empty() || hours < 0 || hours > UINT32_MAX) throw Error(Errc::invalid_argument, kWhere);

  Bytes encoded;
  encoded.reserve(kEnvelopeHeadLen + envelope.blob.size());
  detail::ByteWriter(encoded)
      .u8(kVersion)
      .u8(envelope.is_ephemeral ? kEphemeralFlag : 0)
      .bytes(envelope.mailbox.bytes)
      .bytes(envelope.id.bytes)
      .be32(static_cast<std::uint32_t>(hours))
      .be32(static_cast<std::uint32_t>(envelope.blob.size()))
      .bytes(envelope.blob);
  return encoded;
}

EnvelopeView decode_envelope(ByteView encoded) {
  constexpr const char* kWhere = "envelope.decode";
  if (encoded.size() > kMaxEnvelopeLen) throw Error(Errc::too_large, kWhere);
  detail::ByteReader in(encoded, Errc::bad_message, kWhere);
  if (in.u8() != kVersion) throw Error(Errc::unsupported_version, kWhere);
  const std::uint8_t flags = in.u8();
  in.require((flags & ~kEphemeralFlag) == 0);

  EnvelopeView envelope;
  envelope.is_ephemeral = (flags & kEphemeralFlag) != 0;
  in.copy_to(envelope.mailbox.bytes);
  in.copy_to(envelope.id.bytes);
  envelope.expires = UnixHour(std::chrono::hours(in.be32()));
  const std::size_t blob_len = in.be32();
  if (blob_len > kMaxBlobLen) throw Error(Errc::too_large, kWhere);
  in.require(blob_len > 0);
  envelope.blob = in.take(blob_len);
  in.expect_end();
  return envelope;
}

Envelope to_owned(const EnvelopeView& view) {
  return {view.mailbox, view.id, view.expires, view.is_ephemeral, Bytes(view.blob.begin(), view.blob.end())};
}

}  // namespace anochat
