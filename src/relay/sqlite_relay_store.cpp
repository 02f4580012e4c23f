#include <anochat/relay/sqlite_relay_store.hpp>

#include "relay/database.hpp"
#include "relay/prekey_record.hpp"

#include <algorithm>

namespace anochat {
namespace {

using relay::PreKeyKind;
using relay::Query;

constexpr std::uint32_t kApplication = 0x416e5231;  // "AnR1"

// A device's mailbox is 32 bytes; the rows of its envelopes and prekeys name it by `box`, a small number. Times are
// hours or milliseconds since 1970. An envelope or record that is NULL is gone, and its id is remembered.
constexpr const char* kSchema = R"(
CREATE TABLE accounts(
  id BLOB PRIMARY KEY,
  device_list BLOB NOT NULL,
  token BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE devices(
  box INTEGER PRIMARY KEY,
  mailbox BLOB NOT NULL UNIQUE,
  account BLOB NOT NULL,
  device INTEGER NOT NULL,
  certificate BLOB NOT NULL,
  is_listed INTEGER NOT NULL,
  waiting INTEGER NOT NULL DEFAULT 0,
  waiting_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE(account, device)
) STRICT;
CREATE TABLE prekeys(
  box INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  id INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  record BLOB,
  PRIMARY KEY(box, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX prekeys_by_expiry ON prekeys(expires);
CREATE TABLE envelopes(
  number INTEGER PRIMARY KEY,
  box INTEGER NOT NULL,
  id BLOB NOT NULL,
  keep_until INTEGER NOT NULL,
  envelope BLOB
) STRICT;
CREATE UNIQUE INDEX envelopes_by_id ON envelopes(box, id);
CREATE INDEX envelopes_waiting ON envelopes(box, number) WHERE envelope IS NOT NULL;
CREATE INDEX envelopes_by_expiry ON envelopes(keep_until);
CREATE TABLE handles(
  hash BLOB PRIMARY KEY,
  account BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX handles_by_account ON handles(account);
)";

std::int64_t hours(UnixHour hour) { return hour.time_since_epoch().count(); }
std::int64_t milliseconds(UnixTime time) { return time.time_since_epoch().count(); }

struct Box {
  std::int64_t number = 0;
  MailboxRoom used;
};

}  // namespace

struct SqliteRelayStore::State {
  explicit State(const std::string& path) : database(path, kApplication, kSchema) {
    // Numbers are never used again while a connection may remember one.
    Query last = database.read("SELECT max(number) FROM envelopes");
    if (last.step()) next_number = last.i64(0) + 1;
  }

  relay::Database database;
  std::int64_t next_number = 1;

  std::optional<Box> box(const MailboxId& mailbox) {
    Query query = database.read("SELECT box, waiting, waiting_bytes FROM devices WHERE mailbox = ?");
    if (!query.bind(mailbox.bytes).step()) return std::nullopt;
    return Box{query.i64(0), {query.as<std::size_t>(1), query.as<std::size_t>(2)}};
  }
  void change_room(std::int64_t number, std::int64_t envelopes, std::int64_t bytes) {
    database.write("UPDATE devices SET waiting = waiting + ?, waiting_bytes = waiting_bytes + ? WHERE box = ?")
        .bind(envelopes, bytes, number)
        .run();
  }
  void replace_prekey(std::int64_t number, PreKeyKind kind, const Bytes& record) {
    database.write("DELETE FROM prekeys WHERE box = ? AND kind = ?").bind(number, kind).run();
    add_prekey(number, kind, record);
  }
  void add_prekey(std::int64_t number, PreKeyKind kind, const Bytes& record) {
    database.write("INSERT OR IGNORE INTO prekeys(box, kind, id, expires, record) VALUES(?, ?, ?, ?, ?)")
        .bind(number, kind, relay::prekey_id(record), milliseconds(relay::prekey_expiry(record)), record)
        .run();
  }
  struct PreKey {
    std::int64_t id;
    Bytes record;
  };
  std::optional<PreKey> first_prekey(std::int64_t number, PreKeyKind kind, UnixTime now) {
    Query query = database.read(
        "SELECT id, record FROM prekeys WHERE box = ? AND kind = ? AND record IS NOT NULL AND expires > ? "
        "ORDER BY id LIMIT 1");
    if (!query.bind(number, kind, milliseconds(now)).step()) return std::nullopt;
    return PreKey{query.i64(0), query.bytes(1)};
  }
  std::optional<Bytes> take_prekey(std::int64_t number, PreKeyKind kind, UnixTime now) {
    auto found = first_prekey(number, kind, now);
    if (!found) return std::nullopt;
    database.write("UPDATE prekeys SET record = NULL WHERE box = ? AND kind = ? AND id = ?")
        .bind(number, kind, found->id)
        .run();
    return std::move(found->record);
  }
  std::uint32_t count_prekeys(std::int64_t number, PreKeyKind kind, UnixTime now) {
    Query query =
        database.read("SELECT count(*) FROM prekeys WHERE box = ? AND kind = ? AND record IS NOT NULL AND expires > ?");
    return query.bind(number, kind, milliseconds(now)).step() ? query.as<std::uint32_t>(0) : 0;
  }
};

SqliteRelayStore::SqliteRelayStore(const std::string& path) : state_(std::make_unique<State>(path)) {}
SqliteRelayStore::~SqliteRelayStore() = default;

// --- accounts and devices ---

std::optional<RelayAccount> SqliteRelayStore::account(const ByteArray<32>& id) {
  Query query = state_->database.read("SELECT device_list, token FROM accounts WHERE id = ?");
  if (!query.bind(id).step()) return std::nullopt;
  return RelayAccount{query.bytes(0), query.array<16>(1)};
}

void SqliteRelayStore::put_account(const ByteArray<32>& id, const RelayAccount& account) {
  state_->database.write("INSERT OR REPLACE INTO accounts(id, device_list, token) VALUES(?, ?, ?)")
      .bind(id, account.device_list, account.delivery_token)
      .run();
}

std::optional<RelayDevice> SqliteRelayStore::device(const MailboxId& mailbox) {
  Query query = state_->database.read("SELECT account, device, certificate, is_listed FROM devices WHERE mailbox = ?");
  if (!query.bind(mailbox.bytes).step()) return std::nullopt;
  return RelayDevice{mailbox, query.array<32>(0), query.as<std::uint32_t>(1), query.array<165>(2), query.i64(3) != 0};
}

std::vector<RelayDevice> SqliteRelayStore::devices(const ByteArray<32>& account) {
  std::vector<RelayDevice> list;
  Query query = state_->database.read(
      "SELECT mailbox, device, certificate, is_listed FROM devices WHERE account = ? ORDER BY device");
  query.bind(account);
  while (query.step()) {
    list.push_back({{query.array<32>(0)}, account, query.as<std::uint32_t>(1), query.array<165>(2), query.i64(3) != 0});
  }
  return list;
}

void SqliteRelayStore::put_device(const RelayDevice& device) {
  state_->database
      .write(
          "INSERT INTO devices(mailbox, account, device, certificate, is_listed) VALUES(?, ?, ?, ?, ?) "
          "ON CONFLICT(mailbox) DO UPDATE SET certificate = excluded.certificate, is_listed = excluded.is_listed")
      .bind(device.mailbox.bytes, device.account, device.device, device.certificate, device.is_listed)
      .run();
}

void SqliteRelayStore::remove_device(const MailboxId& mailbox) {
  const auto box = state_->box(mailbox);
  if (!box) return;
  state_->database.write("DELETE FROM prekeys WHERE box = ?").bind(box->number).run();
  state_->database.write("DELETE FROM envelopes WHERE box = ?").bind(box->number).run();
  state_->database.write("DELETE FROM devices WHERE box = ?").bind(box->number).run();
}

// --- prekeys ---

void SqliteRelayStore::add_prekeys(const MailboxId& mailbox, const PublishPreKeys& records) {
  const auto box = state_->box(mailbox);
  if (!box) return;
  if (records.signed_prekey) state_->replace_prekey(box->number, PreKeyKind::signed_prekey, *records.signed_prekey);
  if (records.last_resort) state_->replace_prekey(box->number, PreKeyKind::last_resort, *records.last_resort);
  for (const Bytes& record : records.one_time) state_->add_prekey(box->number, PreKeyKind::one_time, record);
  for (const Bytes& record : records.kem_one_time) state_->add_prekey(box->number, PreKeyKind::kem_one_time, record);
}

void SqliteRelayStore::drop_prekeys(const MailboxId& mailbox) {
  if (const auto box = state_->box(mailbox)) {
    state_->database.write("DELETE FROM prekeys WHERE box = ?").bind(box->number).run();
  }
}

PreKeyCount SqliteRelayStore::count_prekeys(const MailboxId& mailbox, UnixTime now) {
  const auto box = state_->box(mailbox);
  if (!box) return {};
  return {state_->count_prekeys(box->number, PreKeyKind::one_time, now),
          state_->count_prekeys(box->number, PreKeyKind::kem_one_time, now)};
}

std::optional<TakenPreKeys> SqliteRelayStore::take_prekeys(const MailboxId& mailbox, bool one_time, UnixTime now) {
  const auto box = state_->box(mailbox);
  if (!box) return std::nullopt;
  auto signed_prekey = state_->first_prekey(box->number, PreKeyKind::signed_prekey, now);
  auto last_resort = state_->first_prekey(box->number, PreKeyKind::last_resort, now);
  if (!signed_prekey || !last_resort) return std::nullopt;
  TakenPreKeys taken;
  taken.signed_prekey = std::move(signed_prekey->record);
  if (one_time) taken.one_time = state_->take_prekey(box->number, PreKeyKind::one_time, now);
  auto kem = one_time ? state_->take_prekey(box->number, PreKeyKind::kem_one_time, now) : std::nullopt;
  taken.is_last_resort = !kem;
  taken.kem = kem ? std::move(*kem) : std::move(last_resort->record);
  return taken;
}

// --- mailboxes ---

std::optional<RelayRecipient> SqliteRelayStore::recipient(const MailboxId& mailbox, UnixTime now) {
  Query query = state_->database.read(
      "SELECT a.token, d.is_listed"
      " AND EXISTS(SELECT 1 FROM prekeys p WHERE p.box = d.box AND p.kind = 0 AND p.expires > ?2)"
      " AND EXISTS(SELECT 1 FROM prekeys p WHERE p.box = d.box AND p.kind = 3 AND p.expires > ?2)"
      " FROM devices d LEFT JOIN accounts a ON a.id = d.account WHERE d.mailbox = ?1");
  if (!query.bind(mailbox.bytes, milliseconds(now)).step()) return std::nullopt;
  RelayRecipient recipient;
  if (!query.view(0).empty()) recipient.delivery_token = query.array<16>(0);
  recipient.takes_first_contact = query.i64(1) != 0;
  return recipient;
}

RelayStore::Append SqliteRelayStore::append(const EnvelopeView& envelope, ByteView encoded, UnixHour keep_until,
                                            const MailboxRoom& room) {
  const auto box = state_->box(envelope.mailbox);
  if (!box) throw Error(Errc::not_found, "relay_store.append");
  const bool is_full = box->used.envelopes + 1 > room.envelopes || box->used.bytes + encoded.size() > room.bytes;
  if (is_full) {
    Query known = state_->database.read("SELECT 1 FROM envelopes WHERE box = ? AND id = ?");
    return known.bind(box->number, envelope.id.bytes).step() ? Append::repeated : Append::full;
  }
  const std::size_t added =
      state_->database
          .write(
              "INSERT INTO envelopes(number, box, id, keep_until, envelope) VALUES(?, ?, ?, ?, ?) "
              "ON CONFLICT(box, id) DO NOTHING")
          .bind(state_->next_number, box->number, envelope.id.bytes, hours(keep_until), encoded)
          .run();
  if (added == 0) return Append::repeated;
  ++state_->next_number;
  state_->change_room(box->number, 1, static_cast<std::int64_t>(encoded.size()));
  return Append::stored;
}

std::vector<LeasedEnvelope> SqliteRelayStore::lease(const MailboxId& mailbox, std::uint64_t after,
                                                    const MailboxRoom& most) {
  std::vector<LeasedEnvelope> leased;
  const auto box = state_->box(mailbox);
  if (!box || box->used.envelopes == 0) return leased;
  Query query = state_->database.read(
      "SELECT number, envelope FROM envelopes WHERE box = ? AND number > ? AND envelope IS NOT NULL ORDER BY number "
      "LIMIT ?");
  query.bind(box->number, after, most.envelopes);
  for (std::size_t bytes = 0; query.step();) {
    const ByteView encoded = query.view(1);
    bytes += encoded.size();
    if (bytes > most.bytes && !leased.empty()) break;
    leased.push_back({query.as<std::uint64_t>(0), Bytes(encoded.begin(), encoded.end())});
  }
  return leased;
}

std::size_t SqliteRelayStore::acknowledge(const MailboxId& mailbox, std::span<const ByteArray<16>> ids,
                                          UnixHour remember_until) {
  const auto box = state_->box(mailbox);
  if (!box || box->used.envelopes == 0) return 0;
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  for (const auto& id : ids) {
    Query query = state_->database.read(
        "SELECT number, length(envelope) FROM envelopes WHERE box = ? AND id = ? AND envelope IS NOT NULL");
    if (!query.bind(box->number, id).step()) continue;
    ++count;
    bytes += query.i64(1);
    state_->database.write("UPDATE envelopes SET envelope = NULL, keep_until = min(keep_until, ?) WHERE number = ?")
        .bind(hours(remember_until), query.i64(0))
        .run();
  }
  if (count > 0) state_->change_room(box->number, -count, -bytes);
  return static_cast<std::size_t>(count);
}

MailboxRoom SqliteRelayStore::used(const MailboxId& mailbox) {
  const auto box = state_->box(mailbox);
  return box ? box->used : MailboxRoom{};
}

std::size_t SqliteRelayStore::expire(UnixTime now, std::size_t most) {
  struct Row {
    std::int64_t number, box, bytes;
  };
  std::vector<Row> rows;
  {
    Query query = state_->database.read(
        "SELECT number, box, ifnull(length(envelope), -1) FROM envelopes WHERE keep_until <= ? LIMIT ?");
    query.bind(hours(std::chrono::floor<std::chrono::hours>(now)), most);
    while (query.step()) rows.push_back({query.i64(0), query.i64(1), query.i64(2)});
  }
  for (const Row& row : rows) {
    state_->database.write("DELETE FROM envelopes WHERE number = ?").bind(row.number).run();
    if (row.bytes >= 0) state_->change_room(row.box, -1, -row.bytes);
  }
  std::size_t count = rows.size();
  if (count == most) return count;
  const auto is_due = [&] {
    Query query = state_->database.read("SELECT 1 FROM prekeys WHERE expires <= ? LIMIT 1");
    return query.bind(milliseconds(now)).step();
  };
  if (is_due()) {  // asked first: a group that changes nothing would still be written
    count += state_->database
                 .write(
                     "DELETE FROM prekeys WHERE (box, kind, id) IN "
                     "(SELECT box, kind, id FROM prekeys WHERE expires <= ? LIMIT ?)")
                 .bind(milliseconds(now), most - count)
                 .run();
  }
  return count;
}

// --- the group ---

bool SqliteRelayStore::has_changes() const noexcept { return state_->database.is_open(); }
void SqliteRelayStore::commit() { state_->database.commit(); }
void SqliteRelayStore::roll_back() noexcept { state_->database.roll_back(); }

// --- handles ---

bool SqliteRelayStore::claim_handle(const Key& handle_hash, const Key& account, std::size_t most) {
  if (const auto owner = find_handle(handle_hash)) return *owner == account;
  {
    Query query = state_->database.read("SELECT count(*) FROM handles WHERE account = ?");
    if (query.bind(account).step() && query.as<std::size_t>(0) >= most) return false;
  }
  state_->database.write("INSERT INTO handles(hash, account) VALUES(?, ?)").bind(handle_hash, account).run();
  return true;
}

std::optional<Directory::Key> SqliteRelayStore::find_handle(const Key& handle_hash) {
  Query query = state_->database.read("SELECT account FROM handles WHERE hash = ?");
  if (!query.bind(handle_hash).step()) return std::nullopt;
  return query.array<32>(0);
}

bool SqliteRelayStore::release_handle(const Key& handle_hash, const Key& account) {
  if (find_handle(handle_hash) != account) return false;
  state_->database.write("DELETE FROM handles WHERE hash = ?").bind(handle_hash).run();
  return true;
}

}  // namespace anochat
