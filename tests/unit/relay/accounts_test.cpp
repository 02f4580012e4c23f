#include "relay_world.hpp"
#include "support/check.hpp"

using namespace anochat;
using namespace anochat::testing;

namespace {

FetchedAccount fetch(RelayUser& from, const ByteArray<32>& account) {
  const auto fetched = from.ask<FetchedAccounts>(FetchAccounts{{account}});
  REQUIRE(fetched.accounts.size() == 1);
  return fetched.accounts[0];
}

}  // namespace

TEST_CASE("bundles verify, each one-time prekey comes once, then the last-resort prekey") {
  RelayOptions options = test_options();
  options.one_time_bundles_of_device = {100, 1};
  RelayWorld world(options);
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join(/*one_time=*/2);
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).kem_one_time == 2);
  alice.log_in();
  std::vector<std::uint32_t> one_time;
  std::vector<KemKind> kinds;
  for (int i = 0; i < 4; ++i) {
    const FetchedAccount account = fetch(alice, bob.account.id());
    CHECK(account.device_list == bob.list(1));
    REQUIRE(account.bundles.size() == 1);
    const PreKeyBundle bundle = PreKeyBundle::decode(account.bundles[0], bob.device.address(), world.clock.now());
    if (bundle.one_time) one_time.push_back(bundle.one_time->id);
    kinds.push_back(bundle.kem_kind);
  }
  REQUIRE(one_time.size() == 2);
  CHECK(one_time[0] != one_time[1]);
  CHECK(kinds == std::vector{KemKind::one_time, KemKind::one_time, KemKind::last_resort, KemKind::last_resort});
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).one_time == 0);
  CHECK(world.relay.metrics().last_resort_used == 2);
}

TEST_CASE("nobody uses up somebody's one-time prekeys alone") {
  RelayOptions options = test_options();
  options.one_time_bundles_of_device = {3, 1.0 / 3'600};
  RelayWorld world(options);
  RelayUser mallory(world);
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join(/*one_time=*/10);
  mallory.log_in();
  alice.log_in();
  for (int i = 0; i < 20; ++i) CHECK(fetch(mallory, bob.account.id()).bundles.size() == 1);
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).kem_one_time == 7);
  CHECK(fetch(alice, bob.account.id()).bundles.size() == 1);
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).kem_one_time == 6);
  CHECK(world.relay.metrics().last_resort_used == 17);
  mallory.log_in();  // another connection is the same account
  fetch(mallory, bob.account.id());
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).kem_one_time == 6);
}

TEST_CASE("asking for device lists alone takes no prekeys, and counts like any fetch") {
  RelayOptions options = test_options();
  options.fetched_accounts = {20, 1};
  RelayWorld world(options);
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join(/*one_time=*/2);
  alice.log_in();
  const auto fetched = alice.ask<FetchedAccounts>(FetchAccounts{{}, {bob.account.id(), {1}}}).accounts;
  REQUIRE(fetched.size() == 2);
  CHECK(fetched[0].account == bob.account.id());
  CHECK(fetched[0].device_list == bob.list(1));
  CHECK(fetched[0].bundles.empty());
  CHECK(fetched[1].device_list.empty());
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).kem_one_time == 2);
  CHECK(world.relay.metrics().one_time_used == 0);
  CHECK(world.relay.metrics().fetched_accounts == 2);
  const FetchAccounts many{std::vector<ByteArray<32>>(8), std::vector<ByteArray<32>>(8)};
  CHECK(alice.ask<FetchedAccounts>(many).accounts.size() == 16);
  alice.log_in();
  CHECK(alice.ask<Refused>(many).code == Errc::rate_limited);
}

TEST_CASE("an account that nobody knows looks like one that has published nothing") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser silent(world);
  alice.log_in();
  silent.log_in();
  FetchedAccount known = fetch(alice, silent.account.id());
  FetchedAccount unknown = fetch(alice, {1});
  known.account = unknown.account = {};
  CHECK(encode(RelayFrame{1, FetchedAccounts{{known}}}) == encode(RelayFrame{1, FetchedAccounts{{unknown}}}));
  CHECK(submit_one(alice, silent.first_contact(1)) == result(Errc::unauthorised));
  silent.device = Device::create(silent.account, 2, world.random);  // was never here
  CHECK(submit_one(alice, silent.first_contact(1)) == result(Errc::unauthorised));
}

TEST_CASE("fetching has a rate of its own, for the account") {
  RelayOptions options = test_options();
  options.fetched_accounts = {20, 1};
  RelayWorld world(options);
  RelayUser alice(world);
  alice.log_in();
  const FetchAccounts many{std::vector<ByteArray<32>>(16)};
  CHECK(alice.ask<FetchedAccounts>(many).accounts.size() == 16);
  alice.log_in();
  const auto refused = alice.ask<Refused>(many);
  CHECK(refused.code == Errc::rate_limited);
  CHECK(refused.retry_after == std::chrono::seconds(12));
  world.clock.advance(refused.retry_after);
  alice.ask<FetchedAccounts>(many);
}

TEST_CASE("one-time prekeys are kept up to a number, and publishing twice adds nothing") {
  RelayOptions options = test_options();
  options.one_time_prekeys = 5;
  RelayWorld world(options);
  RelayUser bob(world);
  bob.log_in();
  const PublishPreKeys three = bob.prekeys(3);
  bob.ask<Done>(three);
  CHECK(bob.ask<Refused>(three).code == Errc::quota_exceeded);
  PublishPreKeys two = three;
  two.one_time.pop_back();
  two.kem_one_time.pop_back();
  bob.ask<Done>(two);
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).one_time == 3);
}

TEST_CASE("a device list replaces an older one of its account and no other") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser mallory(world);
  alice.log_in();
  alice.ask<Done>(PublishAccount{alice.list(5), {}});
  CHECK(alice.ask<Refused>(PublishAccount{alice.list(4), {}}).code == Errc::stale_device_list);
  CHECK(alice.ask<Refused>(PublishAccount{mallory.list(6), {}}).code == Errc::bad_signature);
  Bytes changed = alice.list(6);
  changed[100] ^= 1;
  CHECK(alice.ask<Refused>(PublishAccount{changed, {}}).code == Errc::bad_signature);
  CHECK(alice.ask<Refused>(PublishAccount{Bytes{1, 2, 3}, {}}).code == Errc::bad_bundle);
  alice.ask<Done>(PublishAccount{alice.list(5), {}});
  const Bytes five = alice.list(5);
  world.clock.advance(std::chrono::seconds(1));
  CHECK(alice.ask<Refused>(PublishAccount{alice.list(5), {}}).code == Errc::identity_changed);
  alice.ask<Done>(PublishAccount{{}, {1}});  // the token only
  CHECK(fetch(alice, alice.account.id()).device_list == five);
  CHECK(world.relay.is_open(alice.connection));
}

TEST_CASE("a device that its account has taken off the list says nothing for it any more") {
  RelayWorld world;
  RelayUser alice(world);
  alice.join();
  RelayUser lost(world);
  lost.account = account_key(7);
  RelayUser kept(world);
  kept.account = account_key(7);
  lost.device = Device::create(lost.account, 1, world.random);
  kept.device = Device::create(kept.account, 2, world.random);
  lost.join();
  kept.log_in();
  CHECK(kept.ask<Refused>(PublishAccount{{}, {1}}).code == Errc::unauthorised);  // not on it yet
  kept.ask<Done>(kept.prekeys(1));
  CHECK(fetch(alice, lost.account.id()).bundles.size() == 1);
  kept.ask<Done>(PublishAccount{kept.list(2), {4}});
  const auto bundles = fetch(alice, lost.account.id()).bundles;
  REQUIRE(bundles.size() == 1);
  CHECK_FALSE(PreKeyBundle::decode(bundles[0], kept.device.address(), world.clock.now()).encode().empty());
  CHECK(lost.ask<Refused>(PublishAccount{{}, {5}}).code == Errc::unauthorised);
  CHECK(lost.ask<Refused>(PublishAccount{lost.list(1), {5}}).code == Errc::stale_device_list);
  CHECK(submit_one(alice, lost.first_contact(1)) == result(Errc::unauthorised));
  kept.token = {4};
  CHECK(submit_one(alice, kept.envelope(1)) == 0);
}
