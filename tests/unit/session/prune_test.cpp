// prunable() says how much room prune() needs, before anything has changed: prune() must not allocate.
#include "session/ec_ratchet.hpp"
#include "session/pq_ratchet.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using namespace anochat::session;

namespace {

constexpr std::chrono::sys_seconds kThen{std::chrono::days(1'000)};

template <class Ratchet>
Ratchet with_skipped(std::size_t committed, std::size_t appended = 0) {
  Ratchet ratchet;
  std::uint32_t n = 0;
  for (const std::size_t count : {committed, appended}) {
    ratchet.skipped.commit();
    ratchet.skipped.begin();
    for (std::size_t i = 0; i < count; ++i) ratchet.skipped.append({.chain = 1, .n = n++, .since = kThen, .key = {}});
  }
  return ratchet;
}

template <class Ratchet>
std::size_t pruned(Ratchet& ratchet, std::chrono::sys_seconds now) {
  ratchet.skipped.commit();
  std::size_t removed = 0;
  ratchet.prune(now, [&removed](const auto& /*entry*/) { ++removed; });
  return removed;
}

}  // namespace

TEST_CASE_TEMPLATE("room is made for every skipped key when there are too many", Ratchet, EcRatchet, PqRatchet) {
  auto full = with_skipped<Ratchet>(kMaxSkippedKeys - 2, 2);
  CHECK(full.prunable(kThen) == 0);
  CHECK(pruned(full, kThen) == 0);
  auto over = with_skipped<Ratchet>(kMaxSkippedKeys - 2, 3);
  CHECK(over.prunable(kThen) == kMaxSkippedKeys + 1);
  CHECK(pruned(over, kThen) == 1);
}

TEST_CASE_TEMPLATE("room is made for every skipped key when one is too old", Ratchet, EcRatchet, PqRatchet) {
  auto ratchet = with_skipped<Ratchet>(3);
  CHECK(ratchet.prunable(kThen + kSkippedKeyLifetime) == 0);
  CHECK(pruned(ratchet, kThen + kSkippedKeyLifetime) == 0);
  const auto late = kThen + kSkippedKeyLifetime + std::chrono::seconds(1);
  CHECK(ratchet.prunable(late) == 3);
  CHECK(pruned(ratchet, late) == 3);
}

TEST_CASE("room is made for every skipped key when one more chain is one too many") {
  EcRatchet ratchet = with_skipped<EcRatchet>(3, 1);
  for (std::uint64_t id = 1; id < kMaxSkippedChains; ++id) ratchet.kept.push_back({.id = id, .header_key = {}});
  CHECK(ratchet.prunable(kThen) == 0);
  ratchet.kept.push_back({.id = kMaxSkippedChains, .header_key = {}});
  CHECK(ratchet.prunable(kThen) == 4);
  CHECK(pruned(ratchet, kThen) == 0);
  ratchet.kept.push_back({.id = kMaxSkippedChains + 1, .header_key = {}});  // what the commit of a message adds
  CHECK(pruned(ratchet, kThen) == 4);
}
