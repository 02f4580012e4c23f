// anochat/crypto/device_list.hpp - which devices an account has, signed by the account.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/crypto/address.hpp>
#include <anochat/crypto/identity.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace anochat {

struct DeviceListEntry {
  std::uint32_t device = 0;  ///< 1 to kMaxDevice
  DeviceIdentity identity;

  bool operator==(const DeviceListEntry&) const = default;
};

/// All devices of one account at one time. Every object of this type was verified or made by the account
/// (AccountKey::sign_device_list).
struct DeviceList {
  static constexpr std::size_t kMaxDevices = 32;
  static constexpr std::size_t kMinEncodedLen = 185;    ///< bytes, one device
  static constexpr std::size_t kMaxEncodedLen = 2'324;  ///< bytes, kMaxDevices devices

  ByteArray<32> account_key{};
  std::uint64_t version = 0;  ///< grows with every change
  UnixTime issued{};          ///< whole seconds
  std::vector<DeviceListEntry> entries;
  ByteArray<64> signature{};

  [[nodiscard]] AccountId account() const noexcept { return account_id(account_key); }
  [[nodiscard]] Bytes encode() const;

  /// Reads and verifies the list of one account. What is left to the caller is to compare it with the list it knows:
  /// check_successor().
  ///
  /// @throws Error{Errc::bad_bundle}     malformed: length, number of entries, or device numbers out of order or range
  /// @throws Error{Errc::bad_signature}  this account did not sign it
  /// @throws Error{Errc::bad_key}        signed, but an identity in it is not allowed
  /// @source docs/protocol.md, section 2, "Device list"
  [[nodiscard]] static DeviceList decode(ByteView encoded, const AccountId& account);

  /// Whether a relay may hand out `fresh` to somebody who knows `known`. Returns when it may; `known` should then be
  /// replaced. The very same list is accepted.
  ///
  /// @throws Error{Errc::stale_device_list}  `fresh` is older
  /// @throws Error{Errc::identity_changed}   same version with other content, or another account
  static void check_successor(const DeviceList& known, const DeviceList& fresh);

  bool operator==(const DeviceList&) const = default;

 private:
  friend class AccountKey;
  DeviceList() = default;
};

}  // namespace anochat
