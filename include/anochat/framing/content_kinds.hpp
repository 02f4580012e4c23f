// anochat/framing/content_kinds.hpp - the kinds of things that a message can say.
//
// Every text is valid UTF-8 without U+0000; a "line" has no control characters either. Lengths are bytes; the limits
// and their reasons stand in <anochat/framing/limits.hpp>. An encoder refuses what a decoder would refuse.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/framing/ids.hpp>
#include <anochat/framing/limits.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace anochat::content {

/// Names a message of anybody in the conversation. Ids are unique per author only, so both are needed.
struct MessageRef {
  ByteArray<32> author{};  ///< account id of who wrote it
  MessageId id;

  friend bool operator==(const MessageRef&, const MessageRef&) = default;
};

struct Text {
  std::string text;  ///< 1 to kMaxTextLen bytes
};

struct Reply {
  MessageRef target;
  std::string text;  ///< 1 to kMaxTextLen bytes
  std::string
      excerpt;  ///< 0 to kMaxExcerptLen bytes, shown when the target is not here; the sender may have made it up
};

/// Replaces the text of an earlier message of the same sender.
struct Edit {
  MessageId target;
  std::string text;  ///< 1 to kMaxTextLen bytes
};

/// Takes back an earlier message of the same sender.
struct Delete {
  MessageId target;
};

enum class ReactionAction : std::uint8_t { add = 1, remove = 2 };

struct Reaction {
  MessageRef target;
  std::string emoji;  ///< a line of 1 to kMaxEmojiLen bytes: one emoji of any number of code points, never normalised
  ReactionAction action = ReactionAction::add;
};

using AttachmentKey = Secret<struct AttachmentKeyRole, 32>;

/// Where an encrypted file lies and how to open it.
struct Attachment {
  Bytes blob_id;           ///< 1 to kMaxBlobIdLen bytes, as the blob store named it
  std::uint64_t size = 0;  ///< bytes of the file, at most kMaxFileLen
  ByteArray<32> digest{};  ///< BLAKE2b-256 of the encrypted file
  AttachmentKey key;
  std::string mime_type;     ///< 0 to kMaxMimeTypeLen printable ASCII characters without space; empty: not told
  std::string name;          ///< a line of 0 to kMaxNameLen bytes; no path: no slash, no backslash, not "." or ".."
  std::uint32_t width = 0;   ///< pixels, at most kMaxPixels; 0: no picture, or not told
  std::uint32_t height = 0;  ///< pixels, at most kMaxPixels
  Milliseconds duration{0};  ///< of a recording, at most kMaxDuration
  Bytes preview;        ///< 0 to kMaxPreviewLen bytes of an encoded picture; comes from a stranger, as the file does
  std::string caption;  ///< 0 to kMaxTextLen bytes
};

enum class ReceiptType : std::uint8_t { delivered = 1, read = 2 };

/// Says what became of messages that the receiver of the receipt has sent.
struct Receipt {
  ReceiptType type = ReceiptType::delivered;
  std::vector<MessageId> messages;  ///< 1 to kMaxMessageRefs
};

enum class TypingAction : std::uint8_t { started = 1, stopped = 2 };

struct Typing {
  TypingAction action = TypingAction::started;
};

enum class PresenceStatus : std::uint8_t { online = 1, away = 2, offline = 3 };

struct Presence {
  PresenceStatus status = PresenceStatus::online;
  std::optional<UnixTime> last_seen;  ///< after 1970-01-01, to kLatestTime
};

enum class CallSignalType : std::uint8_t { offer = 1, answer = 2, ice = 3, hangup = 4, busy = 5 };
enum class CallMedia : std::uint8_t { audio = 1, video = 2 };

/// One step in setting up or ending a call. The call itself does not travel here.
struct CallSignal {
  CallId call;
  CallSignalType type = CallSignalType::offer;
  std::optional<CallMedia> media;  ///< an offer must have it
  Bytes payload;                   ///< 0 to kMaxCallPayloadLen bytes for the application's media engine
};

/// A step of a group's own protocol, opaque here.
struct GroupUpdate {
  Bytes payload;  ///< 1 to kMaxGroupUpdateLen bytes
};

/// How the sender wants to be shown. Replaces the former one as a whole.
struct Profile {
  std::string name;   ///< a line of 0 to kMaxNameLen bytes
  Bytes avatar;       ///< 0 to kMaxAvatarLen bytes of an encoded picture; comes from a stranger
  std::string about;  ///< 0 to kMaxAboutLen bytes
  std::optional<ByteArray<kDeliveryTokenLen>> delivery_token;  ///< what the receiver shows a relay when it writes back
};

/// Sets the time after which messages of the conversation disappear, counted from reading.
struct TimerChange {
  std::chrono::seconds timer{0};  ///< 0 to kMaxExpireTimer; 0: they stay
};

/// Tells the sender's other devices what was sent, and to whom.
struct SentTranscript {
  Bytes recipient;      ///< 1 to kMaxConversationIdLen bytes: the account id, or the id of a group's conversation
  SecretBytes content;  ///< 1 to kMaxNestedContentLen bytes: the encoded content that was sent, not looked into here
};

/// Asks for messages again that could not be opened.
struct RepairRequest {
  std::vector<MessageId> messages;       ///< ids, where they are known
  std::vector<ByteArray<32>> envelopes;  ///< BLAKE2b-256 of blobs that could not be opened, where the id is not known;
                                         ///< of both together there are 1 to kMaxMessageRefs
};

/// A kind of the application's own.
struct Custom {
  std::string type;  ///< 1 to kMaxCustomTypeLen printable ASCII characters without space, such as "com.example/poll"
  Bytes data;        ///< 0 to kMaxCustomLen bytes
};

/// A kind of a later version, or one with a choice that this version does not know: show Content::fallback. It can be
/// stored, sent on, and read again by a later version of this library.
struct Unknown {
  SecretBytes raw;  ///< its protobuf fields; encode_content() takes only what decode_content() gave
};

using Kind = std::variant<Text, Reply, Edit, Delete, Reaction, Attachment, Receipt, Typing, Presence, CallSignal,
                          GroupUpdate, Profile, TimerChange, SentTranscript, RepairRequest, Custom, Unknown>;

}  // namespace anochat::content
