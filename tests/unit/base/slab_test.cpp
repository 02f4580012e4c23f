#include <anochat/base/slab.hpp>
#include <algorithm>
#include <doctest/doctest.h>
#include <thread>
#include <utility>
#include <vector>

#include "support/check.hpp"

using namespace anochat;

TEST_CASE("slots are zero when taken, wiped when given back, and used again") {
  SecretSlab slab(32, 2);
  CHECK(slab.free_count() == 2);
  {
    SecretSlab::Slot slot = slab.take();
    CHECK(slab.free_count() == 1);
    std::fill(slot.expose().begin(), slot.expose().end(), std::uint8_t{0xee});
  }
  CHECK(slab.free_count() == 2);
  SecretSlab::Slot first = slab.take();
  SecretSlab::Slot second = slab.take();
  for (const auto& slot : {std::cref(first), std::cref(second)}) {
    const auto bytes = slot.get().expose();
    CHECK(bytes.size() == 32);
    CHECK(std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; }));
  }
  CHECK_ERROR(slab.take(), Errc::out_of_memory);
}

TEST_CASE("a slot moves and is given back once") {
  SecretSlab slab(16, 4);
  SecretSlab::Slot slot = slab.take();
  SecretSlab::Slot moved = std::move(slot);
  CHECK(slot.is_empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK_FALSE(moved.is_empty());
  CHECK(slab.free_count() == 3);
  moved = SecretSlab::Slot();
  CHECK(slab.free_count() == 4);
}

TEST_CASE("a slab refuses sizes out of range") {
  CHECK_ERROR(SecretSlab(0, 1), Errc::invalid_argument);
  CHECK_ERROR(SecretSlab(1, 0), Errc::invalid_argument);
  CHECK_ERROR(SecretSlab(65'537, 1), Errc::invalid_argument);
  CHECK_ERROR(SecretSlab(1, 65'537), Errc::invalid_argument);
}

TEST_CASE("many more secrets fit than guarded allocations could hold") {
  SecretSlab slab(32, 20'000);
  std::vector<SecretSlab::Slot> slots;
  for (int i = 0; i < 20'000; ++i) slots.push_back(slab.take());
  CHECK(slab.free_count() == 0);
}

TEST_CASE("threads share a slab") {
  SecretSlab slab(32, 64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&slab] {
      for (int i = 0; i < 1'000; ++i) {
        const SecretSlab::Slot slot = slab.take();
        slot.expose()[0] = 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(slab.free_count() == 64);
}
