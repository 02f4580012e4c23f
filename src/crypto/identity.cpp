#include <anochat/base/error.hpp>
#include <anochat/crypto/device_list.hpp>
#include <anochat/crypto/identity.hpp>

#include "base/byte_io.hpp"
#include "base/sodium_ready.hpp"
#include "crypto/blake2.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/signed_text.hpp"
#include "crypto/x25519.hpp"

#include <algorithm>

namespace anochat {
namespace {

constexpr std::uint8_t kIdentityKind = 0x01;  // Ed25519 and X25519
constexpr std::uint8_t kDeviceRecord = 0x01;  // version of what Device::save writes

constexpr bool is_device_number(std::uint32_t device) { return device >= 1 && device <= kMaxDevice; }

// What the account signs. It covers the identity's bytes as they came, so that an unknown kind is told apart from a
// forgery.
Bytes certificate_text(const Address& address, ByteView identity) {
  return crypto::signed_text("AnoChat/1/device", {address.encode(), identity});
}

}  // namespace

AccountId account_id(const ByteArray<32>& account_key) noexcept {
  return crypto::Hasher().add_lp("AnoChat/1/account").add(account_key).finish();
}

// --- DeviceIdentity and Certificate --------------------------------------------------------------------------------

ByteArray<DeviceIdentity::kEncodedLen> DeviceIdentity::encode() const noexcept {
  ByteArray<kEncodedLen> out;
  out[0] = kIdentityKind;
  std::copy(signing_key.begin(), signing_key.end(), out.begin() + 1);
  std::copy(agreement_key.begin(), agreement_key.end(), out.begin() + 33);
  return out;
}

DeviceIdentity DeviceIdentity::decode(ByteView encoded) {
  detail::ByteReader in(encoded, Errc::bad_key, "identity.decode");
  in.require(in.u8() == kIdentityKind);
  DeviceIdentity identity;
  in.copy_to(identity.signing_key);
  in.copy_to(identity.agreement_key);
  in.expect_end();
  in.require(crypto::is_acceptable_x25519(identity.agreement_key));
  return identity;
}

Address Certificate::address() const noexcept { return {account_id(account_key), device}; }

ByteArray<Certificate::kEncodedLen> Certificate::encode() const noexcept {
  ByteArray<kEncodedLen> out;
  const ByteArray<DeviceIdentity::kEncodedLen> did = identity.encode();
  std::copy(account_key.begin(), account_key.end(), out.begin());
  detail::put_be32(&out[32], device);
  std::copy(did.begin(), did.end(), out.begin() + 36);
  std::copy(signature.begin(), signature.end(), out.begin() + 101);
  return out;
}

Certificate Certificate::decode(ByteView encoded) {
  detail::require_sodium("certificate.decode");
  detail::ByteReader in(encoded, Errc::bad_bundle, "certificate.decode");
  Certificate certificate;
  in.copy_to(certificate.account_key);
  certificate.device = in.be32();
  const ByteView did = in.take(DeviceIdentity::kEncodedLen);
  in.copy_to(certificate.signature);
  in.expect_end();
  if (!crypto::ed25519_verify(certificate.account_key, certificate_text(certificate.address(), did),
                              certificate.signature)) {
    throw Error(Errc::bad_signature, "certificate.decode");
  }
  if (!is_device_number(certificate.device)) throw Error(Errc::bad_key, "certificate.decode");
  certificate.identity = DeviceIdentity::decode(did);
  return certificate;
}

// --- AccountKey ----------------------------------------------------------------------------------------------------

AccountKey::AccountKey(SigningSeed seed) : seed_(std::move(seed)) {
  detail::require_sodium("account");
  public_key_ = crypto::ed25519_public(seed_);
}

AccountKey AccountKey::generate(Random& random) {
  SigningSeed seed;
  random.fill(seed.expose_mutable());
  return AccountKey(std::move(seed));
}

AccountKey AccountKey::from_seed(SigningSeed seed) { return AccountKey(std::move(seed)); }

Certificate AccountKey::certify(std::uint32_t device, const DeviceIdentity& identity) const {
  if (!is_device_number(device)) throw Error(Errc::invalid_argument, "account.certify");
  if (!crypto::is_acceptable_x25519(identity.agreement_key)) throw Error(Errc::bad_key, "account.certify");
  Certificate certificate;
  certificate.account_key = public_key_;
  certificate.device = device;
  certificate.identity = identity;
  certificate.signature = crypto::ed25519_sign(seed_, certificate_text({id(), device}, identity.encode()));
  return certificate;
}

// --- Device --------------------------------------------------------------------------------------------------------

Device::Device(SigningSeed signing, AgreementPrivate agreement, const Certificate& certificate) noexcept
    : signing_private_(std::move(signing)), agreement_private_(std::move(agreement)), certificate_(certificate) {}

Device Device::create(const AccountKey& account, std::uint32_t number, Random& random) {
  SigningSeed signing;
  random.fill(signing.expose_mutable());
  AgreementPrivate agreement = crypto::make_x25519(random);
  const DeviceIdentity identity{crypto::ed25519_public(signing), crypto::x25519_public(agreement)};
  const Certificate certificate = account.certify(number, identity);
  return {std::move(signing), std::move(agreement), certificate};
}

SecretBytes Device::save() const {
  SecretBytes out;
  out.reserve(kSavedLen);
  detail::ByteWriter(out)
      .u8(kDeviceRecord)
      .bytes(signing_private_.expose())
      .bytes(agreement_private_.expose())
      .bytes(certificate_.encode());
  return out;
}

Device Device::load(ByteView saved) try {
  detail::ByteReader in(saved, Errc::bad_state, "device.load");
  if (in.u8() != kDeviceRecord) throw Error(Errc::unsupported_state, "device.load");
  SigningSeed signing;
  AgreementPrivate agreement;
  in.copy_to(signing.expose_mutable());
  in.copy_to(agreement.expose_mutable());
  const ByteView encoded = in.take(Certificate::kEncodedLen);
  in.expect_end();
  const Certificate certificate = Certificate::decode(encoded);
  in.require(certificate.identity == DeviceIdentity{crypto::ed25519_public(signing), crypto::x25519_public(agreement)});
  return {std::move(signing), std::move(agreement), certificate};
} catch (const Error& error) {
  if (error.code() != Errc::bad_signature && error.code() != Errc::bad_key) throw;
  throw Error(Errc::bad_state, "device.load");  // the certificate inside
}

}  // namespace anochat
