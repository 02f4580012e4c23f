#include "storage/conversation_summary.hpp"

#include <set>

#include "storage/message_rows.hpp"

namespace anochat::storage::detail {

void note_added(Connection& db, ConversationId conversation, std::int64_t id, UnixTime at, bool is_unread) {
  db.query("UPDATE conversations SET last_message = max(coalesce(last_message, 0), ?2), "
           "last_activity = max(last_activity, ?3), unread = unread + (?4 AND ?2 > read_through) WHERE id = ?1")
      .bind(conversation, id, at, is_unread)
      .run();
}

void refresh(Connection& db, ConversationId conversation) {
  db.query("UPDATE conversations SET "
           "last_message = (SELECT max(id) FROM messages WHERE id BETWEEN ?2 AND ?3), "
           "unread = (SELECT count(*) FROM messages WHERE id > max(read_through, ?2 - 1) AND id <= ?3 "
           "AND is_outgoing = 0 AND counts_as_unread = 1) WHERE id = ?1")
      .bind(conversation, first_id_of(conversation), last_id_of(conversation))
      .run();
}

void refresh_all_of(Connection& db, std::span<const MessageId> removed) {
  std::set<ConversationId> touched;
  for (const MessageId id : removed) touched.insert(conversation_of(static_cast<std::int64_t>(id)));
  for (const ConversationId conversation : touched) refresh(db, conversation);
}

}  // namespace anochat::storage::detail
