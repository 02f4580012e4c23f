// storage/conversation_summary.hpp - keeps last message, activity and unread count of a conversation true.
#pragma once

#include <anochat/storage/types.hpp>
#include <span>

#include "storage/connection.hpp"

namespace anochat::storage::detail {

void note_added(Connection& db, ConversationId conversation, std::int64_t id, UnixTime at, bool is_unread);

/// After messages were removed: reads the figures from the messages again.
void refresh(Connection& db, ConversationId conversation);
void refresh_all_of(Connection& db, std::span<const MessageId> removed);

}  // namespace anochat::storage::detail
