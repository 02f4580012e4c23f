// anochat/framing/envelope.hpp - what a relay sees of a message: where to, until when, and how long.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/framing/ids.hpp>
#include <anochat/framing/limits.hpp>

#include <chrono>
#include <cstddef>

namespace anochat {

using UnixHour = std::chrono::sys_time<std::chrono::hours>;  ///< since 1970-01-01 UTC, in hours

inline constexpr std::size_t kEnvelopeHeadLen = 58;                             ///< bytes before the blob
inline constexpr std::size_t kMaxBlobLen = kMaxEnvelopeLen - kEnvelopeHeadLen;  ///< bytes: 98,246

/// An envelope whose blob lies in somebody else's memory: what a relay works with. There is no sender, no name and no
/// counter in it, and the time is coarse.
struct EnvelopeView {
  MailboxId mailbox;
  EnvelopeId id;              ///< a relay stores one envelope per mailbox and id, so a repeated submission is harmless
  UnixHour expires{};         ///< 0 to 2^32 - 1 hours; the relay drops the envelope then
  bool is_ephemeral = false;  ///< a signal: handed to who is online now, never stored
  ByteView blob;              ///< 1 to kMaxBlobLen bytes that only the receiver can open
};

/// An envelope that owns its blob.
struct Envelope {
  MailboxId mailbox;
  EnvelopeId id;
  UnixHour expires{};
  bool is_ephemeral = false;
  Bytes blob;

  [[nodiscard]] EnvelopeView view() const noexcept { return {mailbox, id, expires, is_ephemeral, blob}; }
};

/// The first full hour that is not before a time, so that the expiry does not tell when a message was written.
[[nodiscard]] constexpr UnixHour expiry_hour(UnixTime time) noexcept {
  return std::chrono::ceil<std::chrono::hours>(time);
}

/// The bytes that travel: kEnvelopeHeadLen + blob.
///
/// @throws Error{Errc::too_large}         the blob has more than kMaxBlobLen bytes; nothing was allocated
/// @throws Error{Errc::invalid_argument}  the blob is empty, or the expiry is outside its range
/// @source docs/framing.md, "Envelope"
[[nodiscard]] Bytes encode_envelope(const EnvelopeView& envelope);

/// Reads one envelope without copying its blob: the view is valid as long as the bytes are. Allocates nothing.
///
/// @param encoded  exactly one envelope, kEnvelopeHeadLen + 1 to kMaxEnvelopeLen bytes
/// @throws Error{Errc::too_large}            more than kMaxEnvelopeLen bytes, or a blob said to be longer than fits
/// them
/// @throws Error{Errc::unsupported_version}  the first byte is another version
/// @throws Error{Errc::bad_message}          too short, an unknown flag, an empty blob, or a length that does not fit
[[nodiscard]] EnvelopeView decode_envelope(ByteView encoded);

/// A copy that outlives the bytes it was read from.
[[nodiscard]] Envelope to_owned(const EnvelopeView& view);

}  // namespace anochat
