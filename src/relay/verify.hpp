// relay/verify.hpp - the little cryptography that a relay needs: public signatures and hashes, no secret of any user.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/framing/ids.hpp>
#include <anochat/framing/relay_frames.hpp>

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace anochat::relay {

using Hash = ByteArray<32>;
using IdentityBytes = ByteArray<65>;  ///< DID of docs/protocol.md, section 2

/// Must have been called once before anything else here.
/// @throws Error{Errc::random_failed}  libsodium could not be initialised
void prepare();

/// H(LP(label) || parts)
[[nodiscard]] Hash hash(std::string_view label, std::initializer_list<ByteView> parts) noexcept;
/// BLAKE2b of the parts under a key.
[[nodiscard]] Hash keyed_hash(const Hash& key, std::initializer_list<ByteView> parts) noexcept;

/// H(LP("AnoChat/1/mailbox") || address)
[[nodiscard]] MailboxId mailbox_of(const Hash& account, std::uint32_t device) noexcept;

struct VerifiedCertificate {
  Hash account{};
  std::uint32_t device = 0;
  IdentityBytes identity{};
  MailboxId mailbox;
};

/// As docs/protocol.md, section 2, but for the agreement key, which a relay never uses.
/// @throws Error{Errc::bad_signature}  the account did not sign it
/// @throws Error{Errc::bad_key}        a device number or kind of identity that does not exist
[[nodiscard]] VerifiedCertificate verify_certificate(const ByteArray<165>& encoded);

/// The identity inside an encoded certificate.
[[nodiscard]] IdentityBytes identity_in(const ByteArray<165>& certificate) noexcept;

/// Whether the device has signed this challenge of the relay of this name.
[[nodiscard]] bool is_login_signed(const VerifiedCertificate& certificate, const Login& login, std::string_view relay,
                                   const ByteArray<32>& nonce);

struct ListedDevice {
  std::uint32_t device = 0;
  IdentityBytes identity{};
};

struct SignedDeviceList {
  std::uint64_t version = 0;
  std::vector<ListedDevice> devices;

  [[nodiscard]] bool has(std::uint32_t device, const IdentityBytes& identity) const noexcept;
};

/// @throws Error{Errc::bad_bundle}     malformed
/// @throws Error{Errc::bad_signature}  not signed by this account
/// @throws Error{Errc::bad_key}        an unknown kind of identity
[[nodiscard]] SignedDeviceList verify_device_list(ByteView encoded, const Hash& account);
/// One that was verified when it was stored.
[[nodiscard]] SignedDeviceList read_device_list(ByteView encoded);

}  // namespace anochat::relay
