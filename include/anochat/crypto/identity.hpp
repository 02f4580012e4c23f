// anochat/crypto/identity.hpp - accounts, devices, and the certificate that ties one to the other.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/crypto/address.hpp>
#include <anochat/crypto/keys.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace anochat {

struct DeviceList;
struct DeviceListEntry;

/// The account id that belongs to an account's public key.
[[nodiscard]] AccountId account_id(const ByteArray<32>& account_key) noexcept;

/// The public keys of one device.
struct DeviceIdentity {
  static constexpr std::size_t kEncodedLen = 65;  ///< bytes

  ByteArray<32> signing_key{};    ///< Ed25519; signs the device's prekeys
  ByteArray<32> agreement_key{};  ///< X25519; takes part in every handshake

  [[nodiscard]] ByteArray<kEncodedLen> encode() const noexcept;

  /// @throws Error{Errc::bad_key}  not kEncodedLen bytes, an unknown kind, or an agreement key that is not canonical or
  ///                               of low order
  /// @source docs/protocol.md, sections 1 and 2
  [[nodiscard]] static DeviceIdentity decode(ByteView encoded);

  bool operator==(const DeviceIdentity&) const = default;
};

/// An account's signed word that a device is its own. Every object of this type was verified or made by the account:
/// there is no other way to get one.
struct Certificate {
  static constexpr std::size_t kEncodedLen = 165;  ///< bytes

  ByteArray<32> account_key{};  ///< Ed25519
  std::uint32_t device = 0;     ///< 1 to kMaxDevice
  DeviceIdentity identity;
  ByteArray<64> signature{};

  [[nodiscard]] Address address() const noexcept;
  [[nodiscard]] ByteArray<kEncodedLen> encode() const noexcept;

  /// Reads and verifies.
  /// @throws Error{Errc::bad_bundle}     not kEncodedLen bytes
  /// @throws Error{Errc::bad_signature}  the account key did not sign this
  /// @throws Error{Errc::bad_key}        signed, but the device number, the identity's kind or its keys are not allowed
  /// @source docs/protocol.md, section 2
  [[nodiscard]] static Certificate decode(ByteView encoded);

  bool operator==(const Certificate&) const = default;

 private:
  friend class AccountKey;
  Certificate() = default;
};

/// The private key of an account. Whoever has it can add devices, so it is kept apart from daily work: a device needs
/// its certificate only.
class AccountKey {
 public:
  /// @throws Error{Errc::random_failed}  no key was made
  [[nodiscard]] static AccountKey generate(Random& random);

  [[nodiscard]] static AccountKey from_seed(SigningSeed seed);

  /// For a backup. With it and from_seed() the account can be restored.
  [[nodiscard]] const SigningSeed& seed() const noexcept { return seed_; }

  [[nodiscard]] const ByteArray<32>& public_key() const noexcept { return public_key_; }
  [[nodiscard]] AccountId id() const noexcept { return account_id(public_key_); }

  /// @param device  1 to kMaxDevice, never given to another device of this account
  /// @throws Error{Errc::invalid_argument}  the number is out of range
  /// @throws Error{Errc::bad_key}           the agreement key is not canonical or of low order
  [[nodiscard]] Certificate certify(std::uint32_t device, const DeviceIdentity& identity) const;

  /// @param version  higher than that of every list signed before
  /// @param entries  1 to DeviceList::kMaxDevices devices, in the order of their numbers
  /// @throws Error{Errc::invalid_argument}  wrong number of entries, device numbers out of order or range, or a time
  ///                                        before 1970
  /// @throws Error{Errc::bad_key}           an agreement key is not canonical or of low order
  [[nodiscard]] DeviceList sign_device_list(std::uint64_t version, UnixTime issued,
                                            std::span<const DeviceListEntry> entries) const;

 private:
  explicit AccountKey(SigningSeed seed);

  SigningSeed seed_;
  ByteArray<32> public_key_;
};

/// The private side of one device. Movable, not copyable; reading it from several threads is fine.
class Device {
 public:
  static constexpr std::size_t kSavedLen = 230;  ///< bytes

  /// Makes the device's keys and has them certified.
  /// @param number  1 to kMaxDevice, never given to another device of this account
  /// @throws Error{Errc::invalid_argument}  the number is out of range
  /// @throws Error{Errc::random_failed}     no key was made
  [[nodiscard]] static Device create(const AccountKey& account, std::uint32_t number, Random& random);

  [[nodiscard]] const Certificate& certificate() const noexcept { return certificate_; }
  [[nodiscard]] Address address() const noexcept { return certificate_.address(); }

  /// kSavedLen secret bytes from which load() makes the same device.
  /// @source docs/protocol.md, "Saved state"
  [[nodiscard]] SecretBytes save() const;

  /// @throws Error{Errc::unsupported_state}  saved by a newer version
  /// @throws Error{Errc::bad_state}          wrong length, or keys and certificate do not belong together
  [[nodiscard]] static Device load(ByteView saved);

  /// The two private keys, for the layers that sign and agree. Applications do not need them.
  [[nodiscard]] const SigningSeed& signing_private() const noexcept { return signing_private_; }
  [[nodiscard]] const AgreementPrivate& agreement_private() const noexcept { return agreement_private_; }

 private:
  Device(SigningSeed signing, AgreementPrivate agreement, const Certificate& certificate) noexcept;

  SigningSeed signing_private_;
  AgreementPrivate agreement_private_;
  Certificate certificate_;
};

}  // namespace anochat
