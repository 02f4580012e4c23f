#include <anochat/base/error.hpp>
#include <anochat/crypto/prekeys.hpp>

#include "crypto/ed25519.hpp"
#include "crypto/mlkem.hpp"
#include "crypto/prekey_record.hpp"
#include "crypto/signed_text.hpp"
#include "crypto/x25519.hpp"

#include <algorithm>

namespace anochat {
namespace {

static_assert(kKemKeyLen == crypto::kKemPublicLen);

void check_arguments(std::uint32_t id, UnixTime now) {
  if (id == 0 || now < UnixTime{}) throw Error(Errc::invalid_argument, "prekeys.make");
}

// Gives a prekey whose key pair is set its number, dates and signature.
template <class Key>
void sign(Key& key, const Device& device, std::string_view label, std::uint32_t id, UnixTime now,
          std::chrono::days lifetime) {
  key.id = id;
  key.created = std::chrono::floor<std::chrono::seconds>(now);
  key.expires = key.created + lifetime;
  Bytes record;
  detail::ByteWriter out(record);
  crypto::write_unsigned(out, key.record());
  key.signature = crypto::ed25519_sign(device.signing_private(),
                                       crypto::signed_text(label, {device.certificate().identity.encode(), record}));
}

X25519PreKey make_x25519_prekey(Random& random) {
  X25519PreKey key;
  key.private_key = crypto::make_x25519(random);
  key.public_key = crypto::x25519_public(key.private_key);
  return key;
}

template <std::size_t N>
ByteArray<PreKeyRecord<N>::kEncodedLen> encode(const PreKeyRecord<N>& record) {
  Bytes bytes;
  bytes.reserve(PreKeyRecord<N>::kEncodedLen);
  detail::ByteWriter out(bytes);
  crypto::write_record(out, record);
  ByteArray<PreKeyRecord<N>::kEncodedLen> encoded;
  std::copy(bytes.begin(), bytes.end(), encoded.begin());
  return encoded;
}

}  // namespace

X25519PreKey X25519PreKey::clone() const { return {id, created, expires, private_key.clone(), public_key, signature}; }

PreKeyRecord<32> X25519PreKey::record() const { return {id, created, expires, public_key, signature}; }

ByteArray<PreKeyRecord<32>::kEncodedLen> X25519PreKey::encode_record() const { return encode(record()); }

KemPreKey KemPreKey::clone() const { return {id, created, expires, seed.clone(), public_key, signature}; }

PreKeyRecord<kKemKeyLen> KemPreKey::record() const { return {id, created, expires, public_key, signature}; }

ByteArray<PreKeyRecord<kKemKeyLen>::kEncodedLen> KemPreKey::encode_record() const { return encode(record()); }

X25519PreKey make_signed_prekey(const Device& device, std::uint32_t id, UnixTime now, Random& random) {
  check_arguments(id, now);
  X25519PreKey key = make_x25519_prekey(random);
  sign(key, device, crypto::kSignedLabel, id, now, kSignedPreKeyLifetime);
  return key;
}

X25519PreKey make_one_time_prekey(const Device& device, std::uint32_t id, UnixTime now, Random& random) {
  check_arguments(id, now);
  X25519PreKey key = make_x25519_prekey(random);
  sign(key, device, crypto::kOneTimeLabel, id, now, kOneTimePreKeyLifetime);
  return key;
}

KemPreKey make_kem_prekey(const Device& device, KemKind kind, std::uint32_t id, UnixTime now, Random& random) {
  check_arguments(id, now);
  KemPreKey key;
  random.fill(key.seed.expose_mutable());
  crypto::kem_public(key.seed, key.public_key);
  sign(key, device, crypto::label_of(kind), id, now,
       kind == KemKind::one_time ? kOneTimePreKeyLifetime : kSignedPreKeyLifetime);
  return key;
}

}  // namespace anochat
