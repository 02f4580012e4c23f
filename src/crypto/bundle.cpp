#include <anochat/base/error.hpp>
#include <anochat/crypto/bundle.hpp>

#include "base/byte_io.hpp"
#include "base/sodium_ready.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/mlkem.hpp"
#include "crypto/prekey_record.hpp"
#include "crypto/signed_text.hpp"
#include "crypto/suite.hpp"
#include "crypto/x25519.hpp"

namespace anochat {
namespace {

constexpr std::string_view kWhere = "bundle.decode";

void require(bool condition, Errc code) {
  if (!condition) throw Error(code, kWhere);
}

// The signature is checked over the bytes as they came, before anything in them is believed.
void verify_record(const DeviceIdentity& identity, std::string_view label, ByteView record) {
  const ByteView covered = record.first(record.size() - crypto::kSignatureLen);
  require(crypto::ed25519_verify(identity.signing_key, crypto::signed_text(label, {identity.encode(), covered}),
                                 record.last<crypto::kSignatureLen>()),
          Errc::bad_signature);
}

template <class Check>
void for_each_record(const PreKeyBundle& bundle, Check check) {
  check(bundle.signed_prekey);
  if (bundle.one_time) check(*bundle.one_time);
  check(bundle.kem);
}

}  // namespace

PreKeyBundle PreKeyBundle::assemble(const Certificate& certificate, const X25519PreKey& signed_prekey,
                                    const X25519PreKey* one_time, KemKind kem_kind, const KemPreKey& kem) {
  PreKeyBundle bundle(certificate);
  bundle.signed_prekey = signed_prekey.record();
  if (one_time != nullptr) bundle.one_time = one_time->record();
  bundle.kem_kind = kem_kind;
  bundle.kem = kem.record();
  return bundle;
}

Bytes PreKeyBundle::encode() const {
  Bytes bytes;
  bytes.reserve(kMaxEncodedLen);
  detail::ByteWriter out(bytes);
  out.u8(crypto::kProtocolVersion).u8(crypto::kSuite).bytes(certificate.encode());
  crypto::write_record(out, signed_prekey);
  out.u8(one_time ? 1 : 0);
  if (one_time) crypto::write_record(out, *one_time);
  out.u8(static_cast<std::uint8_t>(kem_kind));
  crypto::write_record(out, kem);
  return bytes;
}

PreKeyBundle PreKeyBundle::decode(ByteView encoded, const Address& wanted, UnixTime now) {
  detail::require_sodium(kWhere);
  detail::ByteReader in(encoded, Errc::bad_bundle, kWhere);
  require(in.u8() == crypto::kProtocolVersion, Errc::unsupported_version);
  require(in.u8() == crypto::kSuite, Errc::unsupported_suite);
  const ByteView certificate = in.take(Certificate::kEncodedLen);
  const ByteView signed_prekey = in.take(PreKeyRecord<32>::kEncodedLen);
  const std::uint8_t has_one_time = in.u8();
  in.require(has_one_time <= 1);
  const ByteView one_time = in.take(has_one_time * PreKeyRecord<32>::kEncodedLen);
  const std::uint8_t kind = in.u8();
  in.require(kind == 1 || kind == 2);
  const ByteView kem = in.take(PreKeyRecord<kKemKeyLen>::kEncodedLen);
  in.expect_end();

  PreKeyBundle bundle(Certificate::decode(certificate));
  require(bundle.certificate.address() == wanted, Errc::bad_signature);
  const DeviceIdentity& identity = bundle.certificate.identity;
  bundle.kem_kind = static_cast<KemKind>(kind);
  verify_record(identity, crypto::kSignedLabel, signed_prekey);
  if (has_one_time == 1) verify_record(identity, crypto::kOneTimeLabel, one_time);
  verify_record(identity, crypto::label_of(bundle.kem_kind), kem);

  bundle.signed_prekey = crypto::read_record<32>(signed_prekey);
  if (has_one_time == 1) bundle.one_time = crypto::read_record<32>(one_time);
  bundle.kem = crypto::read_record<kKemKeyLen>(kem);
  require(crypto::is_acceptable_x25519(bundle.signed_prekey.key), Errc::bad_key);
  require(!bundle.one_time || crypto::is_acceptable_x25519(bundle.one_time->key), Errc::bad_key);
  for_each_record(bundle, [now](const auto& record) {
    require(record.created <= now + kMaxPreKeyAhead && now < record.expires, Errc::prekey_expired);
  });
  for_each_record(bundle, [](const auto& record) {
    require(record.id != 0 && record.created < record.expires && record.expires <= record.created + kMaxPreKeyLifetime,
            Errc::bad_bundle);
  });
  require(crypto::is_acceptable_kem(bundle.kem.key), Errc::bad_key);
  return bundle;
}

}  // namespace anochat
