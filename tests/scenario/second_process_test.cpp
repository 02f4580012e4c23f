// Two processes and one store: the second is refused at once, every time, and harms nothing.
#include <doctest/doctest.h>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "town.hpp"

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;

namespace {

constexpr int kIntruders = 4;
constexpr int kAttempts = 250;

/// What an intruder saw.
struct Report {
  int refused = 0;
  int opened = 0;
  int other = 0;
  long longest_us = 0;
};

Report intrude(const std::filesystem::path& path) {
  Report report;
  for (int i = 0; i < kAttempts; ++i) {
    const auto start = std::chrono::steady_clock::now();
    RawKey key = store_key();
    try {
      const Store store = Store::open(path, key);
      ++report.opened;
    } catch (const Error& error) {
      ++(error.code() == Errc::store_busy ? report.refused : report.other);
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    report.longest_us = std::max<long>(report.longest_us, took.count());
    ::usleep(1'000);  // so that they meet many writes
  }
  return report;
}

/// A process that was there before the store was opened, so that it shares nothing with the one that opens it.
class Intruder {
 public:
  explicit Intruder(const std::filesystem::path& path) {
    REQUIRE(::pipe(go_.data()) == 0);
    REQUIRE(::pipe(done_.data()) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ > 0) return;
    char start = 0;
    if (::read(go_[0], &start, 1) != 1) ::_exit(1);
    const Report report = intrude(path);
    ::_exit(::write(done_[1], &report, sizeof report) == sizeof report ? 0 : 1);
  }
  void start() const { REQUIRE(::write(go_[1], "x", 1) == 1); }
  Report wait() const {
    Report report;
    REQUIRE(::read(done_[0], &report, sizeof report) == sizeof report);
    int status = 0;
    ::waitpid(child_, &status, 0);
    CHECK(status == 0);
    return report;
  }
  bool is_done() const {
    pollfd poll{done_[0], POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
  }

 private:
  std::array<int, 2> go_{};
  std::array<int, 2> done_{};
  pid_t child_ = 0;
};

}  // namespace

TEST_CASE("a second process on the same store is refused 1,000 times under load, and harms nothing") {
  Town town;
  std::vector<Intruder> intruders;
  for (int i = 0; i < kIntruders; ++i) intruders.emplace_back(town.folder / "alice" / "store");
  Person& alice = town.add("alice", Town::default_options(), /*has_keychain=*/false);
  Person& bob = town.add();
  alice.say(bob, "0");
  REQUIRE(town.settle());

  for (const Intruder& intruder : intruders) intruder.start();
  int written = 1;
  const auto is_over = [&] {
    return std::all_of(intruders.begin(), intruders.end(), [](const Intruder& intruder) { return intruder.is_done(); });
  };
  do {
    alice.say(bob, std::to_string(written++));
    REQUIRE(town.settle());
  } while (!is_over() && written < 500);

  Report total;
  for (const Intruder& intruder : intruders) {
    const Report report = intruder.wait();
    total.refused += report.refused;
    total.opened += report.opened;
    total.other += report.other;
    total.longest_us = std::max(total.longest_us, report.longest_us);
  }
  CHECK(total.refused == kIntruders * kAttempts);
  CHECK(total.opened == 0);
  CHECK(total.other == 0);
  MESSAGE("written meanwhile: " << written << "; longest refusal: " << total.longest_us << " us");

  alice.restart();
  alice.say(bob, "after");
  REQUIRE(town.settle());
  CHECK(bob.received.size() == static_cast<std::size_t>(written) + 1);
  CHECK(bob.failures() == 0);
  CHECK(alice.client().store().check(storage::CheckDepth::full).is_good());
}
