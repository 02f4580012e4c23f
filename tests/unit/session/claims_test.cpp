// What the protocol claims, tried with an attacker's means. Which test is for which claim: README.md.
#include "session/chain.hpp"
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <unordered_set>
#include <vector>

using namespace anochat;
using session::AgreementPhase;
using testing::Pair;
using testing::state_of;

namespace {

bool contains(ByteView where, ByteView what) {
  return std::search(where.begin(), where.end(), what.begin(), what.end()) != where.end();
}

// A conversation in both directions: `rounds` messages from each side in turns of one to three.
std::vector<Bytes> talk(Pair& p, int rounds) {
  std::vector<Bytes> wire{p.first_message};
  for (int i = 0; i < rounds; ++i) {
    Session& from = i % 2 == 0 ? p.bob : p.alice;
    Session& to = i % 2 == 0 ? p.alice : p.bob;
    for (int burst = 0; burst <= i % 3; ++burst) {
      wire.push_back(from.encrypt(as_bytes("the same content"), p.random));
      REQUIRE(to.decrypt(wire.back(), p.clock.now()).size() == 16);
    }
  }
  return wire;
}

std::uint64_t window_at(const Bytes& message, std::size_t at) {
  std::uint64_t window = 0;
  std::memcpy(&window, message.data() + at, sizeof window);
  return window;
}

// Every eight bytes behind the prefix, except those that touch the ids of the prekeys, which are sent in the clear.
std::vector<std::uint64_t> windows_of(const Bytes& message) {
  std::vector<std::uint64_t> windows;
  for (std::size_t at = 4; at + 8 <= message.size(); ++at) {
    const bool has_ids = message[1] == 1 && at + 8 > 36 && at < 50;
    if (!has_ids) windows.push_back(window_at(message, at));
  }
  return windows;
}

}  // namespace

TEST_CASE("after a message was opened neither side's state holds a key that opened it") {
  Pair p(800);
  for (int i = 0; i < 120; ++i) {
    Session& from = i % 2 == 0 ? p.bob : p.alice;
    Session& to = i % 2 == 0 ? p.alice : p.bob;
    if (i % 5 == 0) static_cast<void>(from.encrypt(as_bytes("lost"), p.random));
    const testing::Draft draft = testing::take_next(from, as_bytes("x"), p.random);
    const session::MessageKeys keys(draft.ec_key, draft.pq_key);
    const Bytes message = draft.seal();
    REQUIRE(to.decrypt(message, p.clock.now()).size() == 1);
    for (const Session* session : {&p.alice, &p.bob}) {
      const SecretBytes state = session->save();
      CHECK_FALSE(contains(state, draft.ec_key.expose()));
      CHECK_FALSE(contains(state, draft.pq_key.expose()));
      CHECK_FALSE(contains(state, keys.body_key()));
    }
    CHECK_REFUSED(to, message, p.clock.now(), Errc::replayed);
  }
  CHECK(p.alice.skipped_key_count() > 0);
}

TEST_CASE("no chain, root or agreement key of the past is in a later state") {
  Pair p(801);
  p.settle();
  std::vector<Bytes> past;
  const auto remember = [&past](ByteView key) { past.emplace_back(key.begin(), key.end()); };
  for (int i = 0; i < 60; ++i) {
    for (Session* session : {&p.alice, &p.bob}) {
      const SessionAccess::State& s = state_of(*session);
      remember(s.ec.root.expose());
      if (s.ec.sending) remember(s.ec.sending->key.expose());
      if (s.ec.receiving) remember(s.ec.receiving->key.expose());
      remember(s.ec.own->private_key.expose());
      remember(s.pq.chains.root.expose());
      remember(s.pq.chains.sending.key.expose());
      remember(s.agreement.auth.expose());
      if (s.agreement.phase == AgreementPhase::holder) remember(s.agreement.seed.expose());
    }
    p.pass(p.bob, p.alice, as_bytes("x"));
    p.pass(p.alice, p.bob, as_bytes("x"));
  }
  const std::uint64_t epoch = p.alice.pq_epoch();
  for (int i = 0; i < 80; ++i) {
    p.pass(p.bob, p.alice, as_bytes("x"));
    p.pass(p.alice, p.bob, as_bytes("x"));
  }
  REQUIRE(p.alice.pq_epoch() >= epoch + 2);
  const SecretBytes alice = p.alice.save();
  const SecretBytes bob = p.bob.save();
  for (const Bytes& key : past) {
    REQUIRE_FALSE(contains(alice, key));
    REQUIRE_FALSE(contains(bob, key));
  }
}

TEST_CASE("an ML-KEM seed is wiped from memory as soon as its epoch is agreed") {
  Pair p(812);
  const auto is_wiped = [](const SessionAccess::State& s) {
    const auto seed = s.agreement.seed.expose();
    return std::all_of(seed.begin(), seed.end(), [](std::uint8_t byte) { return byte == 0; });
  };
  int agreed = 0;
  for (int i = 0; i < 100; ++i) {
    const AgreementPhase before = state_of(p.alice).agreement.phase;
    p.pass(p.bob, p.alice, as_bytes("x"));
    const SessionAccess::State& alice = state_of(p.alice);
    if (before == AgreementPhase::holder && alice.agreement.phase != AgreementPhase::holder) ++agreed;
    CHECK(is_wiped(alice) == (alice.agreement.phase != AgreementPhase::holder));
    p.pass(p.alice, p.bob, as_bytes("x"));
  }
  CHECK(agreed >= 2);
}

TEST_CASE("a stolen state is locked out of the EC ratchet after a round trip") {
  Pair p(802);
  p.settle();
  Session thief = testing::clone(p.alice);
  const Bytes at_once = p.bob.encrypt(as_bytes("x"), p.random);
  CHECK(thief.decrypt(at_once, p.clock.now()).size() == 1);  // the theft is real
  CHECK(p.alice.decrypt(at_once, p.clock.now()).size() == 1);
  p.pass(p.alice, p.bob, as_bytes("a key that the thief does not have"));
  testing::SeededRandom own(1);
  for (int i = 0; i < 20; ++i) {
    const Bytes message = p.bob.encrypt(as_bytes("x"), p.random);
    CHECK_REFUSED(thief, message, p.clock.now(), Errc::bad_message);
    CHECK(p.alice.decrypt(message, p.clock.now()).size() == 1);
    const Bytes injected = thief.encrypt(as_bytes("I am Alice"), own);
    CHECK_REFUSED(p.bob, injected, p.clock.now(), Errc::bad_message);
    p.pass(p.alice, p.bob, as_bytes("x"));
  }
}

TEST_CASE("a stolen state that also learns every later X25519 key is locked out by the next PQ epoch") {
  Pair p(803);
  const auto turn = [&](Session& from, Session& to) { p.pass(from, to, as_bytes("x")); };
  for (int i = 0; i < 200 && !(p.alice.pq_epoch() == 1 && state_of(p.alice).agreement.collected == 0); ++i) {
    i % 2 == 0 ? turn(p.bob, p.alice) : turn(p.alice, p.bob);
  }
  REQUIRE(state_of(p.alice).agreement.phase == AgreementPhase::collecting);  // she will encapsulate with new randomness
  turn(p.bob, p.alice);
  turn(p.alice, p.bob);
  const std::uint64_t stolen_epoch = p.alice.pq_epoch();
  Session thief = testing::clone(p.alice);
  testing::SeededRandom own(1);
  std::size_t read = 0;
  std::size_t locked_out = 0;
  for (int i = 0; i < 100; ++i) {
    const Bytes from_bob = p.bob.encrypt(as_bytes("x"), p.random);
    const bool is_new_epoch = p.bob.pq_epoch() > stolen_epoch;
    // The thief does not take part in the agreement, whose secrets it cannot know; it only waits for keys it has.
    state_of(thief).agreement.phase = AgreementPhase::encapsulated;
    try {
      read += thief.decrypt(from_bob, p.clock.now()).size();
      CHECK_FALSE(is_new_epoch);
    } catch (const Error& error) {
      CHECK(is_new_epoch);
      CHECK(error.code() == Errc::bad_message);
      ++locked_out;
    }
    REQUIRE(p.alice.decrypt(from_bob, p.clock.now()).size() == 1);
    const Bytes from_alice = p.alice.encrypt(as_bytes("x"), p.random);
    REQUIRE(p.bob.decrypt(from_alice, p.clock.now()).size() == 1);
    if (locked_out != 0) continue;
    // It learns Alice's new ratchet key and follows.
    testing::ChosenFirst stolen(state_of(p.alice).ec.own->private_key.expose(), own);
    static_cast<void>(thief.encrypt(as_bytes("x"), stolen));
    REQUIRE(state_of(thief).ec.own->public_key == state_of(p.alice).ec.own->public_key);
    REQUIRE(equal_ct(state_of(thief).ec.root.expose(), state_of(p.alice).ec.root.expose()));
  }
  CHECK(read > 0);         // with the X25519 keys it reads on
  CHECK(locked_out > 20);  // until the PQ epoch turns
}

TEST_CASE("nothing on the wire names a device or an account") {
  Pair p(804);
  const std::vector<Bytes> wire = talk(p, 60);
  for (const testing::Party* party : {&p.alice_party, &p.bob_party}) {
    const Certificate& certificate = party->device.certificate();
    const AccountId account = party->device.address().account;
    for (const ByteView secret :
         {ByteView(certificate.account_key), ByteView(certificate.identity.signing_key),
          ByteView(certificate.identity.agreement_key), ByteView(certificate.signature), ByteView(account)}) {
      for (const Bytes& message : wire) {
        for (std::size_t at = 0; at + 8 <= secret.size(); at += 8)
          REQUIRE_FALSE(contains(message, secret.subspan(at, 8)));
      }
    }
  }
}

TEST_CASE("nothing links two messages or two conversations but the prekey ids and a first message's own block") {
  Pair first(805);
  Pair second(806);
  // The same two people again, in another session.
  Session again =
      Session::initiate(first.alice_party.device, first.bob_party.prekeys.bundle(first.clock.now()), first.random);
  std::vector<Bytes> wire = talk(first, 60);
  for (const Bytes& message : talk(second, 60)) wire.push_back(message);
  wire.push_back(again.encrypt(as_bytes("the same content"), first.random));
  std::unordered_set<std::uint64_t> seen;
  std::size_t repeated = 0;
  for (const Bytes& message : wire) {
    for (const std::uint64_t window : windows_of(message)) repeated += seen.insert(window).second ? 0U : 1U;
  }
  CHECK(repeated == 0);
  CHECK(seen.size() > 60'000);
}

TEST_CASE("header nonces and ciphertexts never repeat, whatever is sent") {
  Pair p(807);
  std::unordered_set<std::string> nonces;
  std::unordered_set<std::string> bodies;
  const std::vector<Bytes> wire = talk(p, 400);
  for (const Bytes& message : wire) {
    const session::MessageView view = session::parse_message(message, "test");
    CHECK(nonces.insert(to_hex(view.header_nonce)).second);
    CHECK(bodies.insert(to_hex(view.sealed_body)).second);
  }
  CHECK(p.alice.pq_epoch() > 10);
}

TEST_CASE("an initiator that is not answered repeats its block to the byte, and nothing else") {
  Pair p(808);
  const Bytes second = p.alice.encrypt(as_bytes("hello"), p.random);
  CHECK(std::equal(p.first_message.begin(), p.first_message.begin() + 1'319, second.begin()));
  CHECK_FALSE(std::equal(p.first_message.begin() + 1'319, p.first_message.end(), second.begin() + 1'319));
  CHECK(Session::peek_id(second) == p.alice.id());
}

TEST_CASE("both sides export the same secrets, and another for each label, context and session") {
  Pair p(809);
  Pair q(810);
  const auto secret = [](const Session& session, std::string_view label, std::string_view context = {}) {
    return to_hex(session.export_secret(label, as_bytes(context)).expose());
  };
  const std::string media = secret(p.alice, "media");
  CHECK(media == secret(p.bob, "media"));
  CHECK(media != secret(p.bob, "call"));
  CHECK(media != secret(p.bob, "media", "1"));
  CHECK(secret(p.alice, "media", "1") == secret(p.bob, "media", "1"));
  CHECK(secret(p.alice, "ab", "c") != secret(p.alice, "a", "bc"));  // lengths are part of it
  CHECK(media != secret(q.alice, "media"));
  talk(p, 60);
  CHECK(media == secret(p.alice, "media"));
  CHECK(media == secret(testing::clone(p.bob), "media"));
}

TEST_CASE("with one-time prekeys a theft of all that is left of the prekeys does not open the first message") {
  Pair p(811);
  p.bob_party.prekeys = MemoryPreKeys::load(p.bob_party.prekeys.save());  // what a thief would find
  CHECK_ERROR(Session::accept(p.bob_party.device, p.bob_party.prekeys, p.first_message, p.clock.now()),
              Errc::prekey_unknown);
}
