// One process, thrown out at every place where a client touches its world, and opened again from its file.
#include <doctest/doctest.h>

#include <string>

#include "town.hpp"

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;

namespace {

/// What one run did before and after the crash.
struct Outcome {
  bool crashed = false;
  bool has_struck = false;
  std::uint64_t visits = 0;
};

/// Runs `body`, and when the person is thrown out of its process, starts it again.
template <class Body>
bool survive(Person& who, Body body) {
  try {
    body();
    return false;
  } catch (const Crash&) {
    who.stop();
    who.start();
    return true;
  } catch (const Error&) {
    return true;  // it struck below SQLite, which takes it for a failing disk: the process lives, and goes on
  }
}

/// Alice and Bob exchange a few messages; `who` crashes at visit number `visit` of its crash points.
Outcome converse_with_crash(bool is_sender, std::uint64_t visit) {
  Town town({}, visit + 1);
  Person& alice = town.add(is_sender ? "alice" : "");
  Person& bob = town.add(is_sender ? "" : "bob");
  Person& victim = is_sender ? alice : bob;
  REQUIRE(town.settle());
  const std::uint64_t before = victim.points().total();
  victim.points().arm("", visit, CrashAction::leave);
  Outcome outcome;
  std::map<std::string, int> from_alice;
  std::map<std::string, int> from_bob;
  std::map<std::string, int> unsure;
  const auto say = [&](Person& from, Person& to, const std::string& text, auto& expected) {
    const bool crashed = survive(from, [&] { from.say(to, text); });
    outcome.crashed |= crashed;
    (crashed ? unsure : expected)[text] = 1;
  };
  const auto run = [&] {
    const bool crashed = survive(victim, [&] { town.network.run_until_quiet(); });
    outcome.crashed |= crashed;
    if (crashed) REQUIRE(town.network.run_until_quiet());
  };
  say(alice, bob, "a0", from_alice);
  run();
  say(bob, alice, "b0", from_bob);
  say(alice, bob, "a1", from_alice);
  run();
  say(bob, alice, "b1", from_bob);
  run();
  outcome.has_struck = !victim.points().is_armed();
  victim.points().disarm();
  REQUIRE(town.settle());

  const auto check = [&](const Person& to, std::map<std::string, int> expected, char from) {
    std::map<std::string, int> stored = to.history();
    for (const auto& [text, count] : unsure) {  // send() did not return: the message may be there, once, or not
      if (text[0] == from && stored.contains(text)) expected[text] = 1;
    }
    CHECK(stored == expected);
    CHECK(to.failures() == 0);
  };
  check(bob, from_alice, 'a');
  check(alice, from_bob, 'b');
  for (const std::string& complaint : town.wire.complaints()) FAIL_CHECK(complaint);
  outcome.visits = victim.points().total() - before;
  return outcome;
}

void crash_everywhere(bool is_sender) {
  std::uint64_t crashes = 0;
  for (std::uint64_t visit = 1;; ++visit) {
    CAPTURE(visit);
    const Outcome outcome = converse_with_crash(is_sender, visit);
    if (!outcome.has_struck) break;
    ++crashes;
  }
  CHECK(crashes >= 15);  // every look at the clock, draw and call of the conversation had its turn; files: crash_places.cpp
}

}  // namespace

TEST_CASE("a sender that is thrown out at any point loses no message, repeats none and uses no key twice") {
  crash_everywhere(/*is_sender=*/true);
}

TEST_CASE("a receiver that is thrown out at any point loses no message, repeats none and uses no key twice") {
  crash_everywhere(/*is_sender=*/false);
}
