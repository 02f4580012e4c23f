// anochat_testing.h
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "keys.hpp"
#include "messenger.hpp"
#include "relaying.hpp"

#include <anochat_testing.h>

using namespace anochat;
using namespace anochat::c;

namespace {

struct WorldObject final : Object {
  using Handle = anochat_world;
  static constexpr Kind kKind = Kind::world;
  std::shared_ptr<World> world;
  testing::FakeClock* clock = nullptr;  // the world's
};

std::shared_ptr<World> world_of(const anochat_world* world) { return Use<WorldObject>(world, "world")->world; }

}  // namespace

anochat_status anochat_testing_world_new(uint64_t seed, int64_t now_ms, anochat_world** world, anochat_error* error) {
  return guard(error, [&] {
    not_null(world, "world");
    auto clock = std::make_unique<testing::FakeClock>(time_in(now_ms));
    auto made = std::make_shared<WorldObject>();
    made->clock = clock.get();
    made->world = std::make_shared<World>(World{std::move(clock), std::make_unique<testing::SeededRandom>(seed)});
    *world = make_handle(std::move(made));
  });
}

anochat_status anochat_testing_world_set_time(anochat_world* world, int64_t now_ms, anochat_error* error) {
  return guard(error, [&] { Use<WorldObject>(world, "world")->clock->set(time_in(now_ms)); });
}

anochat_status anochat_testing_world_free(anochat_world* world, anochat_error* error) {
  return guard(error, [&] { free_handle<WorldObject>(world, "world"); });
}

anochat_status anochat_testing_account_new(anochat_world* world, anochat_account** account, anochat_error* error) {
  return guard(error, [&] {
    not_null(account, "account");
    auto in = world_of(world);
    AccountKey key = AccountKey::generate(*in->random);
    *account = make_handle(std::make_shared<AccountObject>(std::move(in), std::move(key)));
  });
}

anochat_status anochat_testing_client_new(anochat_world* world, const anochat_client_options* options,
                                          anochat_client** client, anochat_error* error) {
  return guard(error, [&] { make_client(world_of(world), true, std::nullopt, nullptr, options, client); });
}

anochat_status anochat_testing_relay_new(anochat_world* world, const anochat_relay_options* options,
                                         anochat_relay** relay, anochat_error* error) {
  return guard(error, [&] { make_relay(world_of(world), options, relay); });
}
