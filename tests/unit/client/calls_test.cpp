// Call signalling and the call log.
#include <doctest/doctest.h>

#include "world.hpp"

using namespace anochat;
using namespace anochat::client::tests;
using content::CallSignalType;
using storage::CallOutcome;

namespace {

storage::Call last_call(Party& party) { return party.client.snapshot()->calls.list(std::nullopt, 10).items.at(0); }

}  // namespace

TEST_CASE("a call is offered, answered and ended") {
  Pair t;
  t.befriend();
  const CallId call = t.alice.client.start_call(t.alice.with(t.bob), content::CallMedia::video, as_bytes("offer"));
  t.settle();
  const auto signals = t.bob.all<event::CallSignal>();
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].signal.call == call);
  CHECK(signals[0].signal.payload == to_bytes("offer"));
  t.bob.client.signal_call(t.bob.with(t.alice), call, CallSignalType::answer, as_bytes("answer"));
  t.settle();
  CHECK(last_call(t.alice).outcome == CallOutcome::answered);
  CHECK(last_call(t.bob).outcome == CallOutcome::answered);
  t.clock.advance(std::chrono::seconds{30});
  t.alice.client.signal_call(t.alice.with(t.bob), call, CallSignalType::hangup);
  t.settle();
  CHECK(last_call(t.bob).outcome == CallOutcome::answered);
  CHECK(last_call(t.bob).ended.has_value());
  CHECK(last_call(t.alice).media == storage::CallMedia::video);
}

TEST_CASE("a call that the caller gives up was missed; one that the callee refuses was declined") {
  Pair t;
  t.befriend();
  const CallId first = t.alice.client.start_call(t.alice.with(t.bob), content::CallMedia::audio, {});
  t.settle();
  t.alice.client.signal_call(t.alice.with(t.bob), first, CallSignalType::hangup);
  t.settle();
  CHECK(last_call(t.bob).outcome == CallOutcome::missed);
  CHECK(t.bob.all<event::CallMissed>().size() == 1);
  t.clock.advance(Milliseconds{1});
  const CallId second = t.alice.client.start_call(t.alice.with(t.bob), content::CallMedia::audio, {});
  t.settle();
  t.bob.client.signal_call(t.bob.with(t.alice), second, CallSignalType::hangup);
  t.settle();
  CHECK(last_call(t.bob).outcome == CallOutcome::declined);
  CHECK(last_call(t.alice).outcome == CallOutcome::declined);
}

TEST_CASE("a busy line is told") {
  Pair t;
  t.befriend();
  const CallId call = t.alice.client.start_call(t.alice.with(t.bob), content::CallMedia::audio, {});
  t.settle();
  t.bob.client.signal_call(t.bob.with(t.alice), call, CallSignalType::busy);
  t.settle();
  CHECK(last_call(t.alice).outcome == CallOutcome::busy);
}

TEST_CASE("an offer that comes too late does not ring") {
  Pair t;
  t.befriend();
  t.disconnect(t.bob);
  t.alice.client.start_call(t.alice.with(t.bob), content::CallMedia::audio, {});
  t.settle();
  t.advance(std::chrono::minutes{2});
  CHECK(last_call(t.alice).outcome == CallOutcome::failed);
  t.connect(t.bob);
  t.settle();
  CHECK(t.bob.all<event::CallSignal>().empty());
  CHECK(t.bob.all<event::CallMissed>().size() == 1);
  CHECK(last_call(t.bob).outcome == CallOutcome::missed);
}

TEST_CASE("nobody answers: after a minute it was missed") {
  Pair t;
  t.befriend();
  t.alice.client.start_call(t.alice.with(t.bob), content::CallMedia::audio, {});
  t.settle();
  CHECK(t.bob.client.next_timer() <= t.clock.now() + std::chrono::seconds{61});
  t.advance(std::chrono::seconds{61});
  CHECK(last_call(t.bob).outcome == CallOutcome::missed);
  CHECK(t.bob.all<event::CallMissed>().size() == 1);
  CHECK(t.bob.client.snapshot()->calls.missed_unseen() == 1);
}

TEST_CASE("strangers cannot ring, and unknown calls cannot be signalled") {
  Pair t;
  t.alice.client.start_call(t.alice.with(t.bob), content::CallMedia::audio, {});
  t.settle();
  CHECK(t.bob.all<event::CallSignal>().empty());
  CHECK_ERROR(t.alice.client.signal_call(t.alice.with(t.bob), CallId{}, CallSignalType::answer), Errc::not_found);
}
