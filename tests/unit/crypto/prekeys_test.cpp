#include <anochat/crypto/prekeys.hpp>

#include "crypto/mlkem.hpp"
#include "crypto/x25519.hpp"
#include "forge.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using namespace anochat::forge;

namespace {

bool is_signed(const Device& device, std::string_view label, ByteView record) {
  const ByteView covered = record.first(record.size() - 64);
  const DeviceIdentity& identity = device.certificate().identity;
  return crypto::ed25519_verify(identity.signing_key, crypto::signed_text(label, {identity.encode(), covered}),
                                record.last<64>());
}

}  // namespace

TEST_CASE("prekeys are made for the lifetime of their kind and signed under its label") {
  Party party(1);
  const UnixTime now = kNow + Milliseconds{999};
  const X25519PreKey signed_key = make_signed_prekey(party.device, 1, now, party.random);
  const X25519PreKey one_time = make_one_time_prekey(party.device, 2, now, party.random);
  const KemPreKey kem = make_kem_prekey(party.device, KemKind::one_time, 3, now, party.random);
  const KemPreKey last_resort = make_kem_prekey(party.device, KemKind::last_resort, 0xffff'ffff, now, party.random);

  CHECK(signed_key.created == kNow);
  CHECK(signed_key.expires - signed_key.created == std::chrono::days{30});
  CHECK(one_time.expires - one_time.created == std::chrono::days{90});
  CHECK(kem.expires - kem.created == std::chrono::days{90});
  CHECK(last_resort.expires - last_resort.created == std::chrono::days{30});

  CHECK(signed_key.encode_record().size() == 116);
  CHECK(kem.encode_record().size() == 1'268);
  CHECK(is_signed(party.device, "AnoChat/1/signed-prekey", signed_key.encode_record()));
  CHECK(is_signed(party.device, "AnoChat/1/one-time-prekey", one_time.encode_record()));
  CHECK(is_signed(party.device, "AnoChat/1/kem-one-time-prekey", kem.encode_record()));
  CHECK(is_signed(party.device, "AnoChat/1/kem-last-resort-prekey", last_resort.encode_record()));
  CHECK(crypto::read_record<32>(one_time.encode_record()) == one_time.record());
  CHECK(crypto::read_record<kKemKeyLen>(last_resort.encode_record()) == last_resort.record());
}

TEST_CASE("a prekey's public key belongs to its private one, and a clone is the same prekey") {
  Party party(2);
  const X25519PreKey key = make_one_time_prekey(party.device, 2, kNow, party.random);
  const KemPreKey kem = make_kem_prekey(party.device, KemKind::one_time, 3, kNow, party.random);
  CHECK(crypto::x25519_public(key.private_key) == key.public_key);
  crypto::KemPublic kem_public;
  crypto::kem_public(kem.seed, kem_public);
  CHECK(kem_public == kem.public_key);
  CHECK(key.clone().record() == key.record());
  CHECK(kem.clone().record() == kem.record());
  CHECK(equal_ct(key.clone().private_key.expose(), key.private_key.expose()));
  CHECK(equal_ct(kem.clone().seed.expose(), kem.seed.expose()));
}

TEST_CASE("no prekey is made with an impossible id or time, or when randomness fails") {
  Party party(3);
  testing::FailingRandom none(0);
  const UnixTime before_1970{Milliseconds{-1}};
  CHECK_ERROR(make_signed_prekey(party.device, 0, kNow, party.random), Errc::invalid_argument);
  CHECK_ERROR(make_one_time_prekey(party.device, 0, kNow, party.random), Errc::invalid_argument);
  CHECK_ERROR(make_kem_prekey(party.device, KemKind::one_time, 0, kNow, party.random), Errc::invalid_argument);
  CHECK_ERROR(make_signed_prekey(party.device, 1, before_1970, party.random), Errc::invalid_argument);
  CHECK(make_signed_prekey(party.device, 1, UnixTime{}, party.random).created == UnixTime{});
  CHECK_ERROR(make_signed_prekey(party.device, 1, kNow, none), Errc::random_failed);
  CHECK_ERROR(make_one_time_prekey(party.device, 1, kNow, none), Errc::random_failed);
  CHECK_ERROR(make_kem_prekey(party.device, KemKind::last_resort, 1, kNow, none), Errc::random_failed);
}
