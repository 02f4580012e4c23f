#include <anochat/base/clock.hpp>
#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>
#include <doctest/doctest.h>

#include "support/check.hpp"

using namespace anochat;

TEST_CASE("the system's random bytes differ from call to call") {
  SystemRandom random;
  CHECK(random.array<32>() != random.array<32>());
  random.fill({});
}

TEST_CASE("seeded random bytes repeat, and differ by seed and by call") {
  testing::SeededRandom a(1);
  testing::SeededRandom b(1);
  testing::SeededRandom c(2);
  const auto first = a.array<32>();
  CHECK(first == b.array<32>());
  CHECK(first != c.array<32>());
  CHECK(first != a.array<32>());
}

TEST_CASE("a failing source fails from the call it was told") {
  testing::FailingRandom random(2);
  static_cast<void>(random.array<8>());
  static_cast<void>(random.array<8>());
  CHECK_ERROR(random.array<8>(), Errc::random_failed);
  CHECK_ERROR(random.array<8>(), Errc::random_failed);
}

TEST_CASE("the system clock is after 2025 and the fake one moves only when told") {
  CHECK(SystemClock().now() > UnixTime{Milliseconds{1'735'689'600'000}});
  testing::FakeClock clock;
  const UnixTime start = clock.now();
  CHECK(clock.now() == start);
  clock.advance(Milliseconds{5});
  CHECK(clock.now() - start == Milliseconds{5});
}

TEST_CASE("log levels have names and the null log says nothing") {
  CHECK(name_of(LogLevel::warning) == "warning");
  NullLog log;
  log.error("test.event", {{"count", 1}});
}
