#include <anochat/storage/contacts.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"

namespace anochat::storage {
namespace {

#define ANOCHAT_CONTACT_COLUMNS "account, consent, name, local_name, avatar, profile_updated, created"

Contact read_contact(const detail::Query& row) {
  Contact out;
  out.account = row.array<32>(0);
  out.consent = row.as<Consent>(1);
  out.name = row.text(2);
  out.local_name = row.text(3);
  out.avatar = row.optional_bytes(4);
  out.profile_updated = row.optional_time(5);
  out.created = row.time(6);
  return out;
}

}  // namespace

std::optional<Contact> Contacts::find(const AccountId& account) const {
  auto row = db().query("SELECT " ANOCHAT_CONTACT_COLUMNS " FROM contacts WHERE account = ?1");
  return row.bind(account).step() ? std::optional(read_contact(row)) : std::nullopt;
}

Consent Contacts::consent(const AccountId& account) const {
  auto row = db().query("SELECT consent FROM contacts WHERE account = ?1");
  return row.bind(account).step() ? row.as<Consent>(0) : Consent::unknown;
}

std::vector<Contact> Contacts::list(std::optional<Consent> consent, int limit) const {
  detail::require_limit(limit, 1'000'000);
  auto row = db().query("SELECT " ANOCHAT_CONTACT_COLUMNS " FROM contacts WHERE ?1 IS NULL OR consent = ?1 "
                        "ORDER BY iif(local_name <> '', local_name, name), account LIMIT ?2");
  row.bind(consent, limit);
  std::vector<Contact> out;
  while (row.step()) out.push_back(read_contact(row));
  return out;
}

void Contacts::add(const AccountId& account, UnixTime now) {
  db().query("INSERT INTO contacts(account, created) VALUES(?1, ?2) ON CONFLICT DO NOTHING").bind(account, now).run();
}

void Contacts::set_consent(const AccountId& account, Consent consent, UnixTime now) {
  add(account, now);
  db().query("UPDATE contacts SET consent = ?2 WHERE account = ?1").bind(account, consent).run();
}

bool Contacts::set_profile(const AccountId& account, std::string_view name, const std::optional<Bytes>& avatar,
                           UnixTime at) {
  add(account, at);
  db().query("UPDATE contacts SET name = ?2, avatar = ?3, profile_updated = ?4 "
             "WHERE account = ?1 AND (profile_updated IS NULL OR profile_updated <= ?4)")
      .bind(account, name, avatar, at)
      .run();
  return db().changes() != 0;
}

void Contacts::set_local_name(const AccountId& account, std::string_view name, UnixTime now) {
  add(account, now);
  db().query("UPDATE contacts SET local_name = ?2 WHERE account = ?1").bind(account, name).run();
}

bool Contacts::remove(const AccountId& account) {
  db().query("DELETE FROM contacts WHERE account = ?1").bind(account).run();
  return db().changes() != 0;
}

std::optional<DeviceList> Contacts::device_list(const AccountId& account) const {
  auto row = db().query("SELECT version, signed_list, received FROM device_lists WHERE account = ?1");
  if (!row.bind(account).step()) return std::nullopt;
  return DeviceList{row.i64(0), row.bytes(1), row.time(2)};
}

bool Contacts::set_device_list(const AccountId& account, std::int64_t version, ByteView signed_list, UnixTime now) {
  if (version < 1) throw Error(Errc::invalid_argument, "contacts.set_device_list");
  if (const auto known = device_list(account)) {
    const bool is_same = known->version == version && equal_ct(known->signed_list, signed_list);
    if (is_same) return false;
    if (version <= known->version) throw Error(Errc::stale_device_list, "contacts.set_device_list");
  }
  db().query("INSERT INTO device_lists(account, version, signed_list, received) VALUES(?1, ?2, ?3, ?4) "
             "ON CONFLICT(account) DO UPDATE SET version = ?2, signed_list = ?3, received = ?4")
      .bind(account, version, signed_list, now)
      .run();
  return true;
}

void Contacts::note_list_checked(const AccountId& account, UnixTime now) {
  db().query("UPDATE device_lists SET received = ?2 WHERE account = ?1").bind(account, now).run();
}

}  // namespace anochat::storage
