// anochat/crypto/bundle.hpp - everything somebody needs to write to a device that is offline.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/crypto/address.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/prekeys.hpp>

#include <cstddef>
#include <optional>

namespace anochat {

/// A certificate and one prekey of each kind. Every object of this type was verified, or made from the device's own
/// prekeys: a session may be started with it without a further check.
struct PreKeyBundle {
  static constexpr std::size_t kMinEncodedLen = 1'553;  ///< bytes, without one-time prekey
  static constexpr std::size_t kMaxEncodedLen = 1'669;  ///< bytes, with one

  Certificate certificate;
  PreKeyRecord<32> signed_prekey;
  std::optional<PreKeyRecord<32>> one_time;
  KemKind kem_kind = KemKind::last_resort;
  PreKeyRecord<kKemKeyLen> kem;

  /// Puts a device's own prekeys together.
  /// @param one_time  may be null
  [[nodiscard]] static PreKeyBundle assemble(const Device& device, const X25519PreKey& signed_prekey,
                                             const X25519PreKey* one_time, KemKind kem_kind, const KemPreKey& kem) {
    return assemble(device.certificate(), signed_prekey, one_time, kem_kind, kem);
  }
  [[nodiscard]] static PreKeyBundle assemble(const Certificate& certificate, const X25519PreKey& signed_prekey,
                                             const X25519PreKey* one_time, KemKind kem_kind, const KemPreKey& kem);

  [[nodiscard]] Bytes encode() const;

  /// Reads and verifies a bundle that somebody, usually a relay, presents as `wanted`'s.
  ///
  /// @param wanted  the address that the user meant: without it a relay could answer with a bundle of its own
  /// @param now     decides about expiry; a peer's clock may be up to kMaxPreKeyAhead ahead
  /// @throws Error{Errc::unsupported_version}  a protocol version that this library does not speak
  /// @throws Error{Errc::unsupported_suite}    a cipher suite that this library does not speak
  /// @throws Error{Errc::bad_bundle}           malformed, an id of 0, or a lifetime over kMaxPreKeyLifetime
  /// @throws Error{Errc::bad_signature}        not `wanted`'s, or changed on the way
  /// @throws Error{Errc::bad_key}              signed, but a public key in it is not allowed
  /// @throws Error{Errc::prekey_expired}       a prekey has expired or comes from the future
  /// @source docs/protocol.md, section 3
  [[nodiscard]] static PreKeyBundle decode(ByteView encoded, const Address& wanted, UnixTime now);

  bool operator==(const PreKeyBundle&) const = default;

 private:
  explicit PreKeyBundle(const Certificate& of) : certificate(of) {}
};

}  // namespace anochat
