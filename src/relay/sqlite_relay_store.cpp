#include <anochat/relay/sqlite_relay_store.hpp>

#include "relay/database.hpp"
#include "relay/mailbox_table.hpp"
#include "relay/prekey_record.hpp"

#include <algorithm>

namespace anochat {
namespace {

using relay::EnvelopeNumber;
using relay::Mailbox;
using relay::PreKeyKind;
using relay::Query;
using relay::RecentEnvelope;

constexpr std::uint32_t kApplication = 0x416e5231;  // "AnR1"

// A device's mailbox is 32 bytes; the rows of its envelopes and prekeys name it by `box`, a small number. Times are
// hours or milliseconds since 1970. An envelope or record that is NULL is gone, and its id is remembered. `last`,
// `floor` and the numbers of envelopes: relay/mailbox_table.hpp.
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
  last INTEGER NOT NULL DEFAULT 0,
  floor INTEGER NOT NULL DEFAULT 0,
  generation INTEGER NOT NULL DEFAULT 0,
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
CREATE INDEX envelopes_by_expiry ON envelopes(keep_until);
CREATE TABLE handles(
  hash BLOB PRIMARY KEY,
  account BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX handles_by_account ON handles(account);
)";

std::int64_t hours(UnixHour hour) { return hour.time_since_epoch().count(); }
std::int64_t milliseconds(UnixTime time) { return time.time_since_epoch().count(); }

}  // namespace

struct SqliteRelayStore::State {
  explicit State(const std::string& path) : database(path, kApplication, kSchema), mailboxes(database) {}

  relay::Database database;
  relay::MailboxTable mailboxes;

  std::optional<std::int64_t> box(const MailboxId& mailbox) {
    const Mailbox* found = mailboxes.find(mailbox);
    return found == nullptr ? std::nullopt : std::optional(found->box);
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
  std::optional<RecentEnvelope> find_waiting(Mailbox& mailbox, const ByteArray<16>& id) {
    if (const auto recent = mailboxes.take_recent(mailbox, id)) return recent;
    Query query = database.read(
        "SELECT number, keep_until, length(envelope) FROM envelopes WHERE box = ? AND id = ? AND envelope IS NOT NULL");
    if (!query.bind(mailbox.box, id).step()) return std::nullopt;
    return RecentEnvelope{id, query.i64(0), query.i64(1), query.i64(2)};
  }
  // The row stays, so that its id is known. Its time is written only when it changes: that costs an index entry.
  void drop_content(const RecentEnvelope& waiting, std::int64_t remember_until) {
    if (waiting.keep_until <= remember_until) {
      database.write("UPDATE envelopes SET envelope = NULL WHERE number = ?").bind(waiting.number).run();
      return;
    }
    database.write("UPDATE envelopes SET envelope = NULL, keep_until = ? WHERE number = ?")
        .bind(remember_until, waiting.number)
        .run();
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
  Query devices = state_->database.read("SELECT mailbox FROM devices WHERE account = ?");
  devices.bind(id);
  while (devices.step()) state_->mailboxes.forget_recipient({devices.array<32>(0)});
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
  state_->mailboxes.forget_recipient(device.mailbox);
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
  state_->database.write("DELETE FROM prekeys WHERE box = ?").bind(*box).run();
  state_->database.write("DELETE FROM envelopes WHERE box = ?").bind(*box).run();
  state_->database.write("DELETE FROM devices WHERE box = ?").bind(*box).run();
  state_->mailboxes.forget(mailbox);
}

std::uint64_t SqliteRelayStore::generation(const MailboxId& mailbox) {
  const Mailbox* found = state_->mailboxes.find(mailbox);
  return found == nullptr ? 0 : static_cast<std::uint64_t>(found->generation);
}

void SqliteRelayStore::set_generation(const MailboxId& mailbox, std::uint64_t generation) {
  Mailbox* found = state_->mailboxes.find(mailbox);
  if (found == nullptr) return;
  state_->mailboxes.change(mailbox, *found);
  found->generation = static_cast<std::int64_t>(generation);
}

// --- prekeys ---

void SqliteRelayStore::add_prekeys(const MailboxId& mailbox, const PublishPreKeys& records) {
  const auto box = state_->box(mailbox);
  if (!box) return;
  state_->mailboxes.forget_recipient(mailbox);
  if (records.signed_prekey) state_->replace_prekey(*box, PreKeyKind::signed_prekey, *records.signed_prekey);
  if (records.last_resort) state_->replace_prekey(*box, PreKeyKind::last_resort, *records.last_resort);
  for (const Bytes& record : records.one_time) state_->add_prekey(*box, PreKeyKind::one_time, record);
  for (const Bytes& record : records.kem_one_time) state_->add_prekey(*box, PreKeyKind::kem_one_time, record);
}

void SqliteRelayStore::drop_prekeys(const MailboxId& mailbox) {
  if (const auto box = state_->box(mailbox)) {
    state_->mailboxes.forget_recipient(mailbox);
    state_->database.write("DELETE FROM prekeys WHERE box = ?").bind(*box).run();
  }
}

PreKeyCount SqliteRelayStore::count_prekeys(const MailboxId& mailbox, UnixTime now) {
  const auto box = state_->box(mailbox);
  if (!box) return {};
  return {state_->count_prekeys(*box, PreKeyKind::one_time, now),
          state_->count_prekeys(*box, PreKeyKind::kem_one_time, now)};
}

std::optional<TakenPreKeys> SqliteRelayStore::take_prekeys(const MailboxId& mailbox, bool one_time, UnixTime now) {
  const auto box = state_->box(mailbox);
  if (!box) return std::nullopt;
  auto signed_prekey = state_->first_prekey(*box, PreKeyKind::signed_prekey, now);
  auto last_resort = state_->first_prekey(*box, PreKeyKind::last_resort, now);
  if (!signed_prekey || !last_resort) return std::nullopt;
  TakenPreKeys taken;
  taken.signed_prekey = std::move(signed_prekey->record);
  if (one_time) taken.one_time = state_->take_prekey(*box, PreKeyKind::one_time, now);
  auto kem = one_time ? state_->take_prekey(*box, PreKeyKind::kem_one_time, now) : std::nullopt;
  taken.is_last_resort = !kem;
  taken.kem = kem ? std::move(*kem) : std::move(last_resort->record);
  return taken;
}

// --- mailboxes ---

std::optional<RelayRecipient> SqliteRelayStore::recipient(const MailboxId& mailbox, UnixTime now) {
  Mailbox* found = state_->mailboxes.find(mailbox);
  if (found == nullptr) return std::nullopt;
  const Mailbox::Recipient& recipient = state_->mailboxes.recipient(*found);
  return RelayRecipient{recipient.token, recipient.takes_first_contact_until > now};
}

RelayStore::Appended SqliteRelayStore::append(const EnvelopeView& envelope, ByteView encoded, UnixHour keep_until,
                                              const MailboxRoom& room) {
  Mailbox* mailbox = state_->mailboxes.find(envelope.mailbox);
  if (mailbox == nullptr) throw Error(Errc::not_found, "relay_store.append");
  const bool is_full = mailbox->used.envelopes + 1 > room.envelopes ||
                       mailbox->used.bytes + encoded.size() > room.bytes || mailbox->last == EnvelopeNumber::kMost;
  if (is_full) {
    Query known = state_->database.read("SELECT 1 FROM envelopes WHERE box = ? AND id = ?");
    return known.bind(mailbox->box, envelope.id.bytes).step() ? Appended{Append::repeated} : Appended{Append::full};
  }
  const std::int64_t number = EnvelopeNumber::of(mailbox->box, mailbox->last + 1);
  const std::size_t added =
      state_->database
          .write(
              "INSERT INTO envelopes(number, box, id, keep_until, envelope) VALUES(?, ?, ?, ?, ?) "
              "ON CONFLICT(box, id) DO NOTHING")
          .bind(number, mailbox->box, envelope.id.bytes, hours(keep_until), encoded)
          .run();
  if (added == 0) return {Append::repeated};
  const RecentEnvelope recent{envelope.id.bytes, number, hours(keep_until), static_cast<std::int64_t>(encoded.size())};
  state_->mailboxes.remember(*mailbox, recent);
  state_->mailboxes.touch(envelope.mailbox, *mailbox);
  ++mailbox->last;
  ++mailbox->used.envelopes;
  mailbox->used.bytes += encoded.size();
  return {Append::stored, static_cast<std::uint64_t>(mailbox->last)};
}

std::vector<LeasedEnvelope> SqliteRelayStore::lease(const MailboxId& mailbox, std::uint64_t after,
                                                    const MailboxRoom& most) {
  std::vector<LeasedEnvelope> leased;
  const Mailbox* found = state_->mailboxes.find(mailbox);
  if (found == nullptr || found->used.envelopes == 0 || after >= static_cast<std::uint64_t>(found->last)) return leased;
  Query query = state_->database.read(
      "SELECT number, envelope FROM envelopes WHERE number > ? AND number <= ? AND envelope IS NOT NULL "
      "ORDER BY number LIMIT ?");
  query.bind(EnvelopeNumber::of(found->box, std::max(static_cast<std::int64_t>(after), found->floor)),
             EnvelopeNumber::of(found->box, found->last), most.envelopes);
  for (std::size_t bytes = 0; query.step();) {
    const ByteView encoded = query.view(1);
    bytes += encoded.size();
    if (bytes > most.bytes && !leased.empty()) break;
    const auto number = static_cast<std::uint64_t>(EnvelopeNumber::in_box(query.i64(0)));
    leased.push_back({number, Bytes(encoded.begin(), encoded.end())});
  }
  return leased;
}

std::size_t SqliteRelayStore::acknowledge(const MailboxId& mailbox, std::span<const ByteArray<16>> ids,
                                          UnixHour remember_until) {
  Mailbox* found = state_->mailboxes.find(mailbox);
  if (found == nullptr) return 0;
  std::size_t count = 0;
  for (const auto& id : ids) {
    if (found->used.envelopes == 0) break;
    const auto waiting = state_->find_waiting(*found, id);
    if (!waiting) continue;
    state_->mailboxes.touch(mailbox, *found);
    state_->drop_content(*waiting, hours(remember_until));
    ++count;
    --found->used.envelopes;
    found->used.bytes -= static_cast<std::size_t>(waiting->bytes);
  }
  if (found->used.envelopes == 0) found->floor = found->last;  // saved with the next change; until then it is only slow
  return count;
}

MailboxRoom SqliteRelayStore::used(const MailboxId& mailbox) {
  const Mailbox* found = state_->mailboxes.find(mailbox);
  return found == nullptr ? MailboxRoom{} : found->used;
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
    if (row.bytes >= 0) state_->mailboxes.release(row.box, row.bytes);
  }
  std::size_t count = rows.size();
  if (count == most) return count;
  const auto is_due = [&] {
    Query query = state_->database.read("SELECT 1 FROM prekeys WHERE expires <= ? LIMIT 1");
    return query.bind(milliseconds(now)).step();
  };
  if (is_due()) {  // asked first: a group that changes nothing would still be written
    state_->mailboxes.forget_recipients();
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
void SqliteRelayStore::commit() {
  state_->mailboxes.save();
  state_->database.commit();
}
void SqliteRelayStore::roll_back() noexcept {
  state_->mailboxes.clear();
  state_->database.roll_back();
}

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
