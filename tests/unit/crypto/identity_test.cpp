#include <anochat/crypto/identity.hpp>

#include "forge.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using namespace anochat::forge;

namespace {

// RFC 8032, section 7.1, test 1.
constexpr std::string_view kSeed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr std::string_view kPublic = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

Bytes encoded_certificate(const Party& party) {
  const auto bytes = party.device.certificate().encode();
  return {bytes.begin(), bytes.end()};
}

// Bits of an X25519 private key that the function ignores (RFC 7748, section 5).
bool is_clamped(std::size_t bit) { return bit < 3 || bit >= 254; }

}  // namespace

TEST_CASE("an account's id is the hash of its public key") {
  const AccountKey account = AccountKey::from_seed(secret_of<SigningSeed>(kSeed));
  CHECK(to_hex(account.public_key()) == kPublic);
  // Made with Python's hashlib.
  CHECK(to_hex(account.id()) == "8b60d6cd46810692d1aac96b2c7bfaed5c518be736d3299c533d25571060b9af");
  CHECK(account_id(account.public_key()) == account.id());
}

TEST_CASE("an account is restored from its seed") {
  testing::SeededRandom random(1);
  const AccountKey account = AccountKey::generate(random);
  CHECK(AccountKey::from_seed(account.seed().clone()).public_key() == account.public_key());
  CHECK(AccountKey::generate(random).public_key() != account.public_key());
}

TEST_CASE("no account or device is made when randomness fails") {
  testing::FailingRandom none(0);
  CHECK_ERROR(AccountKey::generate(none), Errc::random_failed);
  const Party party(1);
  testing::FailingRandom one(1);
  CHECK_ERROR(Device::create(party.account, 1, none), Errc::random_failed);
  CHECK_ERROR(Device::create(party.account, 1, one), Errc::random_failed);
}

TEST_CASE("a certificate reads back and names its device's address") {
  const Party party(2);
  const Certificate certificate = Certificate::decode(encoded_certificate(party));
  CHECK(certificate == party.device.certificate());
  CHECK(certificate.address() == Address{party.account.id(), 1});
  CHECK(certificate.address() == party.device.address());
  CHECK(DeviceIdentity::decode(certificate.identity.encode()) == certificate.identity);
}

TEST_CASE("a certificate with any bit changed is refused") {
  const Bytes good = encoded_certificate(Party(3));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    CAPTURE(bit);
    CHECK_ERROR(Certificate::decode(flipped(good, bit)), Errc::bad_signature);
  }
}

TEST_CASE("a certificate of another length is refused") {
  Bytes bytes = encoded_certificate(Party(3));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_ERROR(Certificate::decode(ByteView(bytes).first(size)), Errc::bad_bundle);
  }
  bytes.push_back(0);
  CHECK_ERROR(Certificate::decode(bytes), Errc::bad_bundle);
}

TEST_CASE("a signed certificate with an impossible device number is refused") {
  const Party party(4);
  const auto identity = party.device.certificate().identity.encode();
  CHECK(Certificate::decode(certificate(party.account, kMaxDevice, identity)).device == kMaxDevice);
  for (const std::uint32_t number : {0U, kMaxDevice + 1, 0xffff'ffffU}) {
    CHECK_ERROR(Certificate::decode(certificate(party.account, number, identity)), Errc::bad_key);
    CHECK_ERROR(party.account.certify(number, party.device.certificate().identity), Errc::invalid_argument);
  }
}

TEST_CASE("a signed certificate for an unknown kind of identity is refused") {
  const Party party(5);
  auto identity = party.device.certificate().identity.encode();
  for (const std::uint8_t kind : Bytes{0x00, 0x02, 0x81, 0xff}) {
    identity[0] = kind;
    CHECK_ERROR(Certificate::decode(certificate(party.account, 1, identity)), Errc::bad_key);
    CHECK_ERROR(DeviceIdentity::decode(identity), Errc::bad_key);
  }
  CHECK_ERROR(DeviceIdentity::decode(ByteView(identity).first(64)), Errc::bad_key);
}

TEST_CASE("a signed certificate for an unacceptable agreement key is refused, in all spellings") {
  const Party party(6);
  const auto keys = unacceptable_x25519();
  CHECK(keys.size() > 60);
  for (const auto& key : keys) {
    CAPTURE(to_hex(key));
    const DeviceIdentity identity{party.device.certificate().identity.signing_key, key};
    CHECK_ERROR(Certificate::decode(certificate(party.account, 1, identity.encode())), Errc::bad_key);
    CHECK_ERROR(DeviceIdentity::decode(identity.encode()), Errc::bad_key);
    CHECK_ERROR(party.account.certify(1, identity), Errc::bad_key);
  }
}

TEST_CASE("a certificate whose signature was made again by adding the group order is refused") {
  const Bytes good = encoded_certificate(Party(7));
  const ByteView signature = ByteView(good).last(64);
  CHECK_ERROR(Certificate::decode(joined({ByteView(good).first(101), malleated(signature)})), Errc::bad_signature);
}

// With a key of small order a signature of small-order R and S = 0 fits one message in eight, for whoever lets it.
TEST_CASE("an account key of small order signs nothing") {
  const Party party(8);
  const auto identity = party.device.certificate().identity.encode();
  const Bytes number{0, 0, 0, 1};
  for (const auto& key : small_order_ed25519()) {
    for (const auto& r : small_order_ed25519()) {
      CHECK_ERROR(Certificate::decode(joined({key, number, identity, r, ByteArray<32>{}})), Errc::bad_signature);
    }
  }
}

TEST_CASE("a certificate is no good under another label") {
  const Party party(9);
  const auto identity = party.device.certificate().identity.encode();
  const Address address = party.device.address();
  for (const char* label : {"", "AnoChat/1/device-list", "AnoChat/1/devic", "AnoChat/2/device"}) {
    const auto signature =
        crypto::ed25519_sign(party.account.seed(), crypto::signed_text(label, {address.encode(), identity}));
    CHECK_ERROR(Certificate::decode(joined({party.account.public_key(), Bytes{0, 0, 0, 1}, identity, signature})),
                Errc::bad_signature);
  }
}

TEST_CASE("a device is restored from what it saved") {
  const Party party(10);
  const SecretBytes saved = party.device.save();
  CHECK(saved.size() == Device::kSavedLen);
  const Device again = Device::load(saved);
  CHECK(again.certificate() == party.device.certificate());
  CHECK(equal_ct(again.agreement_private().expose(), party.device.agreement_private().expose()));
  CHECK(equal_ct(again.signing_private().expose(), party.device.signing_private().expose()));
  CHECK(again.save() == saved);
}

TEST_CASE("a saved device that was changed or cut is refused") {
  const SecretBytes saved = Party(11).device.save();
  for (std::size_t bit = 0; bit < saved.size() * 8; ++bit) {
    if (bit >= 33 * 8 && bit < 65 * 8 && is_clamped(bit - 33 * 8)) continue;
    CAPTURE(bit);
    CHECK_ERROR(Device::load(flipped(saved, bit)), bit < 8 ? Errc::unsupported_state : Errc::bad_state);
  }
  for (std::size_t size = 0; size < saved.size(); ++size) {
    CHECK_ERROR(Device::load(ByteView(saved).first(size)), Errc::bad_state);
  }
  CHECK_ERROR(Device::load(joined({saved, Bytes{0}})), Errc::bad_state);
}
