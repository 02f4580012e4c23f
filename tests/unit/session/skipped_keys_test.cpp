#include "session/skipped_keys.hpp"

#include "session/keys.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <utility>
#include <vector>

using namespace anochat;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

using Keys = session::SkippedKeys<session::EcMessageKey>;

session::EcMessageKey key_of(std::uint64_t chain, std::uint32_t n) {
  session::EcMessageKey key;
  key.expose_mutable()[0] = static_cast<std::uint8_t>(chain);
  key.expose_mutable()[1] = static_cast<std::uint8_t>(n);
  return key;
}

void append(Keys& keys, std::uint64_t chain, std::uint32_t n, int when = 0) {
  keys.append({chain, n, sys_seconds(seconds(when)), key_of(chain, n)});
}

std::vector<std::pair<std::uint64_t, std::uint32_t>> all(const Keys& keys) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> found;
  keys.for_each([&](const auto& entry) { found.emplace_back(entry.chain, entry.n); });
  return found;
}

}  // namespace

TEST_CASE("what was appended is found after commit and not before") {
  Keys keys;
  keys.begin();
  append(keys, 1, 5);
  CHECK(keys.appended() == 1);
  CHECK_FALSE(keys.find(1, 5));
  CHECK(keys.size() == 0);
  keys.commit();
  REQUIRE(keys.find(1, 5));
  CHECK(keys.peek(*keys.find(1, 5)).key.expose()[1] == 5);
  CHECK(keys.size() == 1);
  CHECK(keys.appended() == 0);
}

TEST_CASE("what was appended and rolled back is gone") {
  Keys keys;
  keys.begin();
  append(keys, 1, 5);
  keys.commit();
  keys.begin();
  append(keys, 1, 6);
  append(keys, 2, 0);
  keys.roll_back();
  CHECK(all(keys) == std::vector<std::pair<std::uint64_t, std::uint32_t>>{{1, 5}});
  CHECK_FALSE(keys.find(1, 6));
}

TEST_CASE("a taken key is wiped and cannot be found again") {
  Keys keys;
  keys.begin();
  for (std::uint32_t n = 1; n < 4; ++n) append(keys, 1, n);
  keys.commit();
  const std::size_t place = *keys.find(1, 2);
  keys.take(place);
  CHECK(keys.peek(place).key.expose()[1] == 0);
  CHECK_FALSE(keys.find(1, 2));
  CHECK(keys.find(1, 1));
  CHECK(keys.find(1, 3));
  CHECK(keys.size() == 2);
}

TEST_CASE("gaps are closed once they outnumber the keys by 64") {
  Keys keys;
  keys.begin();
  for (std::uint32_t n = 0; n < 200; ++n) append(keys, 1, n);
  keys.commit();
  for (std::uint32_t n = 0; n < 132; ++n) keys.take(*keys.find(1, n));
  CHECK(keys.find(1, 199) == 199);  // 68 keys between 132 gaps
  keys.take(*keys.find(1, 132));
  CHECK(keys.find(1, 199) == 66);
  CHECK(keys.size() == 67);
}

TEST_CASE("late keys of an earlier chain are found too") {
  Keys keys;
  keys.begin();
  append(keys, 5, 1);
  append(keys, 5, 2);
  keys.commit();
  keys.begin();
  append(keys, 4, 9);
  keys.commit();
  CHECK(all(keys) == std::vector<std::pair<std::uint64_t, std::uint32_t>>{{4, 9}, {5, 1}, {5, 2}});
  CHECK(keys.find(4, 9));
  CHECK(keys.find(5, 2));
}

TEST_CASE("eviction takes the first, the old and the named ones, and reports each") {
  Keys keys;
  keys.begin();
  for (std::uint32_t n = 0; n < 6; ++n) append(keys, 1, n, n == 3 ? 10 : 100);
  append(keys, 2, 0, 100);
  keys.commit();
  CHECK_FALSE(keys.needs_eviction(7, sys_seconds(seconds(10))));
  CHECK(keys.needs_eviction(6, sys_seconds(seconds(10))));
  CHECK(keys.needs_eviction(7, sys_seconds(seconds(11))));
  std::vector<std::uint32_t> removed;
  keys.evict(
      5, sys_seconds(seconds(11)), [](const auto& entry) { return entry.n == 5; },
      [&](const auto& entry) { removed.push_back(entry.n); });
  CHECK(removed == std::vector<std::uint32_t>{0, 1, 3, 5});
  CHECK(all(keys) == std::vector<std::pair<std::uint64_t, std::uint32_t>>{{1, 2}, {1, 4}, {2, 0}});
  CHECK_FALSE(keys.needs_eviction(3, sys_seconds(seconds(100))));
}

TEST_CASE("a long run of appending, taking and evicting agrees with a map") {
  std::mt19937_64 choose(3);
  Keys keys;
  std::map<std::pair<std::uint64_t, std::uint32_t>, int> model;
  std::uint64_t chain = 0;
  std::uint32_t next = 0;
  for (int step = 0; step < 4'000; ++step) {
    const auto what = choose() % 10;
    if (what < 3) {
      if (choose() % 8 == 0) {
        ++chain;
        next = 0;
      }
      const auto count = choose() % 20;
      const bool is_kept = choose() % 3 != 0;
      keys.begin();
      for (std::uint64_t i = 0; i < count; ++i) {
        append(keys, chain, next, step);
        if (is_kept) model[{chain, next}] = step;
        ++next;
      }
      is_kept ? keys.commit() : keys.roll_back();
    } else if (what < 9 && !model.empty()) {
      auto chosen = model.begin();
      std::advance(chosen, static_cast<std::ptrdiff_t>(choose() % model.size()));
      const auto place = keys.find(chosen->first.first, chosen->first.second);
      REQUIRE(place);
      keys.take(*place);
      model.erase(chosen);
    } else {
      const sys_seconds horizon(seconds(step - 500));
      keys.evict(
          60, horizon, [](const auto&) { return false; },
          [&](const auto& entry) {
            CHECK(model.erase({entry.chain, entry.n}) == 1);
          });
      CHECK(model.size() <= 60);
      for (const auto& [id, when] : model) CHECK(when >= step - 500);
    }
    REQUIRE(keys.size() == model.size());
  }
  for (const auto& [id, when] : model) CHECK(keys.find(id.first, id.second));
  CHECK(all(keys).size() == model.size());
}
