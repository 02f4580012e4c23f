#include "client/trust.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>

#include "client/device_lists.hpp"
#include "client/engine.hpp"
#include "client/profiles.hpp"
#include "client/session_rules.hpp"

namespace anochat::client {
namespace {

void set_trust(storage::Records& records, const AccountId& account, storage::Trust trust) {
  for (const storage::Identity& identity : records.identities.of_account(account)) {
    records.identities.set_trust(identity.address, trust);
  }
}

void require_peer(const Unit& unit, const AccountId& account) {
  if (account == unit.engine.self().account) throw Error(Errc::invalid_argument, "client.trust");
}

}  // namespace

TrustState trust_of(const storage::Records& records, const AccountId& account) {
  if (is_denied(records, account)) return TrustState::blocked;
  const auto devices = records.identities.of_account(account);
  const auto has = [&devices](storage::Trust trust) {
    return std::any_of(devices.begin(), devices.end(), [trust](const auto& device) { return device.trust == trust; });
  };
  if (has(storage::Trust::blocked)) return TrustState::blocked;
  if (has(storage::Trust::changed)) return TrustState::changed;
  if (has(storage::Trust::verified)) return TrustState::verified;  // the number covers the account, not its devices
  return devices.empty() ? TrustState::unknown : TrustState::first_use;
}

bool is_denied(const storage::Records& records, const AccountId& account) {
  return records.contacts.consent(account) == storage::Consent::denied;
}
bool is_allowed(const storage::Records& records, const AccountId& account) {
  return records.contacts.consent(account) == storage::Consent::allowed;
}

void require_sendable(const storage::Records& records, const AccountId& account) {
  switch (trust_of(records, account)) {
    case TrustState::blocked: throw Error(Errc::blocked, "client.send");
    case TrustState::changed: throw Error(Errc::untrusted_identity, "client.send");
    default: return;
  }
}

storage::Observed observe_identity(Unit& unit, const Address& device, const DeviceIdentity& identity) {
  const auto observed = unit.records().identities.observe(device, identity.encode(), unit.now);
  if (observed == storage::Observed::changed) unit.emit(event::IdentityChanged{device});
  return observed;
}

void set_consent(Unit& unit, const AccountId& account, storage::Consent consent) {
  require_peer(unit, account);
  const bool was_allowed = is_allowed(unit.records(), account);
  unit.records().contacts.set_consent(account, consent, unit.now);
  if (consent != storage::Consent::allowed) return;
  for (const storage::Identity& identity : unit.records().identities.of_account(account)) {
    if (identity.trust == storage::Trust::blocked) unit.records().identities.set_trust(identity.address, storage::Trust::tofu);
  }
  if (!was_allowed) introduce(unit, account);
}

void block_account(Unit& unit, const AccountId& account) {
  require_peer(unit, account);
  unit.records().contacts.set_consent(account, storage::Consent::denied, unit.now);
  set_trust(unit.records(), account, storage::Trust::blocked);
}

void mark_verified(Unit& unit, const AccountId& account) {
  require_peer(unit, account);
  if (!unit.records().contacts.device_list(account)) throw Error(Errc::not_found, "client.mark_verified");
  require_sendable(unit.records(), account);
  set_trust(unit.records(), account, storage::Trust::verified);
}

void accept_identity(Unit& unit, const AccountId& account) {
  require_peer(unit, account);
  for (const storage::Identity& identity : unit.records().identities.of_account(account)) {
    if (identity.trust == storage::Trust::changed) unit.records().identities.set_trust(identity.address, storage::Trust::tofu);
  }
  retire_other_identities(unit, account);
  if (!unit.records().pending_sends.of(account).empty()) unit.want(account);
}

SafetyNumber safety_number(const storage::Records& records, const AccountId& self, const AccountId& peer) {
  const auto own = known_list(records, self);
  const auto other = known_list(records, peer);
  if (!own || !other) throw Error(Errc::not_found, "client.safety_number");
  return SafetyNumber::between(own->account_key, other->account_key);
}

}  // namespace anochat::client
