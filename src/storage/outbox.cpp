#include <anochat/storage/outbox.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"

namespace anochat::storage {
namespace {

#define ANOCHAT_OUTBOX_COLUMNS \
  "id, envelope_id, message, account, device, mailbox, envelope, state, attempts, next_at, created, expires"

OutboxEntry read_entry(const detail::Query& row) {
  OutboxEntry out;
  out.row = row.as<OutboxRow>(0);
  out.envelope_id = row.array<16>(1);
  out.message = row.optional_as<MessageId>(2);
  out.recipient = {row.array<32>(3), row.as<DeviceNumber>(4)};
  out.mailbox = row.bytes(5);
  out.envelope = row.bytes(6);
  out.state = row.as<OutboxState>(7);
  out.attempts = row.as<std::int32_t>(8);
  out.next_at = row.time(9);
  out.created = row.time(10);
  out.expires = row.time(11);
  return out;
}

void require_changed(const detail::Connection& db) {
  if (db.changes() == 0) throw Error(Errc::not_found, "outbox.mark");
}

}  // namespace

OutboxRow Outbox::insert(const OutboxEntry& entry) {
  if (entry.envelope.empty()) throw Error(Errc::invalid_argument, "outbox.insert");
  db().query("INSERT INTO outbox(envelope_id, message, account, device, mailbox, envelope, state, next_at, created, "
             "expires) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9)")
      .bind(entry.envelope_id, entry.message, entry.recipient.account, entry.recipient.device, entry.mailbox,
            entry.envelope, entry.next_at, entry.created, entry.expires)
      .run();
  return OutboxRow{db().last_insert_id()};
}

std::optional<OutboxEntry> Outbox::find(OutboxRow id) const {
  auto row = db().query("SELECT " ANOCHAT_OUTBOX_COLUMNS " FROM outbox WHERE id = ?1");
  return row.bind(id).step() ? std::optional(read_entry(row)) : std::nullopt;
}

std::optional<OutboxEntry> Outbox::find(const EnvelopeId& id) const {
  auto row = db().query("SELECT " ANOCHAT_OUTBOX_COLUMNS " FROM outbox WHERE envelope_id = ?1");
  return row.bind(id).step() ? std::optional(read_entry(row)) : std::nullopt;
}

std::vector<OutboxEntry> Outbox::due(UnixTime now, int limit) const {
  detail::require_limit(limit, 1'000);
  auto row = db().query("SELECT " ANOCHAT_OUTBOX_COLUMNS
                        " FROM outbox WHERE state = 0 AND next_at <= ?1 ORDER BY id LIMIT ?2");
  row.bind(now, limit);
  std::vector<OutboxEntry> out;
  while (row.step()) out.push_back(read_entry(row));
  return out;
}

std::optional<UnixTime> Outbox::next_due() const {
  auto row = db().query("SELECT min(next_at) FROM outbox WHERE state = 0");
  return row.step() ? row.optional_time(0) : std::nullopt;
}

std::int64_t Outbox::count(OutboxState state) const {
  auto row = db().query("SELECT count(*) FROM outbox WHERE state = ?1");
  row.bind(state).step();
  return row.i64(0);
}

std::int64_t Outbox::count_for(MessageId message) const {
  auto row = db().query("SELECT count(*) FROM outbox WHERE message = ?1");
  row.bind(message).step();
  return row.i64(0);
}

void Outbox::mark_in_flight(OutboxRow row) {
  db().query("UPDATE outbox SET state = 1, attempts = attempts + 1 WHERE id = ?1").bind(row).run();
  require_changed(db());
}

void Outbox::retry_at(OutboxRow row, UnixTime next_at) {
  db().query("UPDATE outbox SET state = 0, next_at = ?2 WHERE id = ?1").bind(row, next_at).run();
  require_changed(db());
}

void Outbox::retry_now(const AccountId& account, UnixTime now) {
  db().query("UPDATE outbox SET next_at = ?2 WHERE state = 0 AND account = ?1 AND next_at > ?2").bind(account, now).run();
}

std::int64_t Outbox::reset_in_flight(UnixTime now) {
  db().query("UPDATE outbox SET state = 0, next_at = ?1 WHERE state = 1").bind(now).run();
  return db().changes();
}

void Outbox::mark_failed(OutboxRow row) {
  db().query("UPDATE outbox SET state = 2 WHERE id = ?1").bind(row).run();
  require_changed(db());
}

bool Outbox::remove(OutboxRow row) {
  db().query("DELETE FROM outbox WHERE id = ?1").bind(row).run();
  return db().changes() != 0;
}

bool Outbox::remove(const EnvelopeId& id) {
  db().query("DELETE FROM outbox WHERE envelope_id = ?1").bind(id).run();
  return db().changes() != 0;
}

std::vector<MessageId> Outbox::remove_expired(UnixTime now) {
  std::vector<MessageId> out;
  auto row = db().query("DELETE FROM outbox WHERE expires <= ?1 RETURNING message");
  row.bind(now);
  while (row.step()) {
    if (!row.is_null(0)) out.push_back(row.as<MessageId>(0));
  }
  return out;
}

}  // namespace anochat::storage
