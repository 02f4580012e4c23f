// client/account.hpp - who this client is: account key, device, device list, delivery token.
#pragma once

#include <anochat/crypto/identity.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/storage/records.hpp>
#include <optional>

namespace anochat::client {

struct Engine;
class Unit;

/// Makes account, device 1, its signed list and the delivery token. @throws Error{Errc::already_exists}
[[nodiscard]] Device create_account(storage::Records& records, Random& random, UnixTime now);

/// @throws Error{Errc::not_found}  the store has none
[[nodiscard]] Device load_device(const storage::Records& records);

/// Nothing on a device that was linked to an account whose key is elsewhere.
[[nodiscard]] std::optional<AccountKey> load_account_key(const storage::Records& records);

[[nodiscard]] DeliveryToken own_token(const storage::Records& records);
[[nodiscard]] Bytes own_device_list(const storage::Records& records, const AccountId& self);

/// The signature that logs this device in at one relay, on one connection.
[[nodiscard]] Login sign_login(const Device& device, const Challenge& challenge);

}  // namespace anochat::client
