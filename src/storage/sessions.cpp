#include <anochat/storage/sessions.hpp>

#include <anochat/base/error.hpp>
#include <utility>

#include "storage/connection.hpp"

namespace anochat::storage {
namespace {

#define ANOCHAT_SESSION_COLUMNS \
  "id, account, device, session_id, state, status, created, last_used, archived, unanswered_since"

SessionRecord read_session(const detail::Query& row) {
  SessionRecord out;
  out.row = row.as<SessionRow>(0);
  out.address = {row.array<32>(1), row.as<DeviceNumber>(2)};
  out.session_id = row.array<32>(3);
  out.state = row.secret(4);
  out.status = row.as<SessionStatus>(5);
  out.created = row.time(6);
  out.last_used = row.time(7);
  out.archived = row.optional_time(8);
  out.unanswered_since = row.optional_time(9);
  return out;
}

void write_skipped(detail::Connection& db, SessionRow row, const SessionSave& save) {
  constexpr std::size_t kMostRecord = 256;
  for (const SkippedId& id : save.removed) {
    db.query("DELETE FROM skipped_keys WHERE session = ?1 AND id = ?2").bind(row, id).run();
  }
  for (const SecretBytes& record : save.added) {
    if (record.size() <= kSkippedIdLen || record.size() > kMostRecord) {
      throw Error(Errc::invalid_argument, "sessions.save");
    }
    const ByteView bytes(record);
    db.query("INSERT INTO skipped_keys(session, id, rest, created) VALUES(?1, ?2, ?3, ?4)")
        .bind(row, bytes.first(kSkippedIdLen), bytes.subspan(kSkippedIdLen), save.now)
        .run();
  }
}

SessionRow insert_session(detail::Connection& db, const Address& address, const Hash& session_id,
                          const SessionSave& first, SessionStatus status) {
  const bool is_active = status == SessionStatus::active;
  db.query("INSERT INTO sessions(account, device, session_id, state, status, created, last_used, archived, "
           "unanswered_since) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)")
      .bind(address.account, address.device, session_id, first.state, status, first.now,
            is_active ? std::nullopt : std::optional(first.now), first.unanswered_since)
      .run();
  const SessionRow row{db.last_insert_id()};
  write_skipped(db, row, first);
  return row;
}

void archive_active(detail::Connection& db, const Address& address, UnixTime now) {
  db.query("UPDATE sessions SET status = 1, archived = ?3 WHERE account = ?1 AND device = ?2 AND status = 0")
      .bind(address.account, address.device, now)
      .run();
}

}  // namespace

SessionRow Sessions::insert(const Address& address, const Hash& session_id, const SessionSave& first) {
  if (find(session_id)) throw Error(Errc::already_exists, "sessions.insert");
  archive_active(db(), address, first.now);
  return insert_session(db(), address, session_id, first, SessionStatus::active);
}

SessionRow Sessions::insert_archived(const Address& address, const Hash& session_id, const SessionSave& first) {
  if (find(session_id)) throw Error(Errc::already_exists, "sessions.insert");
  return insert_session(db(), address, session_id, first, SessionStatus::archived);
}

void Sessions::save(SessionRow row, const SessionSave& save) {
  db().query("UPDATE sessions SET state = ?2, last_used = ?3, unanswered_since = ?4 WHERE id = ?1")
      .bind(row, save.state, save.now, save.unanswered_since)
      .run();
  if (db().changes() == 0) throw Error(Errc::not_found, "sessions.save");
  write_skipped(db(), row, save);
}

void Sessions::save_skipped(SessionRow row, UnixTime now, std::span<const SecretBytes> added,
                            std::span<const SkippedId> removed) {
  write_skipped(db(), row, {.state = {}, .now = now, .added = added, .removed = removed});
}

std::optional<SessionRecord> Sessions::active(const Address& address) const {
  auto row = db().query("SELECT " ANOCHAT_SESSION_COLUMNS
                        " FROM sessions WHERE account = ?1 AND device = ?2 AND status = 0");
  return row.bind(address.account, address.device).step() ? std::optional(read_session(row)) : std::nullopt;
}

std::vector<SessionRecord> Sessions::archived(const Address& address) const {
  auto row = db().query("SELECT " ANOCHAT_SESSION_COLUMNS
                        " FROM sessions WHERE account = ?1 AND device = ?2 AND status = 1 "
                        "ORDER BY archived DESC, id DESC");
  row.bind(address.account, address.device);
  std::vector<SessionRecord> out;
  while (row.step()) out.push_back(read_session(row));
  return out;
}

std::optional<SessionRecord> Sessions::find(SessionRow id) const {
  auto row = db().query("SELECT " ANOCHAT_SESSION_COLUMNS " FROM sessions WHERE id = ?1");
  return row.bind(id).step() ? std::optional(read_session(row)) : std::nullopt;
}

std::optional<SessionRecord> Sessions::find(const Hash& session_id) const {
  auto row = db().query("SELECT " ANOCHAT_SESSION_COLUMNS " FROM sessions WHERE session_id = ?1");
  return row.bind(session_id).step() ? std::optional(read_session(row)) : std::nullopt;
}

std::vector<SecretBytes> Sessions::skipped_keys(SessionRow id) const {
  auto row = db().query("SELECT id, rest FROM skipped_keys WHERE session = ?1 ORDER BY id");
  row.bind(id);
  std::vector<SecretBytes> out;
  while (row.step()) {
    SecretBytes record = row.secret(0);
    const ByteView rest = row.view(1);
    record.insert(record.end(), rest.begin(), rest.end());
    out.push_back(std::move(record));
  }
  return out;
}

std::int64_t Sessions::count(SessionStatus status) const {
  auto row = db().query("SELECT count(*) FROM sessions WHERE status = ?1");
  row.bind(status).step();
  return row.i64(0);
}

std::vector<SessionRow> Sessions::rows() const {
  auto row = db().query("SELECT id FROM sessions ORDER BY last_used DESC, id DESC");
  std::vector<SessionRow> out;
  while (row.step()) out.push_back(row.as<SessionRow>(0));
  return out;
}

void Sessions::archive(SessionRow id, UnixTime now) {
  db().query("UPDATE sessions SET status = 1, archived = coalesce(archived, ?2) WHERE id = ?1").bind(id, now).run();
  if (db().changes() == 0) throw Error(Errc::not_found, "sessions.archive");
}

std::int64_t Sessions::archive_all(UnixTime now) {
  db().query("UPDATE sessions SET status = 1, archived = ?1 WHERE status = 0").bind(now).run();
  return db().changes();
}

void Sessions::activate(SessionRow id, UnixTime now) {
  const auto session = find(id);
  if (!session) throw Error(Errc::not_found, "sessions.activate");
  if (session->status == SessionStatus::active) return;
  archive_active(db(), session->address, now);
  db().query("UPDATE sessions SET status = 0, archived = NULL WHERE id = ?1").bind(id).run();
}

bool Sessions::remove(SessionRow id) {
  db().query("DELETE FROM sessions WHERE id = ?1").bind(id).run();
  return db().changes() != 0;
}

std::int64_t Sessions::trim_archived(const Address& address, std::int64_t most) {
  db().query("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE account = ?1 AND device = ?2 "
             "AND status = 1 ORDER BY archived DESC, id DESC LIMIT -1 OFFSET ?3)")
      .bind(address.account, address.device, most)
      .run();
  return db().changes();
}

std::pair<std::int64_t, std::int64_t> Sessions::remove_older(UnixTime archived_before, UnixTime skipped_before) {
  db().query("DELETE FROM skipped_keys WHERE created < ?1").bind(skipped_before).run();
  const std::int64_t keys = db().changes();
  db().query("DELETE FROM sessions WHERE status = 1 AND archived < ?1").bind(archived_before).run();
  return {db().changes(), keys};
}

}  // namespace anochat::storage
