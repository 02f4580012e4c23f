#include <anochat/storage/identities.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"

namespace anochat::storage {
namespace {

#define ANOCHAT_IDENTITY_COLUMNS "account, device, public_key, trust, first_seen, changed"

Identity read_identity(const detail::Query& row) {
  Identity out;
  out.address = {row.array<32>(0), row.as<DeviceNumber>(1)};
  out.public_key = row.bytes(2);
  out.trust = row.as<Trust>(3);
  out.first_seen = row.time(4);
  out.changed = row.optional_time(5);
  return out;
}

}  // namespace

std::optional<Identity> Identities::find(const Address& address) const {
  auto row = db().query("SELECT " ANOCHAT_IDENTITY_COLUMNS " FROM identities WHERE account = ?1 AND device = ?2");
  return row.bind(address.account, address.device).step() ? std::optional(read_identity(row)) : std::nullopt;
}

std::vector<Identity> Identities::of_account(const AccountId& account) const {
  auto row = db().query("SELECT " ANOCHAT_IDENTITY_COLUMNS " FROM identities WHERE account = ?1 ORDER BY device");
  row.bind(account);
  std::vector<Identity> out;
  while (row.step()) out.push_back(read_identity(row));
  return out;
}

Observed Identities::observe(const Address& address, ByteView public_key, UnixTime now) {
  if (public_key.empty()) throw Error(Errc::invalid_argument, "identities.observe");
  const auto known = find(address);
  if (!known) {
    db().query("INSERT INTO identities(account, device, public_key, trust, first_seen) VALUES(?1, ?2, ?3, ?4, ?5)")
        .bind(address.account, address.device, public_key, Trust::tofu, now)
        .run();
    return Observed::first;
  }
  if (equal_ct(known->public_key, public_key)) return Observed::known;
  const Trust trust = known->trust == Trust::blocked ? Trust::blocked : Trust::changed;
  db().query("UPDATE identities SET public_key = ?3, trust = ?4, changed = ?5 "
             "WHERE account = ?1 AND device = ?2 AND is_self = 0")
      .bind(address.account, address.device, public_key, trust, now)
      .run();
  if (db().changes() == 0) throw Error(Errc::self_session, "identities.observe");
  return Observed::changed;
}

void Identities::set_trust(const Address& address, Trust trust) {
  db().query("UPDATE identities SET trust = ?3 WHERE account = ?1 AND device = ?2")
      .bind(address.account, address.device, trust)
      .run();
  if (db().changes() == 0) throw Error(Errc::not_found, "identities.set_trust");
}

bool Identities::remove(const Address& address) {
  db().query("DELETE FROM identities WHERE account = ?1 AND device = ?2 AND is_self = 0")
      .bind(address.account, address.device)
      .run();
  return db().changes() != 0;
}

std::optional<Identity> Identities::self() const {
  auto row = db().query("SELECT " ANOCHAT_IDENTITY_COLUMNS " FROM identities WHERE is_self = 1");
  return row.step() ? std::optional(read_identity(row)) : std::nullopt;
}

std::optional<SecretBytes> Identities::self_private_key() const {
  auto row = db().query("SELECT private_key FROM identities WHERE is_self = 1");
  return row.step() ? std::optional(row.secret(0)) : std::nullopt;
}

void Identities::set_self(const Address& address, ByteView public_key, ByteView private_key, UnixTime now) {
  if (public_key.empty() || private_key.empty()) throw Error(Errc::invalid_argument, "identities.set_self");
  if (self()) throw Error(Errc::already_exists, "identities.set_self");
  db().query("INSERT INTO identities(account, device, public_key, private_key, trust, first_seen, is_self) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6, 1)")
      .bind(address.account, address.device, public_key, private_key, Trust::verified, now)
      .run();
}

}  // namespace anochat::storage
