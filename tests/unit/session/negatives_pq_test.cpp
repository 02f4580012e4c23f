// What the PQ ratchet and the key agreement inside the bodies must refuse. Numbers: the table in README.md.
#include "crypto/blake2.hpp"
#include "crypto/mlkem.hpp"
#include "session/chain.hpp"
#include "session/pq_agreement.hpp"
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace anochat;
using session::AgreementPhase;
using session::Symbol;
using testing::Draft;
using testing::Pair;
using testing::state_of;

namespace {

AgreementPhase phase_of(Session& session) { return state_of(session).agreement.phase; }

Draft next_of(Session& session, Pair& p) {
  Session copy = testing::clone(session);
  return testing::take_next(copy, as_bytes("forged"), p.random);
}

// Ping-pong, Bob first, until the condition holds after a message of either.
template <class Condition>
void pass_until(Pair& p, Condition condition) {
  for (int i = 0; i < 400; ++i) {
    if (condition()) return;
    Session& from = i % 2 == 0 ? p.bob : p.alice;
    Session& to = i % 2 == 0 ? p.alice : p.bob;
    p.pass(from, to, as_bytes("x"));
  }
  FAIL("the condition never held");
}

void reach_epoch(Pair& p, std::uint64_t epoch) {
  pass_until(p, [&] { return p.alice.pq_epoch() >= epoch && p.bob.pq_epoch() >= epoch; });
}

// The tag that ends a payload, made as docs/protocol.md says.
ByteArray<32> tag_of(const session::AuthKey& auth, std::uint64_t epoch, const char (&context)[9], ByteView payload) {
  const auto key = crypto::derive_key<session::AuthKey>(auth.expose(), epoch, context);
  ByteArray<32> tag{};
  crypto::extract(key.expose(), payload, tag);
  return tag;
}

std::vector<Symbol> symbols_of(ByteView payload) {
  std::vector<Symbol> rows(payload.size() / session::kSymbolLen);
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(payload.begin() + static_cast<std::ptrdiff_t>(i * 32), 32, rows[i].begin());
  return rows;
}

// A message of Alice's that carries the whole of this ek payload at once.
Bytes with_payload(Pair& p, ByteView payload) {
  Draft draft = next_of(p.alice, p);
  draft.body = testing::make_body(as_bytes("x"), 0, symbols_of(payload), 2'048);
  return draft.seal();
}

}  // namespace

TEST_CASE("[17] epochs that are not known yet are refused") {
  Pair p(300);
  reach_epoch(p, 3);
  const std::uint64_t now = p.alice.pq_epoch();
  for (const std::uint64_t epoch : {now + 2, now + 3, ~std::uint64_t{0} - 1, ~std::uint64_t{0}}) {
    Draft draft = next_of(p.alice, p);
    draft.header.pq_epoch = epoch;
    CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
  }
}

TEST_CASE("[17] epochs whose chains were erased are refused as replays") {
  Pair p(301);
  reach_epoch(p, 4);
  for (const std::uint64_t epoch : {0U, 1U, 2U}) {
    for (const std::uint32_t pq_n : {1U, 1'000U, kCounterEnd - 1}) {
      Draft draft = next_of(p.alice, p);
      draft.header.pq_epoch = epoch;
      draft.header.pq_n = pq_n;
      CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::replayed);
    }
  }
}

TEST_CASE("[17, 19] a PQ number of 0, or one used before, is refused") {
  Pair p(302);
  p.settle();
  Draft draft = next_of(p.alice, p);
  draft.header.pq_n = 0;
  CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
  draft = next_of(p.alice, p);
  --draft.header.pq_n;
  CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::replayed);
}

TEST_CASE("[17] the right key of one ratchet does not open a message without the right key of the other") {
  Pair p(303);
  p.settle();
  Draft draft = next_of(p.alice, p);
  SUBCASE("wrong PQ key") { draft.pq_key.expose_mutable()[0] ^= 1; }
  SUBCASE("wrong EC key") { draft.ec_key.expose_mutable()[0] ^= 1; }
  CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
  // Nor if the nonce on the wire is the right one.
  const session::MessageKeys right(next_of(p.alice, p).ec_key, next_of(p.alice, p).pq_key);
  draft.header_nonce.emplace();
  std::copy(right.header_nonce().begin(), right.header_nonce().end(), draft.header_nonce->begin());
  CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
}

TEST_CASE("[19] PQ messages 1, 3 and 2 open, and count from 1 in every epoch") {
  Pair p(304);
  std::vector<Bytes> sent{p.first_message};
  Pair q(304);  // the same again, where Bob has opened message 1 only
  for (int i = 0; i < 2; ++i) sent.push_back(q.alice.encrypt(as_bytes("x"), q.random));
  CHECK(state_of(q.bob).pq.chains.receiving[0].chain.last == 1);
  CHECK(q.bob.decrypt(sent[2], q.clock.now()).size() == 1);
  CHECK(q.bob.decrypt(sent[1], q.clock.now()).size() == 1);
  CHECK(q.bob.skipped_key_count() == 0);
  reach_epoch(p, 2);
  bool is_first = false;
  pass_until(p, [&] {
    return is_first = phase_of(p.alice) == AgreementPhase::collecting && state_of(p.alice).pq.chains.sending.last == 0;
  });
  CHECK(is_first);
  CHECK(next_of(p.alice, p).header.pq_n == 1);
}

TEST_CASE("[13] a PQ gap beyond the limit is refused even where the EC chain has none") {
  Pair p(305);
  p.settle();
  const auto burn = [&](std::uint32_t count) {  // Alice forgets to send messages of her PQ chain
    session::PqChain& chain = state_of(p.alice).pq.chains.sending;
    for (; count > 0; --count) static_cast<void>(session::step(chain.key, ++chain.last));
  };
  burn(kMaxPqSkip);
  const Draft at_limit = next_of(p.alice, p);
  burn(1);
  CHECK_REFUSED(p.bob, next_of(p.alice, p).seal(), p.clock.now(), Errc::gap_too_large);
  Draft far = next_of(p.alice, p);
  far.header.pq_n = kCounterEnd - 1;
  CHECK_REFUSED(p.bob, far.seal(), p.clock.now(), Errc::gap_too_large);
  CHECK(p.bob.decrypt(at_limit.seal(), p.clock.now()).size() == 6);
  CHECK(p.bob.skipped_key_count() == kMaxPqSkip);
}

TEST_CASE("[18] a known symbol with other bytes is refused") {
  Pair p(306);
  p.settle();
  REQUIRE(phase_of(p.bob) == AgreementPhase::collecting);
  const session::PqAgreement& known = state_of(p.bob).agreement;
  REQUIRE(known.collected > 0);
  REQUIRE(known.indexes[0] == 0);
  Symbol other = known.rows[0];
  Draft draft = next_of(p.alice, p);
  draft.body = testing::make_body(as_bytes("x"), 0, std::span(&other, 1), 256);
  CHECK(testing::clone(p.bob).decrypt(draft.seal(), p.clock.now()).size() == 1);  // the same bytes again are fine
  other[31] ^= 1;
  draft.body = testing::make_body(as_bytes("x"), 0, std::span(&other, 1), 256);
  CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);
}

TEST_CASE("[18] the key holder refuses a known ciphertext symbol with other bytes") {
  Pair p(307);
  pass_until(p,
             [&] { return phase_of(p.alice) == AgreementPhase::holder && state_of(p.alice).agreement.collected > 0; });
  const session::PqAgreement& known = state_of(p.alice).agreement;
  Symbol other = known.rows[0];
  other[0] ^= 1;
  Draft draft = next_of(p.bob, p);
  draft.body = testing::make_body(as_bytes("x"), known.indexes[0], std::span(&other, 1), 256);
  CHECK_REFUSED(p.alice, draft.seal(), p.clock.now(), Errc::bad_message);
}

TEST_CASE("[18] symbols of an epoch that is done are ignored") {
  Pair p(308);
  p.settle();
  reach_epoch(p, 1);
  const std::uint64_t before = p.alice.pq_epoch();
  const std::vector<Symbol> garbage(3, Symbol{1, 2, 3});
  Draft late = testing::take_next(p.alice, as_bytes("late"), p.random);
  late.body = testing::make_body(as_bytes("late"), 0, garbage, 256);
  pass_until(p, [&] { return p.bob.pq_epoch() == before + 1; });
  const session::PqAgreement agreement = state_of(p.bob).agreement.clone();
  CHECK(p.bob.decrypt(late.seal(), p.clock.now()).size() == 4);
  CHECK(state_of(p.bob).agreement.phase == agreement.phase);
  CHECK(state_of(p.bob).agreement.collected == agreement.collected);
  CHECK(state_of(p.bob).agreement.rows == agreement.rows);
}

TEST_CASE("[18] an encapsulation key whose tag is wrong is refused and never used") {
  Pair p(309);
  p.settle();
  SessionAccess::State& alice = state_of(p.alice);
  REQUIRE(alice.agreement.phase == AgreementPhase::holder);
  Bytes payload(1'216);
  crypto::kem_public(alice.agreement.seed, std::span(payload).first<1'184>());
  const auto tag = tag_of(alice.agreement.auth, 1, "AnoSckaK", ByteView(payload).first(1'184));
  std::copy(tag.begin(), tag.end(), payload.begin() + 1'184);

  SUBCASE("a changed tag") {
    payload.back() ^= 1;
    CHECK_REFUSED(p.bob, with_payload(p, payload), p.clock.now(), Errc::bad_message);
  }
  SUBCASE("a tag of another epoch") {
    const auto other = tag_of(alice.agreement.auth, 2, "AnoSckaK", ByteView(payload).first(1'184));
    std::copy(other.begin(), other.end(), payload.begin() + 1'184);
    // Only the symbols that Bob does not hold yet can differ, and these do.
    CHECK_REFUSED(p.bob, with_payload(p, payload), p.clock.now(), Errc::bad_message);
  }
  SUBCASE("the genuine payload, all at once, is accepted") {
    CHECK(p.bob.decrypt(with_payload(p, payload), p.clock.now()).size() == 1);
    CHECK(phase_of(p.bob) == AgreementPhase::key_complete);
  }
}

TEST_CASE("[8, 18] an authentic encapsulation key with a coefficient that is not reduced is refused") {
  Pair p(310);  // Bob has the first symbols of Alice's key: the damage is behind them
  SessionAccess::State& alice = state_of(p.alice);
  Bytes payload(1'216);
  crypto::kem_public(alice.agreement.seed, std::span(payload).first<1'184>());
  payload[600] = 0xff;
  payload[601] = 0xff;
  payload[602] = 0xff;
  const auto tag = tag_of(alice.agreement.auth, 1, "AnoSckaK", ByteView(payload).first(1'184));
  std::copy(tag.begin(), tag.end(), payload.begin() + 1'184);
  CHECK_REFUSED(p.bob, with_payload(p, payload), p.clock.now(), Errc::bad_message);
  payload = Bytes(1'216);
  crypto::kem_public(alice.agreement.seed, std::span(payload).first<1'184>());
  const auto right = tag_of(alice.agreement.auth, 1, "AnoSckaK", ByteView(payload).first(1'184));
  std::copy(right.begin(), right.end(), payload.begin() + 1'184);
  CHECK(p.bob.decrypt(with_payload(p, payload), p.clock.now()).size() == 1);
}

TEST_CASE("[18] a ciphertext whose tag is wrong is refused, and the epoch does not begin") {
  Pair p(311);
  pass_until(p, [&] { return phase_of(p.bob) == AgreementPhase::encapsulated; });
  const std::span<Symbol> rows = std::span(state_of(p.bob).agreement.rows).first(session::kCtSymbols);
  SUBCASE("the tag itself") { rows[34][31] ^= 1; }
  SUBCASE("the ciphertext, which then gives another secret") { rows[33][0] ^= 1; }
  for (int i = 0; i < 20; ++i) {
    const bool is_last = state_of(p.alice).agreement.collected + 7 >= session::kCtSymbols;
    const Bytes message = p.bob.encrypt(as_bytes("x"), p.random);
    if (is_last) {
      CHECK_REFUSED(p.alice, message, p.clock.now(), Errc::bad_message);
      CHECK(p.alice.pq_epoch() == 0);
      CHECK(phase_of(p.alice) == AgreementPhase::holder);
      return;
    }
    CHECK(p.alice.decrypt(message, p.clock.now()).size() == 1);
  }
  FAIL("the last symbol never came");
}

TEST_CASE("[18] a ciphertext for a key that was never sent is refused") {
  Pair p(312);
  pass_until(p, [&] { return phase_of(p.bob) == AgreementPhase::holder_without_key; });
  REQUIRE(p.bob.pq_epoch() == 1);
  const Symbol symbol{1, 2, 3};
  Draft draft = next_of(p.alice, p);
  draft.body = testing::make_body(as_bytes("x"), 0, std::span(&symbol, 1), 256);
  CHECK_REFUSED(p.bob, draft.seal(), p.clock.now(), Errc::bad_message);

  SUBCASE("also when it comes with the message that begins the epoch") {
    Pair q(312);
    pass_until(q, [&] { return phase_of(q.alice) == AgreementPhase::collecting; });
    REQUIRE(phase_of(q.bob) == AgreementPhase::encapsulated);
    Draft first = next_of(q.alice, q);
    first.body = testing::make_body(as_bytes("x"), 0, std::span(&symbol, 1), 256);
    CHECK_REFUSED(q.bob, first.seal(), q.clock.now(), Errc::bad_message);
  }
}

TEST_CASE("[18] symbols of a key that is complete are ignored") {
  Pair p(313);
  pass_until(p, [&] { return phase_of(p.bob) == AgreementPhase::key_complete; });
  const std::vector<Symbol> garbage(3, Symbol{9});
  Draft draft = next_of(p.alice, p);
  draft.body = testing::make_body(as_bytes("x"), 0, garbage, 256);
  const auto rows = state_of(p.bob).agreement.rows;
  CHECK(p.bob.decrypt(draft.seal(), p.clock.now()).size() == 1);
  CHECK(state_of(p.bob).agreement.rows == rows);
}

TEST_CASE("the agreement goes on from symbols with any indexes, in any order") {
  Pair p(314);
  SessionAccess::State& alice = state_of(p.alice);
  alice.agreement.next_index = 65'536 - 20;  // an old conversation, about to start over
  const std::uint64_t before = p.alice.pq_epoch();
  pass_until(p, [&] { return p.alice.pq_epoch() == before + 2; });
  CHECK(p.bob.pq_epoch() >= before + 1);
}
