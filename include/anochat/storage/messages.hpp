// anochat/storage/messages.hpp - messages and the pages of a conversation's history.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace anochat::storage {

inline constexpr std::size_t kMaxBody = 1'048'576;  ///< bytes of searchable text

enum class MessageStatus : std::uint8_t { queued = 0, sent = 1, delivered = 2, read = 3, failed = 4, received = 5 };

struct Message {
  MessageId id{};
  ConversationId conversation{};
  MessageUid uid{};
  Address sender;
  bool is_outgoing = false;
  std::int32_t kind = 0;  ///< the caller's number for a kind of content
  std::string body;       ///< searchable text
  std::optional<Bytes> payload;
  UnixTime sent_at;      ///< as the sender says
  UnixTime received_at;  ///< by our clock
  std::optional<MessageUid> reply_to;
  std::optional<UnixTime> edited_at;
  std::optional<UnixTime> deleted_at;
  std::chrono::seconds expire_after{};
  std::optional<UnixTime> expires_at;
  MessageStatus status = MessageStatus::received;
  std::optional<std::int32_t> failure;  ///< why it failed, the caller's number
};

/// What insert() needs; `Message` with nothing that follows from later events.
struct NewMessage {
  ConversationId conversation{};
  MessageUid uid{};
  Address sender;
  bool is_outgoing = false;
  std::int32_t kind = 0;
  std::string_view body;
  std::optional<Bytes> payload;
  UnixTime sent_at;
  UnixTime received_at;
  std::optional<UnixTime> order_at;  ///< where it stands in the history; received_at when not given
  std::optional<MessageUid> reply_to;
  std::chrono::seconds expire_after{};
  bool counts_as_unread = true;  ///< for incoming ones
};

/// Oldest first, always.
struct MessagePage {
  std::vector<Message> items;
  std::optional<Cursor> older;  ///< hand to before(); nothing when there is no older message
  std::optional<Cursor> newer;  ///< hand to after(); stays valid at the end, for what comes later
};

class Messages : public Repository {
 public:
  using Repository::Repository;

  /// Keeps a message and brings its conversation's last message, activity and unread count up to date. Two messages of
  /// the same millisecond keep the order in which they were inserted.
  /// @throws Error{Errc::already_exists}   the sender used this uid in this conversation before
  /// @throws Error{Errc::not_found}        no such conversation
  /// @throws Error{Errc::invalid_argument} order_at before 2020 or after 2089, or a body above kMaxBody
  MessageId insert(const NewMessage& message);

  [[nodiscard]] std::optional<Message> find(MessageId id) const;
  [[nodiscard]] std::optional<Message> find(ConversationId conversation, const AccountId& sender,
                                            const MessageUid& uid) const;
  [[nodiscard]] std::int64_t count(ConversationId conversation) const;

  /// The newest `limit` messages (1 to 500).
  [[nodiscard]] MessagePage latest(ConversationId conversation, int limit) const;
  [[nodiscard]] MessagePage before(ConversationId conversation, const Cursor& cursor, int limit) const;
  [[nodiscard]] MessagePage after(ConversationId conversation, const Cursor& cursor, int limit) const;
  /// The message in the middle of its neighbours. @throws Error{Errc::not_found}
  [[nodiscard]] MessagePage around(MessageId id, int limit) const;

  /// New text and payload from the sender. @throws Error{Errc::not_found}  no such message, or deleted
  void edit(MessageId id, std::string_view body, const std::optional<Bytes>& payload, UnixTime at);
  /// Erases the content and leaves a tombstone. Reactions, attachments and receipts go.
  void erase_content(MessageId id, UnixTime at);
  /// Removes the row from this device.
  bool remove(MessageId id);

  /// Moves an outgoing message forward: queued -> sent -> delivered -> read; failed from queued or sent, and from
  /// failed anything else. @return false when it already is there or further
  bool set_status(MessageId id, MessageStatus status, std::optional<std::int32_t> failure = {});
  /// Outgoing messages that wait or failed, oldest first.
  [[nodiscard]] std::vector<MessageId> not_sent(int limit) const;

  /// Starts the timer of a disappearing message that has not started yet.
  bool start_timer(MessageId id, UnixTime now);
  [[nodiscard]] std::optional<UnixTime> next_expiry() const;
  /// Removes up to `limit` messages whose time is up. @return those removed
  std::vector<MessageId> expire(UnixTime now, int limit = 1'000);
};

}  // namespace anochat::storage
