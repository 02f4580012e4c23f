// What must be refused before there is a session. Numbers in brackets: the table in README.md.
#include <anochat/base/error.hpp>

#include "crypto/x25519.hpp"
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"
#include "support/x25519_points.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace anochat;
using testing::Pair;
using testing::Party;

namespace {

constexpr std::size_t kBlock = 4;  // where the handshake block starts in a message
constexpr std::size_t kSignedId = kBlock + 32;
constexpr std::size_t kHasOneTime = kBlock + 36;
constexpr std::size_t kOneTimeId = kBlock + 37;
constexpr std::size_t kKemKind = kBlock + 41;
constexpr std::size_t kCiphertext = kBlock + 46;
constexpr std::size_t kCertificate = kBlock + 1'134;

// Alice has written her first message; Bob has not seen it yet.
struct Unopened {
  explicit Unopened(std::uint64_t seed, std::size_t one_time = 4)
      : random(seed),
        alice_party(random, clock.now(), one_time),
        bob_party(random, clock.now(), one_time),
        bundle(bob_party.prekeys.bundle(clock.now())),
        alice(Session::initiate(alice_party.device, bundle, random)),
        message(alice.encrypt(as_bytes("hello"), random)) {}

  [[nodiscard]] AcceptedSession accept(ByteView from) {
    return Session::accept(bob_party.device, bob_party.prekeys, from, clock.now());
  }

  testing::FakeClock clock;
  testing::SeededRandom random;
  Party alice_party;
  Party bob_party;
  PreKeyBundle bundle;
  Session alice;
  Bytes message;
};

void set_ek(Bytes& message, const ByteArray<32>& ek) { std::copy(ek.begin(), ek.end(), message.begin() + kBlock); }

}  // namespace

#define CHECK_NOT_ACCEPTED(unopened_, message_, expected_)                    \
  do {                                                                        \
    const SecretBytes prekeys_before_ = (unopened_).bob_party.prekeys.save(); \
    CHECK_ERROR((unopened_).accept(message_), expected_);                     \
    CHECK((unopened_).bob_party.prekeys.save() == prekeys_before_);           \
  } while (false)

TEST_CASE("[1, 2] an ephemeral key of low order or in another spelling is refused") {
  Unopened u(101);
  for (const ByteArray<32>& point : testing::unacceptable_points()) {
    Bytes message = u.message;
    set_ek(message, point);
    CHECK_NOT_ACCEPTED(u, message, Errc::bad_key);
    message[kSignedId] = 99;  // before any prekey is looked up
    CHECK_NOT_ACCEPTED(u, message, Errc::bad_key);
  }
  CHECK(u.accept(u.message).content.size() == 5);
}

TEST_CASE("[1, 2] a bundle with a low-order or misspelt prekey starts nothing") {
  Unopened u(102);
  for (const ByteArray<32>& point : testing::unacceptable_points()) {
    PreKeyBundle with_signed = u.bundle;
    with_signed.signed_prekey.key = point;
    CHECK_ERROR(Session::initiate(u.alice_party.device, with_signed, u.random), Errc::bad_key);
    PreKeyBundle with_one_time = u.bundle;
    REQUIRE(with_one_time.one_time);
    with_one_time.one_time->key = point;
    CHECK_ERROR(Session::initiate(u.alice_party.device, with_one_time, u.random), Errc::bad_key);
    PreKeyBundle with_identity = u.bundle;
    with_identity.certificate.identity.agreement_key = point;
    CHECK_ERROR(Session::initiate(u.alice_party.device, with_identity, u.random), Errc::bad_key);
  }
}

TEST_CASE("[3] a replay with a re-spelt ephemeral key is refused although every agreement comes out the same") {
  Unopened u(103, 0);  // a last-resort prekey, so that nothing is used up
  ByteArray<32> own{};
  for (std::size_t i = 0; i < own.size(); ++i) own[i] = static_cast<std::uint8_t>(i);
  testing::ChosenFirst random(own, u.random);
  Session session = Session::initiate(u.alice_party.device, u.bob_party.prekeys.bundle(u.clock.now()), random);
  const Bytes genuine = session.encrypt(as_bytes("hello"), u.random);
  u.bob_party.prekeys.consume(u.accept(genuine).consumed);

  ByteArray<32> ek{};
  std::copy_n(genuine.begin() + kBlock, 32, ek.begin());
  SUBCASE("with the point of order two added") {
    const auto torsion = from_hex("5be15c7f1c5a05ccaf6c1d2c913baf3f4fcc7db06d9bca9f941d2a6ad1bc690d");  // 1/u mod p
    ByteArray<32> added{};
    std::copy(torsion->begin(), torsion->end(), added.begin());
    crypto::SharedSecret as_is;
    crypto::SharedSecret with_torsion;
    REQUIRE(crypto::x25519(u.bob_party.device.agreement_private(), ek, as_is));
    REQUIRE(crypto::x25519(u.bob_party.device.agreement_private(), added, with_torsion));
    REQUIRE(equal_ct(as_is.expose(), with_torsion.expose()));
    Bytes message = genuine;
    set_ek(message, added);
    CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
    // Not even somebody who can seal the certificate again gets further: the transcript holds the key as it was spelt.
    testing::reseal_certificate(message, u.alice_party.device.certificate().encode(), u.bob_party.device,
                                u.bob_party.prekeys);
    CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
  }
  SUBCASE("with the top bit set") {
    ek[31] |= 0x80;
    Bytes message = genuine;
    set_ek(message, ek);
    CHECK_NOT_ACCEPTED(u, message, Errc::bad_key);
  }
  SUBCASE("as it was") { CHECK_NOT_ACCEPTED(u, genuine, Errc::replayed); }
}

TEST_CASE("[4] a first message on the last-resort prekey opens once, also after a restart and without the session") {
  Unopened u(104, 0);
  {
    const AcceptedSession accepted = u.accept(u.message);
    CHECK(accepted.has_reduced_forward_secrecy());
    u.bob_party.prekeys.consume(accepted.consumed);
  }  // the session is gone
  CHECK_NOT_ACCEPTED(u, u.message, Errc::replayed);
  u.bob_party.prekeys = MemoryPreKeys::load(u.bob_party.prekeys.save());
  CHECK_NOT_ACCEPTED(u, u.message, Errc::replayed);

  Session another = Session::initiate(u.alice_party.device, u.bob_party.prekeys.bundle(u.clock.now()), u.random);
  CHECK(u.accept(another.encrypt(as_bytes("again"), u.random)).has_reduced_forward_secrecy());

  u.clock.advance(std::chrono::days(31));
  u.bob_party.prekeys.expire(u.clock.now());
  CHECK_NOT_ACCEPTED(u, u.message, Errc::prekey_unknown);
}

TEST_CASE("[5] a first message whose one-time prekeys are used up is refused, also after a restart") {
  Unopened u(105);
  u.bob_party.prekeys.consume(u.accept(u.message).consumed);
  CHECK_NOT_ACCEPTED(u, u.message, Errc::prekey_unknown);
  u.bob_party.prekeys = MemoryPreKeys::load(u.bob_party.prekeys.save());
  CHECK_NOT_ACCEPTED(u, u.message, Errc::prekey_unknown);
}

TEST_CASE("[5] of two first messages that race for one one-time prekey, the second is refused") {
  Unopened u(106);
  Party carol(u.random, u.clock.now(), 0);
  Session second = Session::initiate(carol.device, u.bundle, u.random);  // a relay gave the same bundle twice
  const Bytes late = second.encrypt(as_bytes("me too"), u.random);
  u.bob_party.prekeys.consume(u.accept(u.message).consumed);
  CHECK_NOT_ACCEPTED(u, late, Errc::prekey_unknown);
}

TEST_CASE("[8] a ciphertext from another bundle, or none, is refused") {
  Unopened u(107);
  Session other = Session::initiate(u.alice_party.device, u.bob_party.prekeys.bundle(u.clock.now()), u.random);
  const Bytes from_other = other.encrypt(as_bytes("hello"), u.random);
  Bytes message = u.message;
  std::copy(from_other.begin() + kCiphertext, from_other.begin() + kCertificate, message.begin() + kCiphertext);
  CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
  message.erase(message.begin() + kCiphertext, message.begin() + kCertificate);
  CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
  message = u.message;
  message.erase(message.begin() + kCertificate - 256, message.begin() + kCertificate);  // still a padded length
  CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
}

TEST_CASE("[8] a KEM prekey with a coefficient that is not reduced starts nothing") {
  Unopened u(108);
  PreKeyBundle bundle = u.bundle;
  bundle.kem.key[0] = 0xff;
  bundle.kem.key[1] |= 0x0f;
  CHECK_ERROR(Session::initiate(u.alice_party.device, bundle, u.random), Errc::bad_key);
}

TEST_CASE("[9] a changed KEM ciphertext fails exactly as a changed certificate does") {
  Unopened u(109);
  Bytes message = u.message;
  message[kCiphertext + 500] ^= 1;
  CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
  message = u.message;
  message[kCertificate + 50] ^= 1;
  CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
}

TEST_CASE("[10] ids and kinds of prekeys that are not allowed are refused before any prekey is looked up") {
  Unopened u(110);
  const auto with = [&](std::size_t at, std::initializer_list<std::uint8_t> bytes) {
    Bytes message = u.message;
    std::copy(bytes.begin(), bytes.end(), message.begin() + static_cast<std::ptrdiff_t>(at));
    return message;
  };
  CHECK_NOT_ACCEPTED(u, with(kSignedId, {0, 0, 0, 0}), Errc::bad_message);
  CHECK_NOT_ACCEPTED(u, with(kHasOneTime, {0}), Errc::bad_message);  // an id, but no key
  CHECK_NOT_ACCEPTED(u, with(kHasOneTime, {2}), Errc::bad_message);
  CHECK_NOT_ACCEPTED(u, with(kOneTimeId, {0, 0, 0, 0}), Errc::bad_message);  // a key, but no id
  CHECK_NOT_ACCEPTED(u, with(kKemKind, {0}), Errc::bad_message);
  CHECK_NOT_ACCEPTED(u, with(kKemKind, {3}), Errc::bad_message);
  CHECK_NOT_ACCEPTED(u, with(kKemKind + 1, {0, 0, 0, 0}), Errc::bad_message);
  CHECK_NOT_ACCEPTED(u, with(kSignedId, {0, 0, 0, 99}), Errc::prekey_unknown);
  CHECK_NOT_ACCEPTED(u, with(kOneTimeId, {0, 0, 0, 99}), Errc::prekey_unknown);
  CHECK_NOT_ACCEPTED(u, with(kHasOneTime, {0, 0, 0, 0, 0}), Errc::bad_message);  // one-time prekey stripped
  CHECK_NOT_ACCEPTED(u, with(kKemKind, {2}), Errc::bad_message);                 // the same id, of the other kind
}

TEST_CASE("[11] another valid certificate in the sealed block does not make the message somebody else's") {
  Unopened u(111);
  Party mallory(u.random, u.clock.now(), 0);
  Bytes message = u.message;
  testing::reseal_certificate(message, u.alice_party.device.certificate().encode(), u.bob_party.device,
                              u.bob_party.prekeys);
  REQUIRE(message == u.message);  // the forger seals as the protocol does

  SUBCASE("of another device") {
    testing::reseal_certificate(message, mallory.device.certificate().encode(), u.bob_party.device,
                                u.bob_party.prekeys);
    CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
  }
  SUBCASE("with which another account claims Alice's device") {
    const Certificate claim = mallory.account.certify(1, u.alice_party.device.certificate().identity);
    testing::reseal_certificate(message, claim.encode(), u.bob_party.device, u.bob_party.prekeys);
    CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
  }
  SUBCASE("under another device number") {
    const Certificate renumbered = u.alice_party.account.certify(2, u.alice_party.device.certificate().identity);
    testing::reseal_certificate(message, renumbered.encode(), u.bob_party.device, u.bob_party.prekeys);
    CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
  }
  SUBCASE("with another signing key beside the same agreement key") {
    DeviceIdentity mixed = u.alice_party.device.certificate().identity;
    mixed.signing_key = mallory.device.certificate().identity.signing_key;
    testing::reseal_certificate(message, u.alice_party.account.certify(1, mixed).encode(), u.bob_party.device,
                                u.bob_party.prekeys);
    CHECK_NOT_ACCEPTED(u, message, Errc::bad_message);
  }
  SUBCASE("Bob's own") {
    testing::reseal_certificate(message, u.bob_party.device.certificate().encode(), u.bob_party.device,
                                u.bob_party.prekeys);
    CHECK_NOT_ACCEPTED(u, message, Errc::self_session);
  }
}

TEST_CASE("[11] an initiator with a wrong idea of the responder is not understood") {
  Unopened u(112);
  Party mallory(u.random, u.clock.now(), 0);
  PreKeyBundle bundle = u.bundle;
  const DeviceIdentity bob = u.bob_party.device.certificate().identity;
  SUBCASE("another address of the same account") { bundle.certificate = u.bob_party.account.certify(2, bob); }
  SUBCASE("another account") { bundle.certificate = mallory.account.certify(1, bob); }
  SUBCASE("another signing key") {
    bundle.certificate =
        u.bob_party.account.certify(1, {mallory.device.certificate().identity.signing_key, bob.agreement_key});
  }
  Session alice = Session::initiate(u.alice_party.device, bundle, u.random);
  CHECK_NOT_ACCEPTED(u, alice.encrypt(as_bytes("hello"), u.random), Errc::bad_message);
}

TEST_CASE("[12] a first message for another device of the same account is refused") {
  Unopened u(113);
  const Device tablet = Device::create(u.bob_party.account, 2, u.random);
  MemoryPreKeys prekeys(tablet, u.clock.now(), u.random, 4);
  CHECK_ERROR(Session::accept(tablet, prekeys, u.message, u.clock.now()), Errc::bad_message);
}

TEST_CASE("[38] a certificate whose signature was re-spelt, or whose keys are of small order, is refused") {
  Unopened u(114);
  ByteArray<165> certificate = u.alice_party.device.certificate().encode();
  SUBCASE("S plus the group order") {
    constexpr ByteArray<32> order{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
    unsigned carry = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      carry += 0U + certificate[133 + i] + order[i];
      certificate[133 + i] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    REQUIRE(carry == 0);
  }
  SUBCASE("R of small order") {
    std::fill_n(certificate.begin() + 101, 32, std::uint8_t{0});
    certificate[101] = 1;
  }
  SUBCASE("R that is not canonical") {
    std::fill_n(certificate.begin() + 101, 32, std::uint8_t{0xff});
    certificate[101] = 0xee;
    certificate[132] = 0x7f;
  }
  SUBCASE("an account key of small order, for which every signature with S = 0 fits") {
    std::fill_n(certificate.begin(), 32, std::uint8_t{0});
    certificate[0] = 1;
    std::fill_n(certificate.begin() + 101, 64, std::uint8_t{0});
    certificate[101] = 1;
  }
  Bytes message = u.message;
  testing::reseal_certificate(message, certificate, u.bob_party.device, u.bob_party.prekeys);
  CHECK_NOT_ACCEPTED(u, message, Errc::bad_signature);
}

TEST_CASE("a device does not write to itself") {
  Unopened u(115);
  CHECK_ERROR(Session::initiate(u.bob_party.device, u.bob_party.prekeys.bundle(u.clock.now()), u.random),
              Errc::self_session);
  PreKeyBundle same_identity = u.bundle;  // another address, the same keys
  same_identity.certificate = u.bob_party.account.certify(9, u.bob_party.device.certificate().identity);
  CHECK_ERROR(Session::initiate(u.bob_party.device, same_identity, u.random), Errc::self_session);
}

TEST_CASE("a ratchet message starts no session") {
  Pair p(116);
  p.settle();
  const Bytes message = p.alice.encrypt(as_bytes("x"), p.random);
  CHECK_ERROR(Session::accept(p.bob_party.device, p.bob_party.prekeys, message, p.clock.now()), Errc::bad_message);
  CHECK_FALSE(Session::peek_id(message).has_value());
}
