// Saved states that lie as they should but that no conversation can come to: each is refused (docs/protocol.md,
// section 11). The states are changed from within and saved, so that only the rule itself can refuse them.
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <memory>

using namespace anochat;
using session::AgreementPhase;
using session::PqChains;
using testing::Pair;
using testing::state_of;

namespace {

using State = SessionAccess::State;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// What becomes of the record when the state is changed. Skipped keys are left out, as a store may have lost them.
template <class Change>
Errc loading_error(const Session& session, Change change) {
  Session changed = Session::load(session.save());
  change(state_of(changed));
  try {
    const Session again = Session::load_record(changed.save_record(), {});
  } catch (const Error& error) {
    return error.code();
  }
  return Errc{0};
}

template <class Change>
void refused(const Session& session, Change change) {
  CHECK(loading_error(session, change) == Errc::bad_state);
}
template <class Change>
void allowed(const Session& session, Change change) {
  CHECK(loading_error(session, change) == Errc{0});
}

// Talks until this side is in this phase of the agreement.
void go_on(Pair& p, Session& side, AgreementPhase phase) {
  for (int i = 0; i < 80 && state_of(side).agreement.phase != phase; ++i) {
    i % 2 == 0 ? p.pass(p.bob, p.alice, as_bytes("x")) : p.pass(p.alice, p.bob, as_bytes("x"));
  }
  REQUIRE(state_of(side).agreement.phase == phase);
}

void keep_chains(State& s, std::size_t count) {
  s.ec.receiving_id = 100;
  for (std::size_t i = 0; i < count; ++i) s.ec.kept.push_back({i + 1, {}});
}

void shift_epochs(State& s, std::uint64_t sending) {
  const std::uint64_t by = sending - s.pq.chains.sending_epoch;
  s.pq.chains.sending_epoch += by;
  for (std::size_t i = 0; i < s.pq.chains.receiving_count; ++i) s.pq.chains.receiving[i].epoch += by;
}

}  // namespace

TEST_CASE("[37] older chains are at most 16, grow in number, and come before the present one") {
  Pair p(521, 1);
  p.settle();
  allowed(p.bob, [](State& s) { keep_chains(s, 16); });
  refused(p.bob, [](State& s) { keep_chains(s, 17); });
  for (const auto& [first, second] : {std::pair(5U, 5U), std::pair(6U, 5U), std::pair(5U, 100U), std::pair(5U, 101U)}) {
    refused(p.bob, [first = first, second = second](State& s) {
      keep_chains(s, 2);
      s.ec.kept[0].id = first;
      s.ec.kept[1].id = second;
    });
  }
  allowed(p.bob, [](State& s) { s.ec.receiving_id = kMost - 1; });
  refused(p.bob, [](State& s) { s.ec.receiving_id = kMost; });
}

TEST_CASE("[37] counters go up to 2^31 and no further") {
  Pair p(522, 1);
  p.settle();
  p.pass(p.bob, p.alice, as_bytes("x"));
  const auto bounds = [&p](auto counter_of) {
    allowed(p.bob, [&](State& s) { counter_of(s) = kCounterEnd; });
    refused(p.bob, [&](State& s) { counter_of(s) = kCounterEnd + 1; });
  };
  bounds([](State& s) -> std::uint32_t& { return s.ec.previous_count; });
  bounds([](State& s) -> std::uint32_t& { return s.ec.sending->next; });
  bounds([](State& s) -> std::uint32_t& { return s.ec.receiving->next; });
  bounds([](State& s) -> std::uint32_t& { return s.pq.chains.sending.last; });
  bounds([](State& s) -> std::uint32_t& { return s.pq.chains.receiving[0].chain.last; });
}

TEST_CASE("[37] PQ epochs follow each other, fit the side's turn, and leave room for the next two") {
  Pair p(525, 1);
  go_on(p, p.alice, AgreementPhase::encapsulated);
  REQUIRE(state_of(p.alice).pq.chains.receiving_count == PqChains::kMostReceiving);
  REQUIRE(state_of(p.alice).pq.chains.sending_epoch % 2 == 1);
  allowed(p.alice, [](State& s) { shift_epochs(s, kMost - 2); });
  refused(p.alice, [](State& s) { shift_epochs(s, kMost); });
  refused(p.alice, [](State& s) { shift_epochs(s, 2); });  // the other side's turn
  for (std::size_t i = 0; i < PqChains::kMostReceiving; ++i) {
    refused(p.alice, [i](State& s) { ++s.pq.chains.receiving[i].epoch; });
    refused(p.alice, [i](State& s) { --s.pq.chains.receiving[i].epoch; });
  }
  refused(p.alice, [](State& s) { s.pq.chains.receiving_count = 2; });  // not yet receiving what it sends for
  refused(p.alice, [](State& s) { s.pq.chains.receiving_count = 0; });

  Pair q(526, 1);
  go_on(q, q.bob, AgreementPhase::holder);
  REQUIRE(state_of(q.bob).pq.chains.sending_epoch % 2 == 1);
  REQUIRE(state_of(q.bob).pq.chains.receiving_count == 2);
  allowed(q.bob, [](State& s) { shift_epochs(s, kMost - 2); });
  refused(q.bob, [](State& s) { shift_epochs(s, kMost); });
  refused(q.bob, [](State& s) { s.pq.chains.receiving_count = 1; });
  refused(q.bob, [](State& s) {
    s.pq.chains.receiving[0] = std::move(s.pq.chains.receiving[1]);
    s.pq.chains.receiving_count = 1;
  });

  Pair r(527, 1);
  go_on(r, r.alice, AgreementPhase::holder);
  REQUIRE(state_of(r.alice).pq.chains.sending_epoch == 0);
  allowed(r.alice, [](State&) {});
  refused(r.alice, [](State& s) { s.pq.chains.receiving[0].epoch = kMost; });
  refused(r.alice, [](State& s) { s.pq.chains.receiving[0].epoch = 1; });
  while (r.alice.pq_epoch() == 0) r.pass(r.bob, r.alice, r.pass(r.alice, r.bob, as_bytes("x")));
  go_on(r, r.alice, AgreementPhase::holder);
  REQUIRE(r.alice.pq_epoch() == 2);
  allowed(r.alice, [](State& s) { shift_epochs(s, kMost - 3); });
  refused(r.alice, [](State& s) { shift_epochs(s, kMost - 1); });
}

TEST_CASE("[37] a phase that does not exist, or an encapsulation key that is none, is refused") {
  Pair p(525, 1);
  go_on(p, p.bob, AgreementPhase::key_complete);
  allowed(p.bob, [](State&) {});
  refused(p.bob, [](State& s) { s.agreement.phase = AgreementPhase{5}; });
  refused(p.bob, [](State& s) { s.agreement.phase = AgreementPhase{255}; });
  refused(p.bob, [](State& s) { s.agreement.rows[0].fill(0xff); });  // coefficients that are not reduced
}

TEST_CASE("[37] what an initiator has, and what it cannot have, before and after the first answer") {
  Pair p(523, 1);  // Alice has written and has no answer
  allowed(p.alice, [](State&) {});
  refused(p.alice, [](State& s) { s.is_answered = true; });
  refused(p.alice, [](State& s) { s.ec.receiving_id = 1; });
  refused(p.alice, [](State& s) { s.id[0] ^= 1; });
  refused(p.alice, [](State& s) { s.block.reset(); });
  refused(p.alice, [](State& s) { s.ec.remote.reset(); });
  refused(p.alice, [](State& s) { s.ec.remote.emplace(); });  // of small order
  refused(p.alice, [](State& s) { s.ec.own.reset(); });
  refused(p.alice, [](State& s) { s.ec.sending.reset(); });
  refused(p.alice, [](State& s) {  // nothing to send with, and none due
    s.ec.own.reset();
    s.ec.sending.reset();
  });
  allowed(p.alice, [](State& s) {
    s.ec.own.reset();
    s.ec.sending.reset();
    s.ec.is_step_due = true;
  });
  refused(p.alice, [](State& s) {  // it sent nothing before
    s.ec.own.reset();
    s.ec.sending.reset();
    s.ec.is_step_due = true;
    s.ec.previous_count = 1;
  });

  const session::Block block = *state_of(p.alice).block;
  p.settle();
  allowed(p.alice, [](State&) {});
  refused(p.alice, [&block](State& s) { s.block = std::make_unique<session::Block>(block); });
  refused(p.alice, [](State& s) { s.is_answered = false; });
  refused(p.alice, [](State& s) { s.ec.receiving.reset(); });
  refused(p.alice, [](State& s) { s.ec.receiving_id = 0; });
}

TEST_CASE("[37] what a responder has, and what it cannot have") {
  Pair p(524, 1);  // Bob has opened the first message and has not answered
  allowed(p.bob, [](State&) {});
  refused(p.bob, [](State& s) { s.ec.previous_count = 1; });
  refused(p.bob, [](State& s) { s.ec.is_step_due = false; });
  refused(p.bob, [](State& s) { s.ec.own.reset(); });
  refused(p.bob, [](State& s) { s.ec.remote.reset(); });
  refused(p.bob, [](State& s) { s.ec.receiving_id = 0; });
  refused(p.bob, [](State& s) { s.is_answered = false; });
  refused(p.bob, [](State& s) { s.is_initiator = true; });
  const session::Block block = *state_of(p.alice).block;
  refused(p.bob, [&block](State& s) { s.block = std::make_unique<session::Block>(block); });
  refused(p.bob, [](State& s) {  // never heard of anybody, and yet about to write
    s.ec.receiving.reset();
    s.ec.receiving_id = 0;
    s.is_answered = false;
    s.ec.remote.reset();
  });
}
