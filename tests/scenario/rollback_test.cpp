// A store that is an older copy of itself: nothing may leave on its old sessions, and both sides heal.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>

#include "town.hpp"

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;

namespace {

/// Alice and Bob talk, Alice's store is copied, they talk on, and the copy comes back.
struct OldCopy {
  explicit OldCopy(bool has_keychain) : alice(town.add("alice", Town::default_options(), has_keychain)), bob(town.add()) {
    converse("before");
    alice.stop();
    alice.copy_store(town.folder / "backup");
    alice.start();
    converse("between");
    old_session = alice.active_session(bob);
    alice.stop();
    alice.restore_store(town.folder / "backup");
    alice.start();
  }
  void converse(const std::string& text) {
    for (int i = 0; i < 3; ++i) {
      alice.say(bob, text + " a" + std::to_string(i));
      REQUIRE(town.settle());
      bob.say(alice, text + " b" + std::to_string(i));
      REQUIRE(town.settle());
    }
  }
  void check_healed() {
    CHECK(alice.active_session(bob) == bob.active_session(alice));
    CHECK(alice.active_session(bob) != old_session);
    for (const auto* person : {&alice, &bob}) {
      for (const auto& [text, count] : person->received) CHECK_MESSAGE(count == 1, text);
    }
  }

  Town town;
  Person& alice;
  Person& bob;
  storage::Hash old_session{};
};

}  // namespace

TEST_CASE("a store restored from an older copy says so and sends nothing on its old sessions") {
  OldCopy world(/*has_keychain=*/true);
  world.alice.collect();
  const auto told = world.alice.events<event::StateRolledBack>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].sessions >= 1);

  world.alice.say(world.bob, "after");
  CHECK(world.alice.active_session(world.bob) != world.old_session);
  REQUIRE(world.town.settle());
  CHECK(world.bob.received["after"] == 1);
  for (const std::string& complaint : world.town.wire.complaints()) FAIL_CHECK(complaint);

  SUBCASE("one round trip later all is well") {
    world.bob.say(world.alice, "answer");
    REQUIRE(world.town.settle());
    CHECK(world.alice.received["answer"] == 1);
    CHECK(world.bob.failures() == 0);
    world.check_healed();
    SUBCASE("and stays so after a restart") {
      world.alice.restart();
      world.alice.collect();
      CHECK(world.alice.events<event::StateRolledBack>().size() == 1);
      world.alice.say(world.bob, "later");
      REQUIRE(world.town.settle());
      CHECK(world.bob.received["later"] == 1);
      CHECK(world.bob.failures() == 0);
    }
  }
}

TEST_CASE("when the other side writes first, its message arrives as well") {
  OldCopy world(/*has_keychain=*/true);
  world.bob.say(world.alice, "first");
  REQUIRE(world.town.settle());
  CHECK(world.alice.received["first"] == 1);
  world.alice.say(world.bob, "answer");
  REQUIRE(world.town.settle());
  CHECK(world.bob.received["answer"] == 1);
  for (const std::string& complaint : world.town.wire.complaints()) FAIL_CHECK(complaint);
  world.check_healed();
}

TEST_CASE("both write at once to a restored store, over a bad network") {
  OldCopy world(/*has_keychain=*/true);
  world.town.network.set_conditions({.mode = LinkMode::hostile, .loss = 0.3, .duplication = 0.2, .reordering = 0.2});
  for (int i = 0; i < 5; ++i) {
    world.alice.say(world.bob, "x" + std::to_string(i));
    world.bob.say(world.alice, "y" + std::to_string(i));
  }
  REQUIRE(world.town.settle());
  for (int i = 0; i < 5; ++i) {
    CHECK(world.bob.received["x" + std::to_string(i)] == 1);
    CHECK(world.alice.received["y" + std::to_string(i)] == 1);
  }
  for (const std::string& complaint : world.town.wire.complaints()) FAIL_CHECK(complaint);
  world.check_healed();
}

TEST_CASE("even without a counter outside of the store, what an old copy sends arrives within hours") {
  OldCopy world(/*has_keychain=*/false);
  world.alice.say(world.bob, "after");
  REQUIRE(world.town.settle());
  CHECK(world.bob.failures() >= 1);
  world.bob.say(world.alice, "answer");
  // The first request goes over the session that does not work. The next one, an hour later, begins a new one.
  REQUIRE(world.town.network.run_for(std::chrono::hours(4)));
  world.town.collect();
  CHECK(world.bob.received["after"] == 1);
  CHECK(world.alice.received["answer"] == 1);
  world.alice.say(world.bob, "later");
  world.bob.say(world.alice, "later");
  REQUIRE(world.town.settle());
  CHECK(world.bob.received["later"] == 1);
  CHECK(world.alice.received["later"] == 1);
}

TEST_CASE("an older copy is refused unless it is asked for") {
  OldCopy world(/*has_keychain=*/true);
  world.alice.stop();
  world.alice.restore_store(world.town.folder / "backup");
  KeychainHooks hooks{.load_key =
                          [] {
                            StoreKey key;
                            for (std::uint8_t& byte : key.expose_mutable()) byte = 0x5a;
                            return key;
                          },
                      .load_counter = [] { return std::optional<std::uint64_t>(1'000'000); },
                      .save_counter = [](std::uint64_t) {}};
  CallbackKey key(std::move(hooks));
  try {
    static_cast<void>(Store::open(world.town.folder / "alice" / "store", key));
    FAIL("opened");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::rolled_back);
  }
  world.alice.start();
}
