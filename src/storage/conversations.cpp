#include <anochat/storage/conversations.hpp>

#include <anochat/base/error.hpp>
#include <algorithm>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"
#include "storage/message_rows.hpp"
#include "storage/search_index.hpp"

namespace anochat::storage {
namespace {

#define ANOCHAT_CONVERSATION_COLUMNS                                                                              \
  "c.id, c.uid, c.kind, c.title, c.created, c.last_message, c.last_activity, c.unread, c.read_through, "          \
  "c.muted_until, c.pinned, c.archived, c.expire_after, c.draft"

Conversation read_conversation(const detail::Query& row) {
  Conversation out;
  out.id = row.as<ConversationId>(0);
  out.uid = row.bytes(1);
  out.kind = row.as<ConversationKind>(2);
  out.title = row.text(3);
  out.created = row.time(4);
  out.last_message = row.optional_as<MessageId>(5);
  out.last_activity = row.time(6);
  out.unread = row.i64(7);
  out.read_through = row.as<MessageId>(8);
  out.muted_until = row.time(9);
  out.is_pinned = row.flag(10);
  out.is_archived = row.flag(11);
  out.expire_after = std::chrono::seconds{row.i64(12)};
  out.draft = row.text(13);
  return out;
}

void require_changed(const detail::Connection& db) {
  if (db.changes() == 0) throw Error(Errc::not_found, "conversations.set");
}

}  // namespace

ConversationId Conversations::create(ConversationKind kind, ByteView uid, UnixTime now) {
  if (uid.empty() || uid.size() > 64) throw Error(Errc::invalid_argument, "conversations.create");
  auto last = db().query("SELECT seq FROM sqlite_sequence WHERE name = 'conversations'");
  if (last.step() && last.i64(0) >= detail::kMostConversation) {
    throw Error(Errc::counter_exhausted, "conversations.create");
  }
  db().query("INSERT INTO conversations(uid, kind, created, last_activity) VALUES(?1, ?2, ?3, ?3)")
      .bind(uid, kind, now)
      .run();
  return ConversationId{db().last_insert_id()};
}

std::optional<Conversation> Conversations::find(ConversationId id) const {
  auto row = db().query("SELECT " ANOCHAT_CONVERSATION_COLUMNS " FROM conversations c WHERE id = ?1");
  return row.bind(id).step() ? std::optional(read_conversation(row)) : std::nullopt;
}

std::optional<Conversation> Conversations::find(ByteView uid) const {
  auto row = db().query("SELECT " ANOCHAT_CONVERSATION_COLUMNS " FROM conversations c WHERE uid = ?1");
  return row.bind(uid).step() ? std::optional(read_conversation(row)) : std::nullopt;
}

std::optional<Conversation> Conversations::find_direct(const AccountId& account) const {
  auto row = db().query("SELECT " ANOCHAT_CONVERSATION_COLUMNS
                        " FROM members p JOIN conversations c ON c.id = p.conversation "
                        "WHERE p.account = ?1 AND c.kind = 0 ORDER BY c.id LIMIT 1");
  return row.bind(account).step() ? std::optional(read_conversation(row)) : std::nullopt;
}

ConversationPage Conversations::list(bool archived, const std::optional<Cursor>& after, int limit) const {
  detail::require_limit(limit, 200);
  std::optional<detail::CursorValue> from;
  if (after) from = detail::decode_cursor(detail::CursorKind::conversations, *after);
  auto row = db().query(from ? "SELECT " ANOCHAT_CONVERSATION_COLUMNS
                               " FROM conversations c WHERE archived = ?1 AND (pinned, last_activity, id) < (?3, ?4, ?5) "
                               "ORDER BY pinned DESC, last_activity DESC, id DESC LIMIT ?2"
                             : "SELECT " ANOCHAT_CONVERSATION_COLUMNS
                               " FROM conversations c WHERE archived = ?1 "
                               "ORDER BY pinned DESC, last_activity DESC, id DESC LIMIT ?2");
  row.bind(archived, limit + 1);
  if (from) row.bind(from->a, from->b, from->c);
  ConversationPage page;
  while (row.step()) page.items.push_back(read_conversation(row));
  if (page.items.size() > static_cast<std::size_t>(limit)) {
    page.items.pop_back();
    const Conversation& last = page.items.back();
    page.next = detail::encode_cursor(
        detail::CursorKind::conversations,
        {last.is_pinned ? 1 : 0, last.last_activity.time_since_epoch().count(), static_cast<std::int64_t>(last.id)});
  }
  return page;
}

std::int64_t Conversations::unread_total(bool with_muted, UnixTime now) const {
  auto row = db().query("SELECT coalesce(sum(unread), 0) FROM conversations "
                        "WHERE archived = 0 AND (?1 OR muted_until <= ?2)");
  row.bind(with_muted, now).step();
  return row.i64(0);
}

void Conversations::set_title(ConversationId id, std::string_view title) {
  db().query("UPDATE conversations SET title = ?2 WHERE id = ?1").bind(id, title).run();
  require_changed(db());
}
void Conversations::set_muted_until(ConversationId id, UnixTime until) {
  db().query("UPDATE conversations SET muted_until = ?2 WHERE id = ?1").bind(id, until).run();
  require_changed(db());
}
void Conversations::set_pinned(ConversationId id, bool pinned) {
  db().query("UPDATE conversations SET pinned = ?2 WHERE id = ?1").bind(id, pinned).run();
  require_changed(db());
}
void Conversations::set_archived(ConversationId id, bool archived) {
  db().query("UPDATE conversations SET archived = ?2 WHERE id = ?1").bind(id, archived).run();
  require_changed(db());
}
void Conversations::set_expire_after(ConversationId id, std::chrono::seconds after) {
  if (after.count() < 0) throw Error(Errc::invalid_argument, "conversations.set_expire_after");
  db().query("UPDATE conversations SET expire_after = ?2 WHERE id = ?1").bind(id, after.count()).run();
  require_changed(db());
}
void Conversations::set_draft(ConversationId id, std::string_view draft, UnixTime now) {
  db().query("UPDATE conversations SET draft = ?2, draft_updated = ?3 WHERE id = ?1").bind(id, draft, now).run();
  require_changed(db());
}

std::vector<MessageId> Conversations::mark_read(ConversationId id, MessageId through, UnixTime now) {
  const auto conversation = find(id);
  if (!conversation) throw Error(Errc::not_found, "conversations.mark_read");
  const std::int64_t to = std::min(static_cast<std::int64_t>(through), detail::last_id_of(id));
  const std::int64_t from = std::max(static_cast<std::int64_t>(conversation->read_through), detail::first_id_of(id) - 1);
  std::vector<MessageId> read;
  if (to <= from) return read;
  auto row = db().query("SELECT id FROM messages WHERE id > ?1 AND id <= ?2 AND is_outgoing = 0 ORDER BY id");
  row.bind(from, to);
  while (row.step()) read.push_back(row.as<MessageId>(0));
  db().query("UPDATE messages SET expires_at = ?3 + expire_after * 1000 WHERE id > ?1 AND id <= ?2 "
             "AND is_outgoing = 0 AND expire_after > 0 AND expires_at IS NULL")
      .bind(from, to, now)
      .run();
  db().query("UPDATE conversations SET read_through = ?2, unread = (SELECT count(*) FROM messages WHERE id > ?2 "
             "AND id <= ?3 AND is_outgoing = 0 AND counts_as_unread = 1) WHERE id = ?1")
      .bind(id, to, detail::last_id_of(id))
      .run();
  return read;
}

bool Conversations::remove(ConversationId id) {
  detail::index_removed(db(), detail::first_id_of(id), detail::last_id_of(id));
  db().query("DELETE FROM messages WHERE id BETWEEN ?1 AND ?2").bind(detail::first_id_of(id), detail::last_id_of(id)).run();
  db().query("DELETE FROM stats_daily WHERE conversation = ?1").bind(id).run();
  db().query("DELETE FROM conversations WHERE id = ?1").bind(id).run();
  return db().changes() != 0;
}

void Conversations::set_member(ConversationId id, const Member& member) {
  db().query("INSERT INTO members(conversation, account, role, joined, departed) VALUES(?1, ?2, ?3, ?4, ?5) "
             "ON CONFLICT(conversation, account) DO UPDATE SET role = ?3, joined = ?4, departed = ?5")
      .bind(id, member.account, member.role, member.joined, member.departed)
      .run();
}

std::vector<Member> Conversations::members(ConversationId id) const {
  auto row = db().query("SELECT account, role, joined, departed FROM members WHERE conversation = ?1 ORDER BY account");
  row.bind(id);
  std::vector<Member> out;
  while (row.step()) out.push_back({row.array<32>(0), row.as<std::int32_t>(1), row.time(2), row.optional_time(3)});
  return out;
}

bool Conversations::remove_member(ConversationId id, const AccountId& account) {
  db().query("DELETE FROM members WHERE conversation = ?1 AND account = ?2").bind(id, account).run();
  return db().changes() != 0;
}

void Conversations::save_group_state(ConversationId id, std::int64_t epoch, ByteView state, UnixTime now) {
  db().query("INSERT INTO group_states(conversation, epoch, state, created) VALUES(?1, ?2, ?3, ?4) "
             "ON CONFLICT(conversation, epoch) DO UPDATE SET state = ?3")
      .bind(id, epoch, state, now)
      .run();
}

std::optional<GroupState> Conversations::group_state(ConversationId id) const {
  auto row = db().query("SELECT epoch, state FROM group_states WHERE conversation = ?1 ORDER BY epoch DESC LIMIT 1");
  if (!row.bind(id).step()) return std::nullopt;
  return GroupState{row.i64(0), row.secret(1)};
}

std::int64_t Conversations::remove_group_states_before(ConversationId id, std::int64_t epoch) {
  db().query("DELETE FROM group_states WHERE conversation = ?1 AND epoch < ?2").bind(id, epoch).run();
  return db().changes();
}

}  // namespace anochat::storage
