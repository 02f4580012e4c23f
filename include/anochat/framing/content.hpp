// anochat/framing/content.hpp - what a message says, and its bytes inside the encryption.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/framing/content_kinds.hpp>
#include <anochat/framing/ids.hpp>
#include <anochat/framing/limits.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace anochat {

/// One message as its sender meant it. Movable, not copyable, because it may hold the key of a file.
struct Content {
  MessageId id;                          ///< must be set; unique per sender
  UnixTime sent_at{};                    ///< by the sender's clock, from 1970-01-01 to kLatestTime
  Bytes conversation;                    ///< 0 to kMaxConversationIdLen bytes; empty between two people
  std::chrono::seconds expire_timer{0};  ///< 0 to kMaxExpireTimer from reading to deletion; 0: it stays
  std::string fallback;                  ///< 0 to kMaxFallbackLen bytes of text, for readers that do not know the kind
  Bytes device_list;                     ///< 0 to kMaxDeviceListLen bytes: the sender's signed device list, opaque here
  EnvelopeId repairs;                    ///< sent again: the envelope that could not be opened; usually not set
  content::Kind kind;
};

/// Kinds as numbers, for databases and other languages. Frozen: they are the field numbers of the encoding.
enum class ContentKind : std::uint8_t {
  unknown = 0,
  text = 16,
  reply = 17,
  edit = 18,
  deletion = 19,
  reaction = 20,
  attachment = 21,
  receipt = 22,
  typing = 23,
  presence = 24,
  call_signal = 25,
  group_update = 26,
  profile = 27,
  timer_change = 28,
  sent_transcript = 29,
  repair_request = 30,
  custom = 31,
};

[[nodiscard]] ContentKind kind_of(const Content& content) noexcept;

/// The name of a kind as written above, such as "call_signal"; "unknown" for a value that is not listed.
[[nodiscard]] std::string_view name_of(ContentKind kind) noexcept;

/// The bytes to hand to a session. They are secret; what the encoder held of keys on the way was wiped.
///
/// @return 1 to kMaxContentLen bytes; at most kMaxNestedContentLen unless the kind is SentTranscript or Unknown, so
/// that
///         a copy for the sender's own devices always fits
/// @throws Error{Errc::too_large}         a field, or the whole, is over its limit
/// @throws Error{Errc::invalid_argument}  a field breaks another of its rules: not set, not UTF-8, out of range
/// @source docs/framing.md, "Content"
[[nodiscard]] SecretBytes encode_content(const Content& content);

/// Reads the content of a message that a session has opened. Fields that this version does not know are ignored; a kind
/// that it does not know becomes content::Unknown. Who wrote it, and whether they may edit, delete or answer what they
/// name, is for the caller to decide.
///
/// Safe on any input: the size is checked before anything is allocated, and the parser's stack is bounded.
///
/// @throws Error{Errc::too_large}    more than kMaxContentLen bytes
/// @throws Error{Errc::bad_content}  not the encoding, nested deeper than kMaxContentDepth, no kind, or a field that
///                                   breaks its rules
[[nodiscard]] Content decode_content(ByteView encoded);

}  // namespace anochat
