#include "relay_world.hpp"
#include "support/check.hpp"

using namespace anochat;
using namespace anochat::testing;

namespace {

constexpr ByteArray<32> kName{7};
constexpr ByteArray<32> kOther{8};

Errc refused(RelayUser& user, const auto& body) { return user.ask<Refused>(body).code; }

}  // namespace

TEST_CASE("a handle finds its account, for whoever knows it exactly") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  bob.log_in();
  CHECK_FALSE(bob.ask<FoundHandle>(FindHandle{kName}).account);
  alice.ask<Done>(ClaimHandle{kName});
  CHECK(bob.ask<FoundHandle>(FindHandle{kName}).account == alice.account.id());
  CHECK_FALSE(bob.ask<FoundHandle>(FindHandle{kOther}).account);
  CHECK(world.relay.metrics().handles_claimed == 1);
  CHECK(world.relay.metrics().handle_lookups == 3);

  SUBCASE("claiming it again is harmless") { alice.ask<Done>(ClaimHandle{kName}); }
  SUBCASE("nobody else can have it or give it back") {
    CHECK(refused(bob, ClaimHandle{kName}) == Errc::already_exists);
    CHECK(refused(bob, ReleaseHandle{kName}) == Errc::not_found);
    CHECK(bob.ask<FoundHandle>(FindHandle{kName}).account == alice.account.id());
  }
  SUBCASE("given back, it is free") {
    alice.ask<Done>(ReleaseHandle{kName});
    CHECK_FALSE(bob.ask<FoundHandle>(FindHandle{kName}).account);
    bob.ask<Done>(ClaimHandle{kName});
  }
}

TEST_CASE("an account has few handles") {
  RelayOptions options = test_options();
  options.handles = 1;
  RelayWorld world(options);
  RelayUser alice(world);
  alice.log_in();
  alice.ask<Done>(ClaimHandle{kName});
  CHECK(refused(alice, ClaimHandle{kOther}) == Errc::quota_exceeded);
}

TEST_CASE("nobody can try all handles") {
  RelayOptions options = test_options();
  options.handle_lookups = {3, 1};
  RelayWorld world(options);
  RelayUser eve(world);
  eve.log_in();
  for (int i = 0; i < 3; ++i) eve.ask<FoundHandle>(FindHandle{kName});
  const auto wait = eve.ask<Refused>(FindHandle{kName});
  CHECK(wait.code == Errc::rate_limited);
  CHECK(wait.retry_after.count() > 0);
  SUBCASE("nor by connecting again") {
    eve.log_in();
    CHECK(refused(eve, FindHandle{kName}) == Errc::rate_limited);
  }
  SUBCASE("later it may ask again") {
    world.clock.advance(wait.retry_after);
    eve.ask<FoundHandle>(FindHandle{kName});
  }
}

TEST_CASE("without a login there are no handles") {
  RelayWorld world;
  RelayUser eve(world);
  eve.connect();
  check_closed(eve, eve.say(FindHandle{kName}), Errc::unauthorised);
}

TEST_CASE("a relay without a directory says so") {
  RelayWorld world;
  Relay bare(test_options(),
             {world.store, world.presence, world.wakeup, world.limiter, world.clock, world.random, world.log});
  RelayUser alice(world, bare);
  alice.log_in();
  CHECK(refused(alice, ClaimHandle{kName}) == Errc::not_found);
  CHECK(refused(alice, FindHandle{kName}) == Errc::not_found);
  CHECK(refused(alice, BeginBlob{1, 1}) == Errc::not_found);
}
