// Runs every harness under valgrind, first as it is and then with its planted leak. The first must be silent, the
// second must not: a harness that cannot hear its leak proves nothing.
#include "harness.hpp"

#include <cstdio>
#include <functional>

namespace anochat::constant_time {
namespace {

volatile unsigned sink = 0;

/// What valgrind complains about while `body` runs.
unsigned complaints(const std::function<void()>& body) {
  const auto before = static_cast<unsigned>(VALGRIND_COUNT_ERRORS);
  body();
  return static_cast<unsigned>(VALGRIND_COUNT_ERRORS) - before;
}

bool run(const std::vector<Harness>& harnesses) {
  bool is_good = true;
  for (const Harness& harness : harnesses) {
    const unsigned quiet = complaints([&] { harness.run(false); });
    const unsigned loud = complaints([&] { harness.run(true); });
    const char* const verdict = quiet != 0  ? "DEPENDS ON A SECRET"
                                : loud == 0 ? "DID NOT HEAR ITS LEAK"
                                            : "constant time";
    std::printf("%-28s %5u complaints, with the planted leak %5u: %s\n", harness.name.c_str(), quiet, loud, verdict);
    std::fflush(stdout);
    is_good = is_good && quiet == 0 && loud != 0;
  }
  return is_good;
}

}  // namespace

void leak_by_branch(ByteView secret) {
  for (const std::uint8_t byte : secret) {
    if (byte != 0x5a) break;
    sink = sink + 1;
  }
}

void leak_by_table(ByteView secret) {
  static constexpr char kLetters[] = "0123456789abcdef";
  for (const std::uint8_t byte : secret) sink = sink + static_cast<unsigned>(kLetters[byte & 15]);
}

}  // namespace anochat::constant_time

int main() {
  using namespace anochat::constant_time;
  if (RUNNING_ON_VALGRIND == 0) {
    std::puts("This program proves nothing without valgrind: valgrind --error-limit=no <program>");
    return 2;
  }
  bool is_good = run(base_harnesses());
  is_good = run(session_harnesses()) && is_good;
  is_good = run(storage_harnesses()) && is_good;
  return is_good ? 0 : 1;
}
