#include <anochat/net/back_off.hpp>
#include <anochat/testing/random.hpp>

#include "support/check.hpp"

#include <set>
#include <vector>

using namespace anochat;
using namespace anochat::testing;
using std::chrono::milliseconds;

TEST_CASE("pauses double from the first to the longest, and each is between one half and the whole") {
  SeededRandom random(1);
  BackOff back_off({milliseconds(100), milliseconds(1'000)}, random);
  for (const int whole : {100, 200, 400, 800, 1'000, 1'000, 1'000}) {
    const milliseconds pause = back_off.next();
    CHECK(pause >= milliseconds(whole / 2));
    CHECK(pause <= milliseconds(whole));
  }
  back_off.reset();
  CHECK(back_off.next() <= milliseconds(100));
}

TEST_CASE("clients that were cut off together do not come back together") {
  std::set<milliseconds::rep> first;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SeededRandom random(seed);
    first.insert(BackOff({milliseconds(10'000), milliseconds(60'000)}, random).next().count());
  }
  CHECK(first.size() > 180);
  CHECK(*first.rbegin() - *first.begin() > 4'000);  // they spread over the whole half
}

TEST_CASE("one seed gives one row of pauses") {
  std::vector<milliseconds> rows[2];
  for (auto& row : rows) {
    SeededRandom random(7);
    BackOff back_off({}, random);
    for (int i = 0; i < 10; ++i) row.push_back(back_off.next());
  }
  CHECK(rows[0] == rows[1]);
}

TEST_CASE("a time that the other side names is honoured, jittered, within our own limit") {
  SeededRandom random(3);
  BackOff back_off({milliseconds(10), milliseconds(60'000)}, random);
  for (int i = 0; i < 20; ++i) {
    back_off.reset();
    const milliseconds pause = back_off.not_before(milliseconds(5'000));
    CHECK(pause >= milliseconds(5'000));
    CHECK(pause <= milliseconds(10'000));
  }
  CHECK(back_off.not_before(milliseconds::max()) <= milliseconds(120'000));
  CHECK(back_off.not_before(milliseconds(-5)) >= milliseconds(0));
  CHECK(back_off.longest() >= milliseconds(30'000));
}

TEST_CASE("options that make no sense are refused") {
  SeededRandom random(3);
  CHECK_ERROR(BackOff({milliseconds(0), milliseconds(10)}, random), Errc::invalid_argument);
  CHECK_ERROR(BackOff({milliseconds(10), milliseconds(9)}, random), Errc::invalid_argument);
  CHECK_ERROR(BackOff({milliseconds(10), milliseconds::max()}, random), Errc::invalid_argument);
}
