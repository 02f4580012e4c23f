// Typing and presence.
#include <doctest/doctest.h>

#include "world.hpp"

using namespace anochat;
using namespace anochat::client::tests;

TEST_CASE("typing is told at once, not too often, and ends by itself") {
  Pair t;
  t.befriend();
  t.alice.client.set_typing(t.alice.with(t.bob), true);
  t.alice.client.set_typing(t.alice.with(t.bob), true);
  t.settle();
  CHECK(t.relay.counters().signals == 1);
  auto typing = t.bob.all<event::Typing>();
  REQUIRE(typing.size() == 1);
  CHECK(typing[0].is_typing);
  CHECK(typing[0].account == t.alice.id());
  CHECK(t.bob.client.next_timer() <= t.clock.now() + std::chrono::seconds{15});
  t.advance(std::chrono::seconds{16});
  typing = t.bob.all<event::Typing>();
  REQUIRE(typing.size() == 2);
  CHECK_FALSE(typing[1].is_typing);
}

TEST_CASE("who sends has stopped typing") {
  Pair t;
  t.befriend();
  t.alice.client.set_typing(t.alice.with(t.bob), true);
  t.settle();
  t.alice.client.send_text(t.alice.with(t.bob), "done");
  t.settle();
  REQUIRE(t.bob.all<event::Typing>().size() == 2);
  CHECK_FALSE(t.bob.all<event::Typing>()[1].is_typing);
}

TEST_CASE("stopping is told when typing was") {
  Pair t;
  t.befriend();
  t.alice.client.set_typing(t.alice.with(t.bob), false);
  t.settle();
  CHECK(t.relay.counters().signals == 0);
  t.alice.client.set_typing(t.alice.with(t.bob), true);
  t.settle();
  t.clock.advance(Milliseconds{1});
  t.alice.client.set_typing(t.alice.with(t.bob), false);
  t.settle();
  CHECK(t.bob.all<event::Typing>().size() == 2);
}

TEST_CASE("presence goes to those who were let in, and to nobody else") {
  Pair t;
  t.alice.client.send_text(t.alice.with(t.bob), "hello");
  t.settle();
  t.bob.client.set_presence(content::PresenceStatus::online);
  t.alice.client.set_presence(content::PresenceStatus::online);
  t.settle();
  CHECK(t.alice.all<event::Presence>().empty());
  CHECK(t.bob.all<event::Presence>().empty());  // bob has not let alice in
  t.bob.client.allow(t.alice.id());
  t.settle();
  t.clock.advance(Milliseconds{1});
  t.bob.client.set_presence(content::PresenceStatus::away);
  t.settle();
  REQUIRE(t.alice.all<event::Presence>().size() == 1);
  CHECK(t.alice.all<event::Presence>()[0].status == content::PresenceStatus::away);
  CHECK(t.alice.all<event::Presence>()[0].last_seen.has_value());
}

TEST_CASE("signals are not stored anywhere") {
  Pair t;
  t.befriend();
  t.disconnect(t.bob);
  const auto before = t.alice.client.stats();
  t.alice.client.set_typing(t.alice.with(t.bob), true);
  t.settle();
  CHECK(t.relay.waiting() == 0);
  CHECK(t.alice.client.stats().outbox == before.outbox);
  CHECK(t.relay.counters().signals_dropped == 1);
}
