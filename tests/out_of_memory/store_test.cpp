// The store's writer thread: whoever waits for a job hears of it, with or without memory.
#include "faults.hpp"
#include "unit/storage/fixture.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using oom::fail_every_allocation;
using oom::Trial;
using storage::tests::MemoryStore;

namespace {

Bytes state_of(MemoryStore& world) {
  const auto n = world.store.snapshot()->meta.number("n");
  return n ? Bytes{1} : Bytes{0};
}

}  // namespace

TEST_CASE("a job that has no memory is told so, and is done whole at the next try") {
  fail_every_allocation("store: submit a job", [] {
    auto world = std::make_shared<MemoryStore>();
    return Trial{world,
                 [w = world.get()] {
                   w->store
                       .submit([](storage::Records& r) {
                         r.meta.set_bytes("m", Bytes(20'000, 1));
                         r.meta.set_number("n", 1);
                       })
                       .get();
                 },
                 [w = world.get()] { return state_of(*w); },
                 [w = world.get()] {
                   CHECK(w->store.snapshot()->meta.bytes("m")->size() == 20'000);
                   CHECK(w->store.check(storage::CheckDepth::full, false).is_good());
                 }};
  });
}
