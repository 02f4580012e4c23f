// The supply of prekeys at the relay.
#include <doctest/doctest.h>

#include "world.hpp"

using namespace anochat;
using namespace anochat::client::tests;
using storage::PreKeyKind;

namespace {

std::int64_t unpublished(Party& party) {
  const auto snapshot = party.client.snapshot();
  std::size_t count = 0;
  for (const PreKeyKind kind : {PreKeyKind::signed_ec, PreKeyKind::one_time_ec, PreKeyKind::one_time_kem, PreKeyKind::last_resort_kem}) {
    count += snapshot->prekeys.unpublished(kind, 1'000).size();
  }
  return static_cast<std::int64_t>(count);
}

}  // namespace

TEST_CASE("a new device publishes its whole supply") {
  World t;
  Party alice = t.make("Alice", [](ClientOptions& options) { options.one_time_prekeys = 100; });
  CHECK(unpublished(alice) == 202);
  t.connect(alice);
  t.settle();
  CHECK(unpublished(alice) == 0);
  CHECK(alice.client.snapshot()->meta.number("published_list") == 1);
}

TEST_CASE("what a first contact used up is deleted and made anew") {
  Pair t;
  t.alice.client.send_text(t.alice.with(t.bob), "hello");
  t.settle();
  CHECK(t.bob.client.snapshot()->prekeys.count(PreKeyKind::one_time_kem) == 3);
  t.advance(std::chrono::minutes{2});
  CHECK(t.bob.client.snapshot()->prekeys.count(PreKeyKind::one_time_kem) == 4);
  CHECK(unpublished(t.bob) == 0);
}

TEST_CASE("when one-time prekeys have run out it still works, and both are told") {
  Pair t;
  t.relay.drain_prekeys(t.bob.client.address().encode());
  t.alice.client.send_text(t.alice.with(t.bob), "hello");
  t.settle();
  CHECK(t.bob.texts(t.alice).size() == 1);
  REQUIRE(t.alice.all<event::ReducedForwardSecrecy>().size() == 1);
  CHECK_FALSE(t.alice.all<event::ReducedForwardSecrecy>()[0].is_own_supply);
  REQUIRE(t.bob.all<event::ReducedForwardSecrecy>().size() == 1);
  CHECK(t.bob.all<event::ReducedForwardSecrecy>()[0].is_own_supply);

  SUBCASE("and the supply recovers") {
    t.advance(std::chrono::minutes{2});
    Party carol = t.make("Carol");
    t.connect(carol);
    t.settle();
    carol.client.send_text(carol.with(t.bob), "hello");
    t.settle();
    CHECK(carol.all<event::ReducedForwardSecrecy>().empty());
  }
}

TEST_CASE("signed prekeys are renewed after a week and kept while mail may still use them") {
  Pair t;
  const auto first = t.bob.client.snapshot()->prekeys.newest(PreKeyKind::signed_ec)->id;
  t.advance(std::chrono::days{8});
  const auto second = t.bob.client.snapshot()->prekeys.newest(PreKeyKind::signed_ec)->id;
  CHECK(second > first);
  CHECK(unpublished(t.bob) == 0);
  CHECK(t.bob.client.snapshot()->prekeys.count(PreKeyKind::signed_ec) == 2);
  t.advance(std::chrono::days{70});
  CHECK(t.bob.client.snapshot()->prekeys.count(PreKeyKind::signed_ec) == 1);  // those of days 0 and 8 went 60 days later
}

TEST_CASE("a relay that always says that the supply is used up cannot fill the store with prekeys") {
  Pair t;
  for (int i = 0; i < 100; ++i) {
    t.clock.advance(std::chrono::hours{7});
    t.alice.client.tick();
    for (const Bytes& frame : t.alice.client.outgoing()) {
      const ClientFrame decoded = decode_client_frame(frame);
      const bool is_count = std::holds_alternative<CountPreKeys>(decoded.body);
      t.alice.client.receive(encode(is_count ? RelayFrame{decoded.request, PreKeyCount{0, 0}} : RelayFrame{decoded.request, Done{}}));
    }
  }
  for (const PreKeyKind kind : {PreKeyKind::one_time_ec, PreKeyKind::one_time_kem}) {
    CHECK(t.alice.client.snapshot()->prekeys.count(kind) <= 20 * 4);
    CHECK(t.alice.client.snapshot()->prekeys.count(kind) >= 4);
  }
}
