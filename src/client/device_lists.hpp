// client/device_lists.hpp - which devices an account has, as the account itself has signed.
#pragma once

#include <anochat/crypto/device_list.hpp>
#include <anochat/storage/records.hpp>
#include <chrono>
#include <optional>
#include <vector>

namespace anochat::client {

class Unit;

inline constexpr std::chrono::hours kListCheckEvery{24};  ///< between two looks for a newer list of somebody who is written to

/// The devices in the newest list known; nothing when none is known.
[[nodiscard]] std::optional<std::vector<storage::DeviceNumber>> known_devices(const storage::Records& records,
                                                                              const AccountId& account);

/// The devices in a list from the store.
[[nodiscard]] std::vector<storage::DeviceNumber> devices_in(const storage::DeviceList& list);

/// Whether a list was not compared with the relay's for kListCheckEvery.
[[nodiscard]] bool is_stale(const storage::DeviceList& list, UnixTime now) noexcept;

/// The newest list known, verified again.
[[nodiscard]] std::optional<DeviceList> known_list(const storage::Records& records, const AccountId& account);

/// Takes a list that a relay or the peer presents, unless it is the one known. Devices are observed, news is told.
/// @throws Error{Errc::stale_device_list}, Error{Errc::identity_changed}, or as DeviceList::decode()
void take_device_list(Unit& unit, const AccountId& account, ByteView encoded);

}  // namespace anochat::client
