// What a session must refuse because of lengths, counters, ratchet keys, place and time. Numbers: the table in
// README.md.
#include "session/chain.hpp"
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"
#include "support/x25519_points.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace anochat;
using testing::Draft;
using testing::Pair;
using testing::state_of;

namespace {

Draft next_of_alice(Pair& p, std::string_view text = "forged") {
  Session copy = testing::clone(p.alice);
  return testing::take_next(copy, as_bytes(text), p.random);
}

// The next message of Alice begins a new chain.
void make_step_due(Pair& p) { p.pass(p.bob, p.alice, as_bytes("your turn")); }

constexpr std::uint32_t kOutOfRange[] = {0x8000'0000, 0x8000'0001, 0xffff'ffff};

}  // namespace

TEST_CASE("the forger's untouched draft is the genuine message") {
  Pair p(200);
  const Draft initial = testing::take_next(p.alice, as_bytes("forged"), p.random);
  CHECK(p.bob.decrypt(initial.seal(), p.clock.now()).size() == 6);
  p.settle();
  Session copy = testing::clone(p.alice);
  const Draft draft = testing::take_next(copy, as_bytes("x"), p.random);
  Session other = testing::clone(p.alice);
  CHECK(draft.seal() == other.encrypt(as_bytes("x"), p.random));
  make_step_due(p);
  CHECK(p.bob.decrypt(next_of_alice(p).seal(), p.clock.now()).size() == 6);  // with a sending step
}

TEST_CASE("[1, 2] a ratchet key of low order or in another spelling is refused") {
  Pair p(201);
  p.settle();
  make_step_due(p);
  for (const ByteArray<32>& point : testing::unacceptable_points()) {
    Draft draft = next_of_alice(p);
    draft.header.dh = point;
    CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
  }
  CHECK(p.bob.decrypt(next_of_alice(p).seal(), p.clock.now()).size() == 6);
}

TEST_CASE("a step to the key that is there already, or to the receiver's own, is refused although its keys are right") {
  Pair p(202);
  p.settle();
  make_step_due(p);
  const session::RatchetPair& alices = *state_of(p.alice).ec.own;
  const session::RatchetPair& bobs = *state_of(p.bob).ec.own;  // as if Bob's state had been stolen
  for (const session::RatchetPair* pair : {&alices, &bobs}) {
    Session copy = testing::clone(p.alice);
    testing::ChosenFirst chosen(pair->private_key.expose(), p.random);
    const Bytes message = copy.encrypt(as_bytes("x"), chosen);
    REQUIRE(state_of(copy).ec.own->public_key == pair->public_key);
    CHECK_REFUSED(p.bob, message, p.clock.now(), Errc::bad_message);
  }
}

TEST_CASE("a second ratchet key inside one chain is refused") {
  Pair p(203);
  p.settle();
  Draft draft = next_of_alice(p);
  draft.header.dh[0] ^= 1;
  CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
}

TEST_CASE("[12] a message for another session, or sent back to its sender, is refused") {
  Pair p(204);
  Pair other(205);
  const Bytes initial = p.alice.encrypt(as_bytes("x"), p.random);
  CHECK_REFUSED(other.bob, initial, p.clock.now(), Errc::bad_message);
  CHECK_REFUSED(p.alice, initial, p.clock.now(), Errc::bad_message);
  p.settle();
  other.settle();
  const Bytes ratchet = p.alice.encrypt(as_bytes("x"), p.random);
  CHECK_REFUSED(other.bob, ratchet, p.clock.now(), Errc::bad_message);
  CHECK_REFUSED(p.alice, ratchet, p.clock.now(), Errc::bad_message);
}

TEST_CASE("an initial message is opened by the session whose id it carries and by no other") {
  Pair p(206);
  Session second = Session::initiate(p.alice_party.device, p.bob_party.prekeys.bundle(p.clock.now()), p.random);
  const Bytes message = second.encrypt(as_bytes("x"), p.random);
  CHECK_REFUSED(p.bob, message, p.clock.now(), Errc::bad_message);
  // Not even sealed with the right session's keys.
  Draft draft = next_of_alice(p);
  draft.front.assign(message.begin(), message.begin() + session::front_len(session::MessageType::initial));
  CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
}

TEST_CASE("[13] counters at and above 2^31 are refused as soon as the header is open") {
  Pair p(207);
  p.settle();
  SUBCASE("in the present chain") {}
  SUBCASE("in a chain that it would begin") { make_step_due(p); }
  for (const std::uint32_t value : kOutOfRange) {
    Draft draft = next_of_alice(p);
    draft.header.n = value;
    CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
    draft = next_of_alice(p);
    draft.header.pn = value;
    CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
    draft = next_of_alice(p);
    draft.header.pq_n = value;
    CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
  }
}

TEST_CASE("[13] gaps beyond the limit are refused without keeping a key") {
  Pair p(208);
  p.settle();
  p.pass(p.alice, p.bob, as_bytes("x"));
  const std::uint32_t next = state_of(p.bob).ec.receiving->next;
  for (const std::uint32_t n : {next + kMaxSkip + 1, next + 100'000, kCounterEnd - 1}) {
    Draft draft = next_of_alice(p);
    draft.header.n = n;
    CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::gap_too_large);
  }
  make_step_due(p);
  for (const std::uint32_t count : {next + kMaxSkip + 1, next + 100'000, kCounterEnd - 1}) {
    Draft draft = next_of_alice(p);
    draft.header.pn = count;
    CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::gap_too_large);
    draft = next_of_alice(p);
    draft.header.n = count - next;  // from 0
    CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::gap_too_large);
  }
  CHECK(p.bob.skipped_key_count() == 0);
}

TEST_CASE("[13] a previous chain shorter than what was received is not skipped in") {
  Pair p(209);
  p.settle();
  p.pass(p.alice, p.bob, as_bytes("x"));
  make_step_due(p);
  Draft draft = next_of_alice(p);
  draft.header.pn = 0;
  CHECK(p.bob.decrypt(draft.seal(), p.clock.now()).size() == 6);
  CHECK(p.bob.skipped_key_count() == 0);
}

TEST_CASE("[15] a message opens once, in order, out of order, and after a restart") {
  Pair p(210);
  p.settle();
  std::vector<Bytes> sent;
  for (int i = 0; i < 4; ++i) sent.push_back(p.alice.encrypt(as_bytes("x"), p.random));
  CHECK(p.bob.decrypt(sent[0], p.clock.now()).size() == 1);
  CHECK_REFUSED(p.bob, sent[0], p.clock.now(), Errc::replayed);
  CHECK(p.bob.decrypt(sent[3], p.clock.now()).size() == 1);
  CHECK(p.bob.decrypt(sent[1], p.clock.now()).size() == 1);
  CHECK_REFUSED(p.bob, sent[1], p.clock.now(), Errc::replayed);
  CHECK_REFUSED(p.bob, sent[3], p.clock.now(), Errc::replayed);
  p.bob = testing::clone(p.bob);
  for (const int i : {0, 1, 3}) CHECK_REFUSED(p.bob, sent[static_cast<std::size_t>(i)], p.clock.now(), Errc::replayed);
  CHECK(p.bob.decrypt(sent[2], p.clock.now()).size() == 1);
  CHECK_REFUSED(p.bob, sent[2], p.clock.now(), Errc::replayed);
}

TEST_CASE("[15] the first message, delivered again to the session it started, is a replay") {
  Pair p(211);
  CHECK_REFUSED(p.bob, p.first_message, p.clock.now(), Errc::replayed);
  p.settle();
  CHECK_REFUSED(p.bob, p.first_message, p.clock.now(), Errc::bad_message);  // the key of its chain's headers is gone
}

TEST_CASE("[16] a message with a good header and a changed body changes nothing") {
  Pair p(212);
  p.settle();
  std::vector<Bytes> lost;
  for (int i = 0; i < 3; ++i) lost.push_back(p.alice.encrypt(as_bytes("x"), p.random));
  SUBCASE("in the present chain") {}
  SUBCASE("in a chain that it would begin") { make_step_due(p); }
  Bytes message = p.alice.encrypt(as_bytes("y"), p.random);  // would skip, and step
  message.back() ^= 1;
  CHECK_REFUSED(p.bob, message, p.clock.now(), Errc::bad_message);
  message.back() ^= 1;
  message[session::kHeadLen] ^= 0x80;
  CHECK_REFUSED(p.bob, message, p.clock.now(), Errc::bad_message);
  CHECK(p.bob.skipped_key_count() == 0);
  message[session::kHeadLen] ^= 0x80;
  CHECK(p.bob.decrypt(message, p.clock.now()).size() == 1);
  CHECK(p.bob.skipped_key_count() == 6);  // three of each ratchet
}

TEST_CASE("a header nonce that is not the derived one is refused") {
  Pair p(213);
  p.settle();
  Draft draft = next_of_alice(p);
  draft.header_nonce = ByteArray<12>{1, 2, 3};
  CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
}

TEST_CASE("[33] bodies whose lengths, symbols or filling do not fit are refused") {
  Pair p(214);
  p.settle();
  const std::vector<session::Symbol> eight(8);
  const auto refuse = [&](Bytes body) {
    Draft draft = next_of_alice(p);
    draft.body = std::move(body);
    CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
  };
  const auto filled = [](std::size_t at, std::uint8_t value) {
    Bytes body = testing::make_body(as_bytes("x"), 0, {}, 256);
    body[at] = value;
    return body;
  };
  refuse(filled(255, 1));   // filling is not zero, at its end
  refuse(filled(8, 1));     // and at its start
  refuse(filled(6, 1));     // no symbols, but an index
  refuse(filled(3, 250));   // content reaches past the end
  refuse(filled(0, 0x80));  // 2^31 bytes of content
  refuse(filled(5, 8));     // eight symbols where seven have room
  refuse(filled(5, 255));
  refuse(testing::make_body({}, 65'530, std::span(eight).first(7), 256));  // the last index is 65,535
  refuse(Bytes(255));
  refuse(Bytes(257));
  refuse(Bytes(768));
  refuse(Bytes(0));
  refuse(Bytes(67'585));
  refuse(Bytes(69'632));  // a padded size, but over the limit

  SUBCASE("but an empty content and a larger bucket than needed are fine") {
    Draft draft = next_of_alice(p);
    draft.body = testing::make_body({}, 0, {}, 512);
    CHECK(p.bob.decrypt(draft.seal(), p.clock.now()).empty());
  }
}
