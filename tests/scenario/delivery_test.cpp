// Two people and bad networks: every message reaches the application exactly once.
#include <doctest/doctest.h>

#include <chrono>

#include "town.hpp"

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;

namespace {

const LinkConditions kGood{};
const LinkConditions kLossy{.loss = 0.3};
const LinkConditions kHostile{.mode = LinkMode::hostile, .loss = 0.3, .duplication = 0.2, .reordering = 0.2};

std::string text_of(char who, int number) { return std::string(1, who) + std::to_string(number); }

/// Everything that `from` wrote is announced once and stored once at `to`, and nothing else.
void check_received(const Person& to, char from, int count) {
  std::map<std::string, int> expected;
  for (int i = 0; i < count; ++i) expected[text_of(from, i)] = 1;
  CHECK(to.missing(expected) == "");
}

void check_wire(const Town& town) {
  for (const std::string& complaint : town.wire.complaints()) FAIL_CHECK(complaint);
}

/// Both write `count` messages, a few at a time.
void converse(Town& town, int count) {
  Person& alice = town.add();
  Person& bob = town.add();
  for (int i = 0; i < count; ++i) {
    alice.say(bob, text_of('a', i));
    bob.say(alice, text_of('b', i));
    if (i % 3 == 0) town.network.run_for(Milliseconds{static_cast<int>(pick(town.network_random, 3'000))});
  }
  REQUIRE(town.settle());
  check_received(bob, 'a', count);
  check_received(alice, 'b', count);
  check_wire(town);
  CHECK(town.relay.waiting() == 0);
}

}  // namespace

TEST_CASE("on a good network two people read each other, in order and once") {
  Town town(kGood);
  converse(town, 60);
  for (const auto& person : town.people) {
    CHECK(person->received_in_order.size() == 60);
    for (int i = 0; i < 60; ++i) CHECK(person->received_in_order.at(static_cast<std::size_t>(i)).substr(1) == std::to_string(i));
  }
}

TEST_CASE("with 30 % of the frames lost and the connection with them, nothing is missing") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    Town town(kLossy, seed);
    converse(town, 40);
  }
}

TEST_CASE("with frames lost, repeated and overtaken one by one, nothing is missing or doubled") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    Town town(kHostile, seed);
    converse(town, 40);
    CHECK(town.network.counters().duplicated > 0);
    CHECK(town.network.counters().reordered > 0);
  }
}

TEST_CASE("a message moves from queued to sent to delivered to read") {
  Town town;
  Person& alice = town.add();
  Person& bob = town.add();
  const MessageHandle message = alice.say(bob, "hello");
  CHECK(alice.status(message) == storage::MessageStatus::queued);
  REQUIRE(town.settle());
  CHECK(alice.status(message) == storage::MessageStatus::delivered);
  const auto conversation = bob.client().conversation_with(alice.account());
  bob.client().mark_read(conversation, bob.client().latest(conversation).items.back().id);
  REQUIRE(town.settle());
  CHECK(alice.status(message) == storage::MessageStatus::read);
}

TEST_CASE("messages written offline wait, in the store and at the relay") {
  Town town;
  Person& alice = town.add("alice");
  Person& bob = town.add("bob");
  REQUIRE(town.settle());
  town.network.set_online(alice.endpoint(), false);
  town.network.set_online(bob.endpoint(), false);
  for (int i = 0; i < 10; ++i) alice.say(bob, text_of('a', i));
  alice.restart();
  REQUIRE(town.settle());
  CHECK(bob.received.empty());
  town.network.set_online(alice.endpoint(), true);
  REQUIRE(town.settle());
  CHECK(bob.received.empty());
  town.network.set_online(bob.endpoint(), true);
  REQUIRE(town.settle());
  check_received(bob, 'a', 10);
  check_wire(town);
}

TEST_CASE("partitions of minutes and hours lose nothing") {
  Town town(kLossy, 5);
  for (int i = 0; i < 6; ++i) town.add();
  REQUIRE(town.settle());
  std::map<Person*, std::map<std::string, int>> expected;
  int number = 0;
  for (int round = 0; round < 15; ++round) {
    for (const auto& person : town.people) {
      if (pick(town.network_random, 3) == 0) {
        town.network.black_hole(person->endpoint(), std::chrono::seconds(1 + pick(town.network_random, 4'000)));
      }
      Person& to = *town.people[pick(town.network_random, town.people.size())];
      if (&to == person.get()) continue;
      const std::string text = "m" + std::to_string(number++);
      person->say(to, text);
      expected[&to][text] = 1;
    }
    town.network.run_for(std::chrono::seconds(pick(town.network_random, 600)));
  }
  REQUIRE(town.settle());
  for (const auto& person : town.people) {
    CHECK(person->missing(expected[person.get()]) == "");
  }
  check_wire(town);
}

TEST_CASE("orderly restarts in the middle of everything lose and repeat nothing") {
  Town town(kLossy, 9);
  Person& alice = town.add("alice");
  Person& bob = town.add("bob");
  for (int i = 0; i < 30; ++i) {
    alice.say(bob, text_of('a', i));
    bob.say(alice, text_of('b', i));
    town.network.run_for(Milliseconds{static_cast<int>(pick(town.network_random, 800))});
    town.collect();
    Person& who = i % 2 == 0 ? alice : bob;
    if (i % 3 == 0) who.restart();
  }
  REQUIRE(town.settle());
  check_received(bob, 'a', 30);
  check_received(alice, 'b', 30);
  check_wire(town);
}
