// Every limit of docs/protocol.md, section 12: the last value that is allowed, and the first that is not.
#include "session/chain.hpp"
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"
#include "support/skipped_rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

using namespace anochat;
using testing::Pair;
using testing::state_of;

namespace {

std::vector<Bytes> send(Pair& p, Session& from, std::size_t count) {
  std::vector<Bytes> sent;
  for (std::size_t i = 0; i < count; ++i) sent.push_back(from.encrypt(as_bytes("x"), p.random));
  return sent;
}

bool opens(Session& session, const Bytes& message, UnixTime now) { return session.decrypt(message, now).size() == 1; }

}  // namespace

TEST_CASE("1,000 messages may be missing before one, 1,001 may not") {
  Pair p(700);
  p.settle();
  const std::vector<Bytes> sent = send(p, p.alice, 1'002);
  CHECK_REFUSED(p.bob, sent[1'001], p.clock.now(), Errc::gap_too_large);
  Bytes forged = sent[1'000];
  forged.back() ^= 1;
  CHECK_REFUSED(p.bob, forged, p.clock.now(), Errc::bad_message);  // and no key was kept on its word
  CHECK(p.bob.skipped_key_count() == 0);
  CHECK(opens(p.bob, sent[1'000], p.clock.now()));
  CHECK(p.bob.skipped_key_count() == 2'000);  // a thousand of each ratchet
  CHECK(opens(p.bob, sent[1'001], p.clock.now()));
  for (std::size_t i = 0; i < 1'000; ++i) REQUIRE(opens(p.bob, sent[i], p.clock.now()));
  CHECK(p.bob.skipped_key_count() == 0);
}

TEST_CASE("1,000 messages may be missing at the end of the previous chain, 1,001 may not") {
  Pair p(701);
  p.settle();
  const bool is_too_many = [] {
    bool is = false;
    SUBCASE("1,000") {}
    SUBCASE("1,001") { is = true; }
    return is;
  }();
  const std::vector<Bytes> lost = send(p, p.alice, is_too_many ? 1'001 : 1'000);
  p.pass(p.bob, p.alice, as_bytes("x"));
  const Bytes next = p.alice.encrypt(as_bytes("x"), p.random);
  if (is_too_many) {
    CHECK_REFUSED(p.bob, next, p.clock.now(), Errc::gap_too_large);
    CHECK(opens(p.bob, lost[0], p.clock.now()));  // one that was late after all makes the gap small enough
  }
  CHECK(opens(p.bob, next, p.clock.now()));
  CHECK(p.bob.skipped_key_count() == 2'000);
  for (std::size_t i = is_too_many ? 1 : 0; i < lost.size(); ++i) REQUIRE(opens(p.bob, lost[i], p.clock.now()));
  CHECK(p.bob.skipped_key_count() == 0);
}

TEST_CASE("one message may skip 1,000 for pn and 1,000 for n, which are 2,000 of the PQ chain") {
  Pair p(702);
  p.settle();
  send(p, p.alice, 1'000);
  p.pass(p.bob, p.alice, as_bytes("x"));
  const std::vector<Bytes> sent = send(p, p.alice, 1'002);
  CHECK_REFUSED(p.bob, sent[1'001], p.clock.now(), Errc::gap_too_large);
  CHECK(opens(p.bob, sent[1'000], p.clock.now()));
  CHECK(p.bob.skipped_key_count() == 4'000);
}

TEST_CASE("2,000 keys of each ratchet are kept, then the oldest goes") {
  Pair p(703);
  p.settle();
  std::vector<Bytes> sent = send(p, p.alice, 2'004);
  CHECK(opens(p.bob, sent[1'000], p.clock.now()));
  CHECK(opens(p.bob, sent[2'001], p.clock.now()));
  CHECK(p.bob.skipped_key_count() == 4'000);
  CHECK(testing::clone(p.bob).save() == p.bob.save());
  CHECK(opens(p.bob, sent[2'003], p.clock.now()));
  CHECK(p.bob.skipped_key_count() == 4'000);
  CHECK(p.bob.skipped_key_changes().added.size() == 2);
  CHECK(p.bob.skipped_key_changes().removed.size() == 2);
  CHECK_REFUSED(p.bob, sent[0], p.clock.now(), Errc::replayed);
  CHECK(opens(p.bob, sent[1], p.clock.now()));
  CHECK(opens(p.bob, sent[2'002], p.clock.now()));
}

TEST_CASE("[14] far more skipped messages than can be kept leave the session small and quick") {
  Pair p(704);
  p.settle();
  std::vector<Bytes> sent = send(p, p.alice, 20'021);
  for (std::size_t i = 1'000; i < sent.size(); i += 1'001) REQUIRE(opens(p.bob, sent[i], p.clock.now()));
  CHECK(p.bob.skipped_key_count() == 4'000);
  CHECK(p.bob.save().size() < 320'000);
  CHECK_REFUSED(p.bob, sent[0], p.clock.now(), Errc::replayed);
  CHECK(opens(p.bob, sent[20'018], p.clock.now()));
}

TEST_CASE("skipped keys of 16 older chains are kept, then the oldest chain goes") {
  Pair p(705);
  p.settle();
  std::vector<Bytes> lost;
  const auto next_chain = [&] {
    lost.push_back(p.alice.encrypt(as_bytes("x"), p.random));
    p.pass(p.alice, p.bob, as_bytes("y"));
    p.pass(p.bob, p.alice, as_bytes("z"));
  };
  for (int i = 0; i < 17; ++i) next_chain();
  CHECK(state_of(p.bob).ec.kept.size() == 16);
  Session with_sixteen = testing::clone(p.bob);
  CHECK(opens(with_sixteen, lost[0], p.clock.now()));
  next_chain();
  CHECK(state_of(p.bob).ec.kept.size() == 16);
  CHECK_REFUSED(p.bob, lost[0], p.clock.now(), Errc::bad_message);  // the key of that chain's headers is gone too
  for (std::size_t i = 1; i < lost.size(); ++i) CHECK(opens(p.bob, lost[i], p.clock.now()));
  CHECK(p.bob.skipped_key_count() == 1);  // the PQ key of lost[0], until it is too old
  p.clock.advance(std::chrono::days(31));
  p.pass(p.alice, p.bob, as_bytes("x"));
  CHECK(p.bob.skipped_key_count() == 0);
}

TEST_CASE("skipped keys are kept 30 days and not a second longer") {
  Pair p(706);
  p.settle();
  const std::vector<Bytes> lost = send(p, p.alice, 2);
  p.pass(p.alice, p.bob, as_bytes("x"));
  p.clock.advance(std::chrono::days(30));
  CHECK(opens(p.bob, lost[0], p.clock.now()));
  p.clock.advance(std::chrono::seconds(1));
  SUBCASE("when another message comes first") {
    p.pass(p.alice, p.bob, as_bytes("x"));
    CHECK(p.bob.skipped_key_count() == 0);
    CHECK(p.bob.skipped_key_changes().removed.size() == 2);
  }
  SUBCASE("when the late message is the first to come") {}
  CHECK_REFUSED(p.bob, lost[1], p.clock.now(), Errc::replayed);
}

TEST_CASE("a late message of an older chain is refused after 30 days too") {
  Pair p(707);
  p.settle();
  const Bytes lost = p.alice.encrypt(as_bytes("x"), p.random);
  p.pass(p.bob, p.alice, as_bytes("x"));
  p.pass(p.alice, p.bob, as_bytes("x"));
  REQUIRE(state_of(p.bob).ec.kept.size() == 1);
  p.clock.advance(std::chrono::days(30) + std::chrono::seconds(1));
  CHECK_REFUSED(p.bob, lost, p.clock.now(), Errc::replayed);
}

TEST_CASE("a PQ key of over 30 days opens nothing, not even beside a fresh EC key") {
  Pair p(711);
  p.settle();
  const testing::Draft lost = testing::take_next(p.alice, as_bytes("x"), p.random);
  p.pass(p.alice, p.bob, as_bytes("x"));
  p.clock.advance(std::chrono::days(30));
  testing::Draft mixed = testing::take_next(p.alice, as_bytes("x"), p.random);
  mixed.header.pq_epoch = lost.header.pq_epoch;
  mixed.header.pq_n = lost.header.pq_n;
  mixed.pq_key = lost.pq_key.clone();
  Session in_time = testing::clone(p.bob);
  CHECK(opens(in_time, mixed.seal(), p.clock.now()));
  p.clock.advance(std::chrono::seconds(1));
  CHECK_REFUSED(p.bob, mixed.seal(), p.clock.now(), Errc::replayed);
}

TEST_CASE("an EC chain ends before its counter can wrap, and the conversation goes on in the next") {
  Pair p(708);
  p.settle();
  state_of(p.alice).ec.sending->next = kCounterEnd - 2;
  state_of(p.bob).ec.receiving->next = kCounterEnd - 2;
  CHECK(p.pass(p.alice, p.bob, as_bytes("last")).size() == 4);
  p.alice = testing::clone(p.alice);
  p.bob = testing::clone(p.bob);
  const SecretBytes before = p.alice.save();
  CHECK_ERROR(p.alice.encrypt(as_bytes("x"), p.random), Errc::counter_exhausted);
  CHECK(p.alice.save() == before);
  p.pass(p.bob, p.alice, as_bytes("x"));
  CHECK(p.pass(p.alice, p.bob, as_bytes("next chain")).size() == 10);
}

TEST_CASE("a PQ chain ends before its counter can wrap") {
  Pair p(709);
  p.settle();
  state_of(p.alice).pq.chains.sending.last = kCounterEnd - 2;
  state_of(p.bob).pq.chains.receiving[0].chain.last = kCounterEnd - 2;
  CHECK(p.pass(p.alice, p.bob, as_bytes("last")).size() == 4);
  p.alice = testing::clone(p.alice);
  p.bob = testing::clone(p.bob);
  const SecretBytes before = p.alice.save();
  CHECK_ERROR(p.alice.encrypt(as_bytes("x"), p.random), Errc::counter_exhausted);
  CHECK(p.alice.save() == before);
}

TEST_CASE("the changes of skipped keys, applied to a set, are always the session's own") {
  Pair p(710);
  p.settle();
  std::mt19937_64 choose(11);
  testing::SkippedRows rows;  // as a store would have them
  std::vector<Bytes> pending;
  std::size_t most = 0;
  const auto deliver = [&](std::size_t at) {
    const Bytes message = pending[at];
    pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(at));
    try {
      static_cast<void>(p.bob.decrypt(message, p.clock.now()));
    } catch (const Error&) {
      return;
    }
    testing::apply(p.bob.skipped_key_changes(), rows);
  };
  for (int round = 0; round < 600; ++round) {
    p.clock.advance(std::chrono::hours(choose() % 4));  // 37 days in all
    const std::size_t burst = choose() % 40 == 0 ? 400 + choose() % 300 : 1 + choose() % 6;
    for (Bytes& message : send(p, p.alice, burst)) pending.push_back(std::move(message));
    if (choose() % 2 == 0) deliver(pending.size() - 1);
    for (int i = 0; i < 4 && !pending.empty(); ++i) deliver(choose() % pending.size());
    if (choose() % 3 == 0) p.pass(p.bob, p.alice, as_bytes("x"));
    most = std::max(most, p.bob.skipped_key_count());
    REQUIRE(rows.size() == p.bob.skipped_key_count());
    if (round % 5 == 0) {
      const SecretBytes saved = p.bob.save();
      REQUIRE(Session::load_record(p.bob.save_record(), testing::rows_of(rows)).save() == saved);
      p.bob = Session::load(saved);
    }
  }
  CHECK(most > 3'000);
}
