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
  void check_wire() const {
    for (const std::string& complaint : town.wire.complaints()) FAIL_CHECK(complaint);
  }
  /// One new session, and every text that Bob ever wrote is in the older copy's history, what it had acknowledged included.
  void check_healed() {
    CHECK(alice.active_session(bob) == bob.active_session(alice));
    CHECK(alice.active_session(bob) != old_session);
    for (const auto& [text, count] : bob.received) CHECK_MESSAGE(count == 1, text);
    const auto history = alice.history();
    for (const auto& [text, count] : history) CHECK_MESSAGE(count == 1, text);
    for (const char* when : {"before", "between"}) {
      for (int i = 0; i < 3; ++i) CHECK(history.contains(when + (" b" + std::to_string(i))));
    }
  }
  [[nodiscard]] std::size_t times_told() const { return alice.events<event::StateRolledBack>().size(); }

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
  world.check_wire();
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
  world.check_wire();
  world.check_healed();
}

TEST_CASE("without a counter outside of the store the relay's word is enough, before anything is sent") {
  OldCopy world(/*has_keychain=*/false);
  world.alice.say(world.bob, "after");  // sealed for an old session, and never sent like that
  REQUIRE(world.town.settle());
  CHECK(world.times_told() == 1);
  CHECK(world.bob.received["after"] == 1);
  CHECK(world.bob.failures() == 0);
  world.bob.say(world.alice, "answer");
  REQUIRE(world.town.settle());
  CHECK(world.alice.received["answer"] == 1);
  CHECK(world.alice.failures() == 0);
  world.check_wire();
  world.check_healed();

  SUBCASE("and it is over after that") {
    world.alice.restart();
    world.alice.say(world.bob, "later");
    world.bob.say(world.alice, "later");
    REQUIRE(world.town.settle());
    CHECK(world.times_told() == 1);
    CHECK(world.bob.received["later"] == 1);
    CHECK(world.alice.received["later"] == 1);
    world.check_wire();
  }
}

TEST_CASE("an outbox of any length is sealed anew: nothing of it is lost, or sent as it was") {
  OldCopy world(/*has_keychain=*/false);
  world.town.network.set_online(world.alice.endpoint(), false);
  std::vector<OutgoingMessage> messages;
  for (int i = 0; i < 1'100; ++i) {
    messages.push_back({world.alice.client().conversation_with(world.bob.account()), content::Text{"n" + std::to_string(i)}});
  }
  const std::vector<MessageHandle> handles = world.alice.client().send_many(messages);
  REQUIRE(world.town.network.run_for(std::chrono::hours(3)));  // the resend log was cut to its length meanwhile
  world.town.network.set_online(world.alice.endpoint(), true);
  REQUIRE(world.town.settle());
  CHECK(world.times_told() == 1);
  CHECK(world.bob.failures() == 0);
  const auto history = world.bob.history();
  for (int i = 0; i < 1'100; ++i) CHECK(history.contains("n" + std::to_string(i)));
  for (const MessageHandle message : handles) CHECK(world.alice.status(message) == storage::MessageStatus::delivered);
  world.check_wire();
}

TEST_CASE("where both know it, the keychain and the relay, the store begins anew once") {
  OldCopy world(/*has_keychain=*/true);
  REQUIRE(world.town.settle());
  world.alice.restart();
  REQUIRE(world.town.settle());
  CHECK(world.times_told() == 1);
  world.check_wire();
  world.check_healed();
}

TEST_CASE("what was received and acknowledged after the copy was made comes again from those who wrote it") {
  for (const bool has_keychain : {true, false}) {
    CAPTURE(has_keychain);
    OldCopy world(has_keychain);
    CHECK_FALSE(world.alice.history().contains("between b0"));
    REQUIRE(world.town.settle());
    world.check_healed();
    // The application hears of it as of any message.
    for (int i = 0; i < 3; ++i) CHECK(world.alice.received["between b" + std::to_string(i)] == 2);
    CHECK(world.alice.received["before b0"] == 1);
  }
}

TEST_CASE("strangers do not get prekeys whose secrets the older copy never had") {
  OldCopy world(/*has_keychain=*/false);
  REQUIRE(world.town.settle());
  for (int i = 0; i < 8; ++i) {
    Person& stranger = world.town.add();
    stranger.say(world.alice, "hello from " + std::to_string(i));
    REQUIRE(world.town.settle());
    CHECK(world.alice.received["hello from " + std::to_string(i)] == 1);
  }
  CHECK(world.alice.failures() == 0);
}

TEST_CASE("a relay that always says the store is older cannot make it begin anew for ever") {
  Town town;
  Person& alice = town.add();
  Person& bob = town.add();
  alice.say(bob, "hello");
  REQUIRE(town.settle());
  const auto meet = [&] {
    town.relay.set_generation(alice.address().encode(), kMaxGeneration);
    town.network.cut(alice.endpoint());
    static_cast<void>(town.network.run_for(std::chrono::minutes(2)));
    town.collect();
  };
  // A relay that lies with the greatest number there is says it once: then the store has come so far.
  meet();
  CHECK(alice.events<event::StateRolledBack>().size() == 1);
  meet();
  CHECK(alice.events<event::StateRolledBack>().size() == 1);

  alice.say(bob, "still here");
  REQUIRE(town.settle());
  CHECK(bob.received["still here"] == 1);
}

TEST_CASE("a relay that raises its number each time is believed three times a day, and then nothing is sent to it") {
  Town town;
  Person& alice = town.add();
  Person& bob = town.add();
  alice.say(bob, "hello");
  REQUIRE(town.settle());
  std::uint64_t number = 1'000;
  const auto meet = [&] {
    town.relay.set_generation(alice.address().encode(), number += 1'000);
    town.network.cut(alice.endpoint());
    REQUIRE(town.network.run_until([&] { return town.network.is_connected(alice.endpoint()); }, std::chrono::minutes(1)));
    static_cast<void>(town.network.run_for(std::chrono::seconds(70)));
    town.collect();
  };
  for (int i = 0; i < 3; ++i) meet();
  CHECK(alice.events<event::StateRolledBack>().size() == 3);
  const auto session = alice.active_session(bob);
  meet();
  CHECK(alice.events<event::StateRolledBack>().size() == 3);
  CHECK(alice.active_session(bob) == session);
  const auto refusals = alice.events<event::LoginRefused>();
  REQUIRE(refusals.size() >= 1);
  CHECK(refusals.back().reason == Errc::rolled_back);
  CHECK_FALSE(alice.client().is_online());
  alice.say(bob, "waits");
  static_cast<void>(town.network.run_for(std::chrono::minutes(5)));
  town.collect();
  CHECK(bob.received.count("waits") == 0);

  // Another day.
  town.clock.advance(std::chrono::hours(25));
  town.network.cut(alice.endpoint());
  REQUIRE(town.settle());
  CHECK(bob.received["waits"] == 1);
  for (const std::string& complaint : town.wire.complaints()) FAIL_CHECK(complaint);
}

TEST_CASE("a relay that has forgotten how far a store had come changes nothing") {
  Town town;
  Person& alice = town.add();
  Person& bob = town.add();
  alice.say(bob, "hello");
  REQUIRE(town.settle());
  const auto session = alice.active_session(bob);
  town.relay.set_generation(alice.address().encode(), 0);
  town.network.cut(alice.endpoint());
  alice.say(bob, "again");
  REQUIRE(town.settle());
  CHECK(alice.events<event::StateRolledBack>().empty());
  CHECK(alice.active_session(bob) == session);
  CHECK(bob.received["again"] == 1);
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
