// Counts heap allocations and draws of randomness. A program of its own, because it replaces operator new and delete.
#include "support/check.hpp"
#include "support/parties.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {

std::size_t allocations = 0;

void* allocate(std::size_t size) {
  ++allocations;
  if (void* pointer = std::malloc(size == 0 ? 1 : size)) return pointer;  // NOLINT(cppcoreguidelines-no-malloc)
  throw std::bad_alloc();
}

// Randomness that counts its draws.
class CountingRandom final : public anochat::Random {
 public:
  void fill(anochat::MutableByteView out) override {
    ++draws;
    source_.fill(out);
  }
  std::size_t draws = 0;

 private:
  anochat::testing::SeededRandom source_{1};
};

struct Counts {
  std::size_t allocations;
  std::size_t draws;
};

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* pointer) noexcept { std::free(pointer); }    // NOLINT(cppcoreguidelines-no-malloc)
void operator delete[](void* pointer) noexcept { std::free(pointer); }  // NOLINT(cppcoreguidelines-no-malloc)
void operator delete(void* pointer, std::size_t) noexcept {
  std::free(pointer);
}  // NOLINT(cppcoreguidelines-no-malloc)
void operator delete[](void* pointer, std::size_t) noexcept {
  std::free(pointer);
}  // NOLINT(cppcoreguidelines-no-malloc)

using namespace anochat;
using testing::Pair;

namespace {

// What `count` messages from Alice to Bob cost, of both sides together.
Counts one_way(Pair& p, std::size_t content_len, int count) {
  const Bytes content(content_len, 7);
  Bytes message(p.alice.message_len(content_len) + 512);
  Bytes opened(Session::content_bound(message.size()));
  CountingRandom random;
  bool is_right = true;
  const std::size_t before = allocations;
  for (int i = 0; i < count; ++i) {
    const std::size_t length = p.alice.encrypt(content, message, random);
    is_right &= p.bob.decrypt(ByteView(message).first(length), opened, p.clock.now()) == content_len;
  }
  const std::size_t after = allocations;
  CHECK(is_right);
  return {after - before, random.draws};
}

}  // namespace

TEST_CASE("the counter counts") {
  const std::size_t before = allocations;
  const std::vector<int> some(100);
  CHECK(allocations > before);
}

TEST_CASE("messages of one direction are sealed and opened without a heap allocation and without randomness") {
  for (const std::size_t content_len : {64U, 1'024U}) {
    CAPTURE(content_len);
    Pair p(1'000 + content_len);
    p.settle();
    SUBCASE("while the symbols of a key are on their way") {}
    SUBCASE("when they have all been sent") { one_way(p, content_len, 50); }
    one_way(p, content_len, 1);  // makes the receiver's buffer
    const Counts counts = one_way(p, content_len, 500);
    CHECK(counts.allocations == 0);
    CHECK(counts.draws == 0);
  }
}

TEST_CASE("changing lengths allocate nothing either, once the largest was seen") {
  Pair p(1'003);
  p.settle();
  one_way(p, 5'000, 1);
  for (const std::size_t content_len : {64U, 5'000U, 1'024U, 0U}) CHECK(one_way(p, content_len, 20).allocations == 0);
}
