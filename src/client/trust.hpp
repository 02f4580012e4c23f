// client/trust.hpp - whom the user lets in, and whose keys may be used.
#pragma once

#include <anochat/client/types.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/safety_number.hpp>
#include <anochat/storage/records.hpp>

namespace anochat::client {

class Unit;

[[nodiscard]] TrustState trust_of(const storage::Records& records, const AccountId& account);
[[nodiscard]] bool is_denied(const storage::Records& records, const AccountId& account);
[[nodiscard]] bool is_allowed(const storage::Records& records, const AccountId& account);

/// @throws Error{Errc::blocked}, Error{Errc::untrusted_identity}
void require_sendable(const storage::Records& records, const AccountId& account);

/// Compares a device's identity with the one known; tells when it changed.
storage::Observed observe_identity(Unit& unit, const Address& device, const DeviceIdentity& identity);

void set_consent(Unit& unit, const AccountId& account, storage::Consent consent);
void block_account(Unit& unit, const AccountId& account);
void mark_verified(Unit& unit, const AccountId& account);
/// The user has seen that the identity changed and goes on. What waited for it leaves.
void accept_identity(Unit& unit, const AccountId& account);

/// @throws Error{Errc::not_found}
[[nodiscard]] SafetyNumber safety_number(const storage::Records& records, const AccountId& self, const AccountId& peer);

}  // namespace anochat::client
