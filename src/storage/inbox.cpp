#include <anochat/storage/inbox.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"

namespace anochat::storage {
namespace {

#define ANOCHAT_FAILURE_COLUMNS "id, hash, account, device, reason, repair, attempts, at, repaired_at"

StoredFailure read_failure(const detail::Query& row) {
  StoredFailure out;
  out.id = row.as<FailureId>(0);
  out.hash = row.array<32>(1);
  if (!row.is_null(2)) out.sender = Address{row.array<32>(2), row.as<DeviceNumber>(3)};
  out.reason = row.as<std::int32_t>(4);
  out.repair = row.as<Repair>(5);
  out.attempts = row.as<std::int32_t>(6);
  out.at = row.time(7);
  out.repaired_at = row.optional_time(8);
  return out;
}

}  // namespace

bool Inbox::note(const Hash& hash, UnixTime now) {
  db().query("INSERT INTO inbox_seen(hash, at) VALUES(?1, ?2) ON CONFLICT DO NOTHING").bind(hash, now).run();
  return db().changes() != 0;
}

bool Inbox::has_seen(const Hash& hash) const {
  return db().query("SELECT 1 FROM inbox_seen WHERE hash = ?1").bind(hash).step();
}

std::int64_t Inbox::prune(UnixTime before) {
  db().query("DELETE FROM inbox_seen WHERE at < ?1").bind(before).run();
  return db().changes();
}

std::optional<FailureId> DecryptFailures::insert(const Hash& hash, const std::optional<Address>& sender,
                                                 std::int32_t reason, UnixTime at) {
  const auto account = sender ? std::optional(sender->account) : std::nullopt;
  const auto device = sender ? std::optional(sender->device) : std::nullopt;
  db().query("INSERT INTO decrypt_failures(hash, account, device, reason, repair, at) VALUES(?1, ?2, ?3, ?4, 0, ?5) "
             "ON CONFLICT DO NOTHING")
      .bind(hash, account, device, reason, at)
      .run();
  return db().changes() != 0 ? std::optional(FailureId{db().last_insert_id()}) : std::nullopt;
}

std::optional<StoredFailure> DecryptFailures::find(FailureId id) const {
  auto row = db().query("SELECT " ANOCHAT_FAILURE_COLUMNS " FROM decrypt_failures WHERE id = ?1");
  return row.bind(id).step() ? std::optional(read_failure(row)) : std::nullopt;
}

std::vector<StoredFailure> DecryptFailures::latest(int limit) const {
  detail::require_limit(limit, 1'000);
  auto row = db().query("SELECT " ANOCHAT_FAILURE_COLUMNS " FROM decrypt_failures ORDER BY id DESC LIMIT ?1");
  row.bind(limit);
  std::vector<StoredFailure> out;
  while (row.step()) out.push_back(read_failure(row));
  return out;
}

std::int64_t DecryptFailures::count_since(const Address& sender, UnixTime from) const {
  auto row = db().query("SELECT count(*) FROM decrypt_failures WHERE account = ?1 AND device = ?2 AND at >= ?3");
  row.bind(sender.account, sender.device, from).step();
  return row.i64(0);
}

std::int64_t DecryptFailures::repairs_since(const Address& sender, UnixTime from) const {
  auto row = db().query("SELECT coalesce(sum(attempts), 0) FROM decrypt_failures "
                        "WHERE account = ?1 AND device = ?2 AND repair_at >= ?3");
  row.bind(sender.account, sender.device, from).step();
  return row.i64(0);
}

void DecryptFailures::set_repair(FailureId id, Repair repair, UnixTime now) {
  db().query("UPDATE decrypt_failures SET repair = ?2, attempts = attempts + (?2 = 1), "
             "repair_at = iif(?2 = 1, ?3, repair_at), repaired_at = iif(?2 = 2, ?3, repaired_at) WHERE id = ?1")
      .bind(id, repair, now)
      .run();
  if (db().changes() == 0) throw Error(Errc::not_found, "decrypt_failures.set_repair");
}

std::int64_t DecryptFailures::prune(UnixTime before) {
  db().query("DELETE FROM decrypt_failures WHERE at < ?1").bind(before).run();
  return db().changes();
}

std::int64_t DecryptFailures::keep_newest(std::int64_t most) {
  if (most < 0) throw Error(Errc::invalid_argument, "decrypt_failures.keep_newest");
  db().query("DELETE FROM decrypt_failures WHERE id <= (SELECT max(id) FROM decrypt_failures) - ?1").bind(most).run();
  return db().changes();
}

}  // namespace anochat::storage
