#include <algorithm>
#include <numeric>

#include "relay_user.hpp"
#include "support/check.hpp"

using namespace anochat;
using namespace anochat::testing;

namespace {

using Numbers = std::vector<int>;

/// The only frame is a refusal with this code, and the connection is closed.
void check_refused(const RelayUser& user, const std::vector<RelayFrame>& frames, Errc code) {
  REQUIRE(frames.size() == 1);
  REQUIRE(std::holds_alternative<Refused>(frames[0].body));
  CHECK(std::get<Refused>(frames[0].body).code == code);
  CHECK_FALSE(user.world.relay.is_open(user.connection));
  CHECK(user.take().empty());
}

PublishPreKeys records(const RelayUser& user, MemoryPreKeys& prekeys, std::size_t one_time) {
  PublishPreKeys all;
  for (std::size_t i = 0; i <= one_time; ++i) {
    const PreKeyBundle bundle = prekeys.bundle(user.world.clock.now());
    const auto encoded = bundle.encode();
    const auto part = [&encoded](std::size_t from, std::size_t len) {
      const auto begin = encoded.begin() + static_cast<std::ptrdiff_t>(from);
      return Bytes(begin, begin + static_cast<std::ptrdiff_t>(len));
    };
    all.signed_prekey = part(167, 116);
    if (bundle.one_time) {
      all.one_time.push_back(part(284, 116));
      all.kem_one_time.push_back(part(401, 1'268));
    } else {
      all.last_resort = part(285, 1'268);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("a login answers the challenge of this connection, for this relay, with the device's key") {
  World world;
  RelayUser alice(world);
  RelayUser mallory(world);
  const Challenge challenge = alice.connect();
  CHECK(challenge.relay == "relay.test");

  SUBCASE("and is done then") {
    const auto frames = alice.say(alice.answer(challenge));
    REQUIRE(frames.size() == 1);
    CHECK(std::holds_alternative<Done>(frames[0].body));
    CHECK(world.relay.counters().logins == 1);
  }
  SUBCASE("a changed signature is refused") {
    Login login = alice.answer(challenge);
    login.signature[5] ^= 1;
    check_refused(alice, alice.say(login), Errc::unauthorised);
  }
  SUBCASE("somebody else's certificate is refused") {
    Login login = mallory.answer(challenge);
    login.certificate = alice.device.certificate().encode();
    check_refused(alice, alice.say(login), Errc::unauthorised);
  }
  SUBCASE("a certificate that the account did not sign is refused") {
    Login login = alice.answer(challenge);
    login.certificate[164] ^= 1;
    check_refused(alice, alice.say(login), Errc::bad_signature);
  }
  SUBCASE("a login made for another relay is refused") {
    check_refused(alice, alice.say(alice.answer({"relay.other", challenge.nonce})), Errc::unauthorised);
  }
  SUBCASE("a login made for another connection is refused") {
    const Login recorded = alice.answer(challenge);
    alice.say(recorded);
    alice.connect();
    check_refused(alice, alice.say(recorded), Errc::unauthorised);
  }
  SUBCASE("anything else before it is refused") { check_refused(alice, alice.say(Ping{}), Errc::unauthorised); }
  SUBCASE("a second one on the same connection is refused") {
    alice.say(alice.answer(challenge));
    check_refused(alice, alice.say(alice.answer(challenge)), Errc::wrong_state);
  }
  SUBCASE("what is no frame at all is refused") {
    world.relay.receive(alice.connection, as_bytes("hello"));
    check_refused(alice, alice.take(), Errc::bad_message);
  }
}

TEST_CASE("a one-time prekey is handed out once, and the last-resort prekey when there is none left") {
  World world;
  RelayUser alice(world);
  RelayUser bob(world);
  MemoryPreKeys prekeys(bob.device, world.clock.now(), world.random, 2);
  bob.log_in();
  bob.ask<Done>(records(bob, prekeys, 2));
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).kem_one_time == 2);
  alice.log_in();

  std::vector<std::uint32_t> one_time;
  std::vector<KemKind> kinds;
  for (int i = 0; i < 4; ++i) {
    const auto fetched = alice.ask<FetchedAccounts>(FetchAccounts{{bob.account.id()}});
    REQUIRE(fetched.accounts.size() == 1);
    REQUIRE(fetched.accounts[0].bundles.size() == 1);
    const PreKeyBundle bundle = PreKeyBundle::decode(fetched.accounts[0].bundles[0], bob.device.address(), world.clock.now());
    if (bundle.one_time) one_time.push_back(bundle.one_time->id);
    kinds.push_back(bundle.kem_kind);
  }
  REQUIRE(one_time.size() == 2);
  CHECK(one_time[0] != one_time[1]);
  CHECK(kinds == std::vector{KemKind::one_time, KemKind::one_time, KemKind::last_resort, KemKind::last_resort});
  CHECK(world.relay.counters().one_time_used == 2);
  CHECK(world.relay.counters().last_resort_used == 2);
  const auto left = bob.ask<PreKeyCount>(CountPreKeys{});
  CHECK(left.one_time == 0);
  CHECK(left.kem_one_time == 0);
}

TEST_CASE("prekeys that are published again, because the answer was lost, are not handed out twice") {
  World world;
  RelayUser bob(world);
  MemoryPreKeys prekeys(bob.device, world.clock.now(), world.random, 2);
  const PublishPreKeys all = records(bob, prekeys, 2);
  bob.log_in();
  bob.ask<Done>(all);
  bob.ask<FetchedAccounts>(FetchAccounts{{bob.account.id()}});
  bob.ask<Done>(all);
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).one_time == 1);
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).kem_one_time == 1);
}

TEST_CASE("draining a device's prekeys leaves its last-resort prekey") {
  World world;
  RelayUser bob(world);
  MemoryPreKeys prekeys(bob.device, world.clock.now(), world.random, 3);
  bob.log_in();
  bob.ask<Done>(records(bob, prekeys, 3));
  world.relay.drain_prekeys(bob.device.address().encode());
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).one_time == 0);
  const auto fetched = bob.ask<FetchedAccounts>(FetchAccounts{{bob.account.id()}});
  CHECK(PreKeyBundle::decode(fetched.accounts.at(0).bundles.at(0), bob.device.address(), world.clock.now()).kem_kind == KemKind::last_resort);
}

TEST_CASE("a device whose prekeys are forgotten has no bundle") {
  World world;
  RelayUser bob(world);
  MemoryPreKeys prekeys(bob.device, world.clock.now(), world.random, 1);
  bob.log_in();
  bob.ask<Done>(records(bob, prekeys, 1));
  world.relay.forget_prekeys(bob.device.address().encode());
  CHECK(bob.ask<FetchedAccounts>(FetchAccounts{{bob.account.id()}}).accounts.at(0).bundles.empty());
}

TEST_CASE("an account has no bundle before it published prekeys, and no list before it published one") {
  World world;
  RelayUser alice(world);
  alice.log_in();
  const auto fetched = alice.ask<FetchedAccounts>(FetchAccounts{{alice.account.id(), AccountId{9}}});
  REQUIRE(fetched.accounts.size() == 2);
  for (const FetchedAccount& account : fetched.accounts) {
    CHECK(account.bundles.empty());
    CHECK(account.device_list.empty());
  }
}

TEST_CASE("a device list replaces an older one of its account and no other") {
  World world;
  RelayUser alice(world);
  RelayUser mallory(world);
  const auto list = [&world](const RelayUser& user, std::uint64_t version) {
    const std::array<DeviceListEntry, 1> entries{{{1, user.device.certificate().identity}}};
    return user.account.sign_device_list(version, world.clock.now(), entries).encode();
  };
  alice.log_in();
  alice.ask<Done>(PublishAccount{list(alice, 5), {}});
  CHECK(alice.ask<Refused>(PublishAccount{list(alice, 4), {}}).code == Errc::stale_device_list);
  CHECK(alice.ask<Refused>(PublishAccount{list(mallory, 6), {}}).code == Errc::bad_signature);
  alice.ask<Done>(PublishAccount{list(alice, 5), {}});
  alice.ask<Done>(PublishAccount{{}, {1}});  // the token only
  const auto fetched = alice.ask<FetchedAccounts>(FetchAccounts{{alice.account.id()}});
  CHECK(fetched.accounts.at(0).device_list == list(alice, 5));
}

TEST_CASE("an envelope waits in its mailbox until it is acknowledged") {
  World world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  const auto submitted = alice.ask<Submitted>(Submit{{bob.envelope(1), bob.envelope(2)}});
  CHECK(submitted.results == std::vector<std::int32_t>{0, 0});
  CHECK(world.relay.waiting() == 2);

  CHECK(delivered(bob.log_in()) == Numbers{1, 2});
  CHECK(world.relay.waiting() == 2);
  SUBCASE("it comes once per connection") {
    alice.say(Submit{{bob.envelope(3)}});
    CHECK(delivered(bob.take()) == Numbers{3});
  }
  SUBCASE("it comes again on the next connection") {
    world.relay.disconnect(bob.connection);
    CHECK(delivered(bob.log_in()) == Numbers{1, 2});
  }
  SUBCASE("it is gone after the acknowledgement, also when repeated") {
    bob.ask<Done>(Acknowledge{{{1}, {7}}});
    bob.ask<Done>(Acknowledge{{{1}}});
    CHECK(world.relay.counters().acknowledged == 1);
    CHECK(world.relay.waiting() == 1);
    CHECK(delivered(bob.log_in()) == Numbers{2});
  }
  SUBCASE("nobody acknowledges it for somebody else") {
    alice.ask<Done>(Acknowledge{{{1}, {2}}});
    CHECK(world.relay.waiting() == 2);
  }
}

TEST_CASE("an envelope that is submitted again is kept once, also after it was acknowledged") {
  World world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  bob.log_in();
  CHECK(alice.ask<Submitted>(Submit{{bob.envelope(1), bob.envelope(1)}}).results == std::vector<std::int32_t>{0, 0});
  CHECK(delivered(bob.take()) == Numbers{1});
  bob.ask<Done>(Acknowledge{{{1}}});
  CHECK(alice.ask<Submitted>(Submit{{bob.envelope(1)}}).results == std::vector<std::int32_t>{0});
  CHECK(bob.take().empty());
  CHECK(world.relay.waiting() == 0);
  CHECK(world.relay.counters().repetitions == 2);
}

TEST_CASE("a full mailbox refuses the next envelope, and still knows those it has") {
  World world(/*quota=*/2);
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  const auto full = static_cast<std::int32_t>(Errc::quota_exceeded);
  CHECK(alice.ask<Submitted>(Submit{{bob.envelope(1), bob.envelope(2), bob.envelope(3), bob.envelope(1)}}).results ==
        std::vector<std::int32_t>{0, 0, full, 0});
  bob.log_in();
  bob.ask<Done>(Acknowledge{{{1}}});
  CHECK(alice.ask<Submitted>(Submit{{bob.envelope(3)}}).results == std::vector<std::int32_t>{0});
}

TEST_CASE("one bad envelope in a frame does not touch the others") {
  World world;
  RelayUser alice(world);
  alice.log_in();
  Submission bad = alice.envelope(1);
  bad.envelope[0] = 99;
  const auto frames = alice.say(Submit{{bad, alice.envelope(2)}});
  CHECK(std::get<Submitted>(frames.at(0).body).results ==
        std::vector<std::int32_t>{static_cast<std::int32_t>(Errc::unsupported_version), 0});
  CHECK(delivered(frames) == Numbers{2});
}

TEST_CASE("an envelope is dropped when its hour has come") {
  World world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  alice.ask<Submitted>(Submit{{bob.envelope(1, std::chrono::hours(1)), bob.envelope(2, std::chrono::hours(2))}});
  world.clock.advance(std::chrono::minutes(59));
  world.relay.expire();
  CHECK(world.relay.waiting() == 2);
  world.clock.advance(std::chrono::minutes(1));
  world.relay.expire();
  CHECK(world.relay.waiting() == 1);
  CHECK(delivered(bob.log_in()) == Numbers{2});
  CHECK(alice.ask<Submitted>(Submit{{bob.envelope(3, std::chrono::hours(-1))}}).results == std::vector<std::int32_t>{0});
  CHECK(world.relay.waiting() == 1);
}

TEST_CASE("a newer connection of the same device takes the place of the older one") {
  World world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  bob.log_in();
  const auto older = bob.connection;
  bob.log_in();
  CHECK_FALSE(world.relay.is_open(older));
  CHECK(world.relay.is_open(bob.connection));
  alice.say(Submit{{bob.envelope(1)}});
  CHECK(world.relay.take(older).empty());
  CHECK(delivered(bob.take()) == Numbers{1});

  world.relay.disconnect(older);  // says nothing about the newer one
  alice.say(Submit{{bob.envelope(2)}});
  CHECK(delivered(bob.take()) == Numbers{2});
}

TEST_CASE("a signal reaches who is there and is never stored") {
  World world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  alice.ask<Submitted>(Submit{{bob.envelope(1, std::chrono::hours(1), /*is_ephemeral=*/true)}});
  CHECK(world.relay.waiting() == 0);
  CHECK(world.relay.counters().signals_dropped == 1);
  CHECK(bob.log_in().empty());
  alice.ask<Submitted>(Submit{{bob.envelope(2, std::chrono::hours(1), /*is_ephemeral=*/true)}});
  CHECK(delivered(bob.take()) == Numbers{2});
  CHECK(delivered(bob.log_in()).empty());
  CHECK(world.relay.counters().signals == 1);
}

TEST_CASE("a long mailbox arrives in several frames and in order") {
  World world(/*quota=*/200);
  RelayUser bob(world);
  RelayUser alice(world);
  alice.log_in();
  for (int i = 1; i <= 150; ++i) alice.ask<Submitted>(Submit{{bob.envelope(static_cast<std::uint8_t>(i))}});
  const auto frames = bob.log_in();
  CHECK(frames.size() == 2);
  Numbers expected(150);
  std::iota(expected.begin(), expected.end(), 1);
  CHECK(delivered(frames) == expected);
}

TEST_CASE("the relay records what it was given, unless told not to") {
  World world;
  RelayUser alice(world);
  alice.log_in();
  const Submission submission = alice.envelope(77);
  alice.say(Submit{{submission}});
  const Bytes& seen = world.relay.everything_seen();
  CHECK(std::search(seen.begin(), seen.end(), submission.envelope.begin(), submission.envelope.end()) != seen.end());
  world.relay.set_recording(false);
  alice.say(Ping{});
  CHECK(world.relay.everything_seen().empty());
}

TEST_CASE("the same seed gives the same relay") {
  const auto nonce = [] {
    World world;
    return RelayUser(world).connect().nonce;
  };
  CHECK(nonce() == nonce());
}
