// Content kept for later: PendingSends (no bundle yet) and ResendLog (the peer could not open it).

#include <anochat/base/error.hpp>
#include <anochat/storage/outbox.hpp>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"

namespace anochat::storage {
namespace {

ResendEntry read_entry(const detail::Query& row) {
  ResendEntry out;
  out.recipient = {row.array<32>(0), row.as<DeviceNumber>(1)};
  out.envelope_id = row.array<16>(2);
  out.message = row.optional_as<MessageId>(3);
  out.content = row.secret(4);
  out.created = row.time(5);
  return out;
}

}  // namespace

std::int64_t PendingSends::insert(const PendingSend& send) {
  db().query("INSERT INTO pending_sends(account, device, message, content, created, expires) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
      .bind(send.account, send.device, send.message, send.content, send.created, send.expires)
      .run();
  return db().last_insert_id();
}

std::vector<PendingSend> PendingSends::of(const AccountId& account) const {
  auto row = db().query("SELECT id, device, message, content, created, expires FROM pending_sends WHERE account = ?1 "
                        "ORDER BY id");
  row.bind(account);
  std::vector<PendingSend> out;
  while (row.step()) {
    PendingSend send;
    send.row = row.i64(0);
    send.account = account;
    send.device = row.optional_as<DeviceNumber>(1);
    send.message = row.optional_as<MessageId>(2);
    send.content = row.secret(3);
    send.created = row.time(4);
    send.expires = row.time(5);
    out.push_back(std::move(send));
  }
  return out;
}

std::vector<AccountId> PendingSends::accounts(int limit) const {
  detail::require_limit(limit, 10'000);
  auto row = db().query("SELECT account FROM pending_sends GROUP BY account ORDER BY min(id) LIMIT ?1");
  row.bind(limit);
  std::vector<AccountId> out;
  while (row.step()) out.push_back(row.array<32>(0));
  return out;
}

bool PendingSends::remove(std::int64_t row) {
  db().query("DELETE FROM pending_sends WHERE id = ?1").bind(row).run();
  return db().changes() != 0;
}

std::vector<MessageId> PendingSends::remove_expired(UnixTime now) {
  std::vector<MessageId> out;
  auto row = db().query("DELETE FROM pending_sends WHERE expires <= ?1 RETURNING message");
  row.bind(now);
  while (row.step()) {
    if (!row.is_null(0)) out.push_back(row.as<MessageId>(0));
  }
  return out;
}

void ResendLog::insert(const ResendEntry& entry) {
  db().query("INSERT INTO resend_log(account, device, envelope_id, message, content, created) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
      .bind(entry.recipient.account, entry.recipient.device, entry.envelope_id, entry.message, entry.content,
            entry.created)
      .run();
}

std::optional<ResendEntry> ResendLog::find(const Address& recipient, const EnvelopeId& id) const {
  auto row = db().query("SELECT account, device, envelope_id, message, content, created FROM resend_log "
                        "WHERE account = ?1 AND device = ?2 AND envelope_id = ?3");
  return row.bind(recipient.account, recipient.device, id).step() ? std::optional(read_entry(row)) : std::nullopt;
}

bool ResendLog::remove(const Address& recipient, const EnvelopeId& id) {
  db().query("DELETE FROM resend_log WHERE account = ?1 AND device = ?2 AND envelope_id = ?3")
      .bind(recipient.account, recipient.device, id)
      .run();
  return db().changes() != 0;
}

std::vector<ResendEntry> ResendLog::since(const Address& recipient, UnixTime from, int limit) const {
  detail::require_limit(limit, 1'000);
  auto row = db().query("SELECT account, device, envelope_id, message, content, created FROM resend_log "
                        "WHERE account = ?1 AND device = ?2 AND created >= ?3 ORDER BY id DESC LIMIT ?4");
  row.bind(recipient.account, recipient.device, from, limit);
  std::vector<ResendEntry> out;
  while (row.step()) out.push_back(read_entry(row));
  return out;
}

std::int64_t ResendLog::prune(UnixTime before, std::int64_t most_per_device) {
  if (most_per_device < 0) throw Error(Errc::invalid_argument, "resend_log.prune");
  constexpr const char* old_ones =
      "DELETE FROM resend_log WHERE created < ?1 AND envelope_id NOT IN (SELECT envelope_id FROM outbox)";
  db().query(old_ones).bind(before).run();
  const std::int64_t old = db().changes();
  db().query("DELETE FROM resend_log WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER "
             "(PARTITION BY account, device ORDER BY id DESC) AS place FROM resend_log) WHERE place > ?1) "
             "AND envelope_id NOT IN (SELECT envelope_id FROM outbox)")
      .bind(most_per_device)
      .run();
  return old + db().changes();
}

}  // namespace anochat::storage
