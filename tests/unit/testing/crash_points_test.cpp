#include <anochat/testing/clock.hpp>
#include <anochat/testing/crash_points.hpp>
#include <anochat/testing/random.hpp>
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace anochat;
using namespace anochat::testing;

TEST_CASE("an armed point strikes at the visit that was asked for, once") {
  CrashPoints points;
  points.reach("commit");
  points.arm("commit", 2, CrashAction::leave);
  points.reach("commit");
  points.reach("other");
  CHECK_THROWS_AS(points.reach("commit"), Crash);
  CHECK_FALSE(points.is_armed());
  points.reach("commit");
  CHECK(points.visits().at("commit") == 4);
  CHECK(points.total() == 5);
}

TEST_CASE("with no name, any point counts") {
  CrashPoints points;
  points.arm("", 2, CrashAction::leave);
  points.reach("one");
  try {
    points.reach("two");
    FAIL("no crash");
  } catch (const Crash& crash) {
    CHECK(crash.point == "two");
  }
}

TEST_CASE("a disarmed point does nothing") {
  CrashPoints points;
  points.arm("one", 1, CrashAction::leave);
  points.disarm();
  CHECK_NOTHROW(points.reach("one"));
}

TEST_CASE("the doubles pass everything through and crash before they draw or look") {
  CrashPoints points;
  SeededRandom same(3);
  SeededRandom source(3);
  CrashingRandom random(source, points);
  const FakeClock fake;
  const CrashingClock clock(fake, points);
  CHECK(random.array<8>() == same.array<8>());
  CHECK(clock.now() == fake.now());
  points.arm("random", 1, CrashAction::leave);
  CHECK(clock.now() == fake.now());
  CHECK_THROWS_AS(static_cast<void>(random.array<8>()), Crash);
  CHECK(random.array<8>() == same.array<8>());
}

TEST_CASE("a killed process is killed by SIGKILL and runs nothing more") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    CrashPoints points;
    points.arm("here", 1, CrashAction::kill);
    points.reach("here");
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
}
