// Sessions between two people: how they begin, and that both end up with the same one.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include "town.hpp"

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;

namespace {

const LinkConditions kHostile{.mode = LinkMode::hostile, .loss = 0.3, .duplication = 0.2, .reordering = 0.2};

void check_converged(const Person& alice, const Person& bob) {
  CHECK(alice.active_session(bob) != storage::Hash{});
  CHECK(alice.active_session(bob) == bob.active_session(alice));
}

}  // namespace

TEST_CASE("two who write first at the same time end up with one session, and read everything") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    Town town(seed % 2 == 0 ? kHostile : LinkConditions{}, seed);
    Person& alice = town.add();
    Person& bob = town.add();
    REQUIRE(town.settle());
    alice.say(bob, "a0");
    alice.say(bob, "a1");
    bob.say(alice, "b0");
    REQUIRE(town.settle());
    alice.say(bob, "a2");
    bob.say(alice, "b1");
    REQUIRE(town.settle());
    // One more round trip: after it both have heard the other use the winner.
    alice.say(bob, "a3");
    REQUIRE(town.settle());
    CHECK(bob.missing({{"a0", 1}, {"a1", 1}, {"a2", 1}, {"a3", 1}}) == "");
    CHECK(alice.missing({{"b0", 1}, {"b1", 1}}) == "");
    check_converged(alice, bob);
  }
}

TEST_CASE("many who write to one another first, all at once, converge pair by pair") {
  Town town(kHostile, 77);
  constexpr std::size_t kPeople = 8;
  for (std::size_t i = 0; i < kPeople; ++i) town.add();
  REQUIRE(town.settle());
  for (int round = 0; round < 3; ++round) {
    for (const auto& from : town.people) {
      for (const auto& to : town.people) {
        if (from != to) from->say(*to, "r" + std::to_string(round));
      }
    }
    REQUIRE(town.settle());
  }
  for (const auto& from : town.people) {
    CHECK(from->missing({{"r0", 7}, {"r1", 7}, {"r2", 7}}) == "");
    for (const auto& to : town.people) {
      if (from != to) check_converged(*from, *to);
    }
  }
}

TEST_CASE("when one-time prekeys have run out, sessions begin with the flag, and without it after the next supply") {
  Town town;
  Person& bob = town.add();
  Person& early = town.add();
  Person& late = town.add();
  REQUIRE(town.settle());
  town.network.set_online(bob.endpoint(), false);
  town.relay.drain_prekeys(bob.address().encode());

  early.say(bob, "early");
  REQUIRE(town.settle());
  const auto told = early.events<event::ReducedForwardSecrecy>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].device == bob.address());
  CHECK_FALSE(told[0].is_own_supply);
  CHECK(town.relay.counters().last_resort_used == 1);

  town.network.set_online(bob.endpoint(), true);
  REQUIRE(town.settle());
  CHECK(bob.received == std::map<std::string, int>{{"early", 1}});
  const auto own = bob.events<event::ReducedForwardSecrecy>();
  REQUIRE(own.size() == 1);
  CHECK(own[0].device == early.address());
  CHECK(own[0].is_own_supply);

  late.say(bob, "late");
  REQUIRE(town.settle());
  CHECK(bob.received.at("late") == 1);
  CHECK(late.events<event::ReducedForwardSecrecy>().empty());
  CHECK(bob.events<event::ReducedForwardSecrecy>().size() == 1);
  CHECK(town.relay.counters().last_resort_used == 1);
}

TEST_CASE("more strangers than prekeys all get through") {
  Town town({.loss = 0.1}, 3);
  Person& bob = town.add();
  REQUIRE(town.settle());
  town.network.set_online(bob.endpoint(), false);
  for (int i = 0; i < 12; ++i) town.add().say(bob, "s" + std::to_string(i));
  REQUIRE(town.settle());
  CHECK(town.relay.counters().last_resort_used > 0);
  town.network.set_online(bob.endpoint(), true);
  REQUIRE(town.settle());
  CHECK(bob.received.size() == 12);
  CHECK(std::all_of(bob.received.begin(), bob.received.end(), [](const auto& entry) { return entry.second == 1; }));
  CHECK(bob.failures() == 0);
}

TEST_CASE("an account whose device list is there before its prekeys is asked for again") {
  Town town;
  Person& bob = town.add();
  REQUIRE(town.settle());
  town.relay.forget_prekeys(bob.address().encode());  // as before they came
  town.network.set_online(bob.endpoint(), false);
  Person& alice = town.add();
  alice.say(bob, "first");
  REQUIRE(town.network.run_for(std::chrono::minutes(12)));
  const auto fetches = town.relay.counters().fetch_frames;
  CHECK(fetches >= 3);
}
