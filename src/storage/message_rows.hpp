// storage/message_rows.hpp - message numbers, and how a row of the table becomes a Message.
//
// id = conversation << 41 | milliseconds since 2020-01-01: a conversation's history is one run of the table's B-tree, so
// a page of it costs a few leaves and no second index is kept. 41 bits of milliseconds last until 2089, 22 bits of
// conversation are left.
#pragma once

#include <anochat/storage/messages.hpp>
#include <cstdint>

#include "storage/connection.hpp"

namespace anochat::storage::detail {

inline constexpr int kTimeBits = 41;
inline constexpr std::int64_t kTimeMask = (std::int64_t{1} << kTimeBits) - 1;
inline constexpr std::int64_t kEpochMs = 1'577'836'800'000;  // 2020-01-01 UTC
inline constexpr std::int64_t kMostConversation = (std::int64_t{1} << 22) - 1;

[[nodiscard]] constexpr std::int64_t first_id_of(ConversationId conversation) noexcept {
  return static_cast<std::int64_t>(conversation) << kTimeBits;
}
[[nodiscard]] constexpr std::int64_t last_id_of(ConversationId conversation) noexcept {
  return first_id_of(conversation) | kTimeMask;
}
[[nodiscard]] constexpr ConversationId conversation_of(std::int64_t id) noexcept {
  return ConversationId{id >> kTimeBits};
}

/// A free number at or after the wished one. Messages of one millisecond take the numbers that follow.
/// @throws Error{Errc::invalid_argument}  outside 2020..2089
[[nodiscard]] std::int64_t free_id(Connection& db, ConversationId conversation, UnixTime at);

/// The columns that read_message() expects, in its order, of a table named m.
#define ANOCHAT_MESSAGE_COLUMNS                                                                                  \
  "m.id, m.uid, m.sender, m.sender_device, m.is_outgoing, m.kind, m.body, m.payload, m.sent_at, m.received_at, " \
  "m.reply_to, m.edited_at, m.deleted_at, m.expire_after, m.expires_at, m.status, m.failure"
inline constexpr int kMessageColumns = 17;

[[nodiscard]] Message read_message(const Query& row);

}  // namespace anochat::storage::detail
