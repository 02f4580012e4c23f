#include <anochat/storage/calls.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"

namespace anochat::storage {
namespace {

#define ANOCHAT_CALL_COLUMNS "id, uid, conversation, peer, is_outgoing, media, outcome, started, answered, ended"

Call read_call(const detail::Query& row) {
  Call out;
  out.id = row.as<CallId>(0);
  out.uid = row.array<16>(1);
  out.conversation = row.as<ConversationId>(2);
  out.peer = row.array<32>(3);
  out.is_outgoing = row.flag(4);
  out.media = row.as<CallMedia>(5);
  out.outcome = row.as<CallOutcome>(6);
  out.started = row.time(7);
  out.answered = row.optional_time(8);
  out.ended = row.optional_time(9);
  return out;
}

}  // namespace

CallId Calls::insert(const Call& call) {
  db().query("INSERT INTO calls(uid, conversation, peer, is_outgoing, media, outcome, started, answered, ended) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
      .bind(call.uid, call.conversation, call.peer, call.is_outgoing, call.media, call.outcome, call.started,
            call.answered, call.ended)
      .run();
  return CallId{db().last_insert_id()};
}

std::optional<Call> Calls::find(ConversationId conversation, const ByteArray<16>& uid) const {
  auto row = db().query("SELECT " ANOCHAT_CALL_COLUMNS " FROM calls WHERE conversation = ?1 AND uid = ?2");
  return row.bind(conversation, uid).step() ? std::optional(read_call(row)) : std::nullopt;
}

void Calls::set_answered(CallId id, UnixTime at) {
  db().query("UPDATE calls SET outcome = 1, answered = ?2 WHERE id = ?1").bind(id, at).run();
  if (db().changes() == 0) throw Error(Errc::not_found, "calls.set_answered");
}

void Calls::set_ended(CallId id, CallOutcome outcome, UnixTime at) {
  db().query("UPDATE calls SET outcome = ?2, ended = ?3 WHERE id = ?1").bind(id, outcome, at).run();
  if (db().changes() == 0) throw Error(Errc::not_found, "calls.set_ended");
}

CallPage Calls::list(const std::optional<Cursor>& after, int limit) const {
  detail::require_limit(limit, 200);
  std::optional<detail::CursorValue> from;
  if (after) from = detail::decode_cursor(detail::CursorKind::calls, *after);
  auto row = db().query(from ? "SELECT " ANOCHAT_CALL_COLUMNS " FROM calls WHERE (started, id) < (?2, ?3) "
                               "ORDER BY started DESC, id DESC LIMIT ?1"
                             : "SELECT " ANOCHAT_CALL_COLUMNS " FROM calls ORDER BY started DESC, id DESC LIMIT ?1");
  row.bind(limit + 1);
  if (from) row.bind(from->a, from->b);
  CallPage page;
  while (row.step()) page.items.push_back(read_call(row));
  if (page.items.size() > static_cast<std::size_t>(limit)) {
    page.items.pop_back();
    const Call& last = page.items.back();
    page.next = detail::encode_cursor(detail::CursorKind::calls, {last.started.time_since_epoch().count(),
                                                                 static_cast<std::int64_t>(last.id), 0});
  }
  return page;
}

std::int64_t Calls::missed_unseen() const {
  auto row = db().query("SELECT count(*) FROM calls WHERE outcome = 3 AND seen = 0");
  row.step();
  return row.i64(0);
}

void Calls::mark_missed_seen() { db().query("UPDATE calls SET seen = 1 WHERE outcome = 3 AND seen = 0").run(); }

std::int64_t Calls::expire_ringing(UnixTime before) {
  db().query("UPDATE calls SET outcome = iif(is_outgoing, 5, 3), ended = ?1 WHERE outcome = 0 AND started < ?1")
      .bind(before)
      .run();
  return db().changes();
}

}  // namespace anochat::storage
