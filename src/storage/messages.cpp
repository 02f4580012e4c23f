#include <anochat/storage/messages.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"
#include "storage/conversation_summary.hpp"
#include "storage/cursor_codec.hpp"
#include "storage/message_rows.hpp"
#include "storage/search_index.hpp"
#include "storage/text_scan.hpp"

namespace anochat::storage {
namespace {

constexpr std::string_view kInsert = "messages.insert";

/// Searchable text goes, everything else of the row stays.
void unindex(detail::Connection& db, MessageId id) {
  detail::index_removed(db, static_cast<std::int64_t>(id), static_cast<std::int64_t>(id));
}

void delete_row(detail::Connection& db, MessageId id) {
  unindex(db, id);
  db.query("DELETE FROM messages WHERE id = ?1").bind(id).run();
}

}  // namespace

MessageId Messages::insert(const NewMessage& m) {
  if (m.expire_after.count() < 0 || m.body.size() > kMaxBody) throw Error(Errc::invalid_argument, kInsert);
  if (!db().query("SELECT 1 FROM conversations WHERE id = ?1").bind(m.conversation).step()) {
    throw Error(Errc::not_found, kInsert);
  }
  const std::int64_t id = detail::free_id(db(), m.conversation, m.order_at.value_or(m.received_at));
  const MessageStatus status = m.is_outgoing ? MessageStatus::queued : MessageStatus::received;
  // The timer of a message we send starts at once; that of one we receive when it is read.
  const bool has_timer = m.is_outgoing && m.expire_after.count() > 0;
  const auto expires = has_timer ? std::optional<UnixTime>(m.received_at + m.expire_after) : std::nullopt;
  const bool is_unread = !m.is_outgoing && m.counts_as_unread;
  db().query("INSERT INTO messages(id, uid, sender, sender_device, is_outgoing, kind, body, substring_indexed, payload, "
             "sent_at, received_at, reply_to, expire_after, expires_at, status, counts_as_unread) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)")
      .bind(id, m.uid, m.sender.account, m.sender.device, m.is_outgoing, m.kind, m.body,
            detail::needs_substring_index(m.body), m.payload, m.sent_at, m.received_at, m.reply_to,
            m.expire_after.count(), expires, status, is_unread)
      .run();
  detail::index_added(db(), id, id);
  detail::note_added(db(), m.conversation, id, m.received_at, is_unread);
  return MessageId{id};
}

std::optional<Message> Messages::find(MessageId id) const {
  auto row = db().query("SELECT " ANOCHAT_MESSAGE_COLUMNS " FROM messages m WHERE id = ?1");
  return row.bind(id).step() ? std::optional(detail::read_message(row)) : std::nullopt;
}

std::optional<Message> Messages::find(ConversationId conversation, const AccountId& sender,
                                      const MessageUid& uid) const {
  auto row = db().query("SELECT " ANOCHAT_MESSAGE_COLUMNS
                        " FROM messages m WHERE uid = ?1 AND sender = ?2 AND id >> 41 = ?3");
  return row.bind(uid, sender, conversation).step() ? std::optional(detail::read_message(row)) : std::nullopt;
}

std::int64_t Messages::count(ConversationId conversation) const {
  auto row = db().query("SELECT count(*) FROM messages WHERE id BETWEEN ?1 AND ?2");
  row.bind(detail::first_id_of(conversation), detail::last_id_of(conversation)).step();
  return row.i64(0);
}

void Messages::edit(MessageId id, std::string_view body, const std::optional<Bytes>& payload, UnixTime at) {
  if (body.size() > kMaxBody) throw Error(Errc::invalid_argument, "messages.edit");
  unindex(db(), id);
  db().query("UPDATE messages SET body = ?2, payload = ?3, edited_at = ?4, substring_indexed = ?5 "
             "WHERE id = ?1 AND deleted_at IS NULL")
      .bind(id, body, payload, at, detail::needs_substring_index(body))
      .run();
  const bool is_found = db().changes() != 0;
  detail::index_added(db(), static_cast<std::int64_t>(id), static_cast<std::int64_t>(id));
  if (!is_found) throw Error(Errc::not_found, "messages.edit");
}

void Messages::erase_content(MessageId id, UnixTime at) {
  unindex(db(), id);
  db().query("UPDATE messages SET body = '', payload = NULL, substring_indexed = 0, reply_to = NULL, deleted_at = ?2, "
             "expires_at = NULL WHERE id = ?1")
      .bind(id, at)
      .run();
  if (db().changes() == 0) throw Error(Errc::not_found, "messages.erase_content");
  detail::index_added(db(), static_cast<std::int64_t>(id), static_cast<std::int64_t>(id));  // a row without words
  db().query("DELETE FROM reactions WHERE message = ?1").bind(id).run();
  db().query("DELETE FROM attachments WHERE message = ?1").bind(id).run();
  db().query("DELETE FROM receipt_details WHERE message = ?1").bind(id).run();
}

bool Messages::remove(MessageId id) {
  delete_row(db(), id);
  if (db().changes() == 0) return false;
  detail::refresh(db(), detail::conversation_of(static_cast<std::int64_t>(id)));
  return true;
}

bool Messages::set_status(MessageId id, MessageStatus status, std::optional<std::int32_t> failure) {
  if (status == MessageStatus::received || (failure && status != MessageStatus::failed)) {
    throw Error(Errc::invalid_argument, "messages.set_status");
  }
  // failed = 4 stands between sent = 1 and delivered = 2: a late receipt proves that it arrived after all.
  db().query("UPDATE messages SET status = ?2, failure = ?3 WHERE id = ?1 AND is_outgoing = 1 AND status <> ?2 AND "
             "CASE WHEN ?2 = 4 THEN status < 2 WHEN status = 4 THEN 1 ELSE status < ?2 END")
      .bind(id, status, failure)
      .run();
  return db().changes() != 0;
}

std::vector<MessageId> Messages::not_sent(int limit) const {
  detail::require_limit(limit, 10'000);
  auto row = db().query("SELECT id FROM messages WHERE is_outgoing = 1 AND status IN (0, 4) ORDER BY id LIMIT ?1");
  row.bind(limit);
  std::vector<MessageId> out;
  while (row.step()) out.push_back(row.as<MessageId>(0));
  return out;
}

bool Messages::start_timer(MessageId id, UnixTime now) {
  db().query("UPDATE messages SET expires_at = ?2 + expire_after * 1000 "
             "WHERE id = ?1 AND expire_after > 0 AND expires_at IS NULL AND deleted_at IS NULL")
      .bind(id, now)
      .run();
  return db().changes() != 0;
}

std::optional<UnixTime> Messages::next_expiry() const {
  auto row = db().query("SELECT min(expires_at) FROM messages WHERE expires_at IS NOT NULL");
  return row.step() ? row.optional_time(0) : std::nullopt;
}

std::vector<MessageId> Messages::expire(UnixTime now, int limit) {
  detail::require_limit(limit, 100'000);
  std::vector<MessageId> out;
  {
    auto row = db().query("SELECT id FROM messages WHERE expires_at IS NOT NULL AND expires_at <= ?1 "
                          "ORDER BY expires_at, id LIMIT ?2");
    row.bind(now, limit);
    while (row.step()) out.push_back(row.as<MessageId>(0));
  }
  for (const MessageId id : out) delete_row(db(), id);
  detail::refresh_all_of(db(), out);
  return out;
}

}  // namespace anochat::storage
