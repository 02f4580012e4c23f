#include "relay_world.hpp"
#include "support/check.hpp"

using namespace anochat;
using namespace anochat::testing;

TEST_CASE("a login answers the challenge of this connection, for this relay, with the device's key") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser mallory(world);
  const Challenge challenge = alice.connect();
  CHECK(challenge.relay == "relay.test");

  SUBCASE("and is done then") {
    const auto frames = alice.say(alice.answer(challenge));
    REQUIRE(frames.size() == 1);
    CHECK(std::holds_alternative<Done>(frames[0].body));
    CHECK(world.relay.metrics().registrations == 1);
    CHECK(world.relay.metrics().online_devices == 1);
    alice.log_in();
    CHECK(world.relay.metrics().registrations == 1);
    CHECK(world.relay.metrics().logins == 2);
  }
  SUBCASE("a changed signature is refused") {
    Login login = alice.answer(challenge);
    login.signature[5] ^= 1;
    check_closed(alice, alice.say(login), Errc::unauthorised);
  }
  SUBCASE("somebody else's certificate is refused") {
    Login login = mallory.answer(challenge);
    login.certificate = alice.device.certificate().encode();
    check_closed(alice, alice.say(login), Errc::unauthorised);
  }
  SUBCASE("a certificate that the account did not sign is refused") {
    Login login = alice.answer(challenge);
    login.certificate[164] ^= 1;
    check_closed(alice, alice.say(login), Errc::bad_signature);
  }
  SUBCASE("a certificate for another account key, number or identity is refused") {
    for (const std::size_t at : {std::size_t{0}, std::size_t{35}, std::size_t{36}, std::size_t{70}}) {
      Login login = alice.answer(alice.connect());
      login.certificate[at] ^= 1;
      check_closed(alice, alice.say(login), Errc::bad_signature);
    }
  }
  SUBCASE("a signed device number that does not exist is refused") {
    auto certificate = alice.device.certificate();
    certificate.device = 0;
    const auto address = certificate.address().encode();
    certificate.signature = crypto::ed25519_sign(
        alice.account.seed(), crypto::signed_text("AnoChat/1/device", {address, certificate.identity.encode()}));
    Login login = alice.answer(challenge);
    login.certificate = certificate.encode();
    check_closed(alice, alice.say(login), Errc::bad_key);
  }
  SUBCASE("a login made for another relay is refused") {
    check_closed(alice, alice.say(alice.answer({"relay.other", challenge.nonce})), Errc::unauthorised);
  }
  SUBCASE("a login made for another connection is refused") {
    const Login recorded = alice.answer(challenge);
    alice.say(recorded);
    alice.connect();
    check_closed(alice, alice.say(recorded), Errc::unauthorised);
  }
  SUBCASE("a second one on the same connection is refused") {
    alice.say(alice.answer(challenge));
    check_closed(alice, alice.say(alice.answer(challenge)), Errc::wrong_state);
  }
  if (world.relay.metrics().logins == 0) {
    CHECK(world.relay.metrics().logins_refused >= 1);
    CHECK_FALSE(world.store.device(alice.mailbox()));
  }
}

TEST_CASE("before a login one may ping and submit with a token, and nothing else") {
  RelayWorld world;
  RelayUser bob(world);
  bob.join();
  RelayUser stranger(world);
  stranger.connect();
  SUBCASE("ping") { stranger.ask<Pong>(Ping{}); }
  SUBCASE("submit with a token") {
    CHECK(submit_one(stranger, bob.envelope(1)) == 0);
    CHECK(delivered(bob.take()) == std::vector{1});
  }
  SUBCASE("but no first contact") { CHECK(submit_one(stranger, bob.first_contact(1)) == result(Errc::unauthorised)); }
  SUBCASE("prekeys") { check_closed(stranger, stranger.say(PublishPreKeys{}), Errc::unauthorised); }
  SUBCASE("account") { check_closed(stranger, stranger.say(PublishAccount{}), Errc::unauthorised); }
  SUBCASE("fetch") { check_closed(stranger, stranger.say(FetchAccounts{{bob.account.id()}}), Errc::unauthorised); }
  SUBCASE("acknowledge") { check_closed(stranger, stranger.say(Acknowledge{{{1}}}), Errc::unauthorised); }
  SUBCASE("count") { check_closed(stranger, stranger.say(CountPreKeys{}), Errc::unauthorised); }
}

TEST_CASE("a relay may want a login for everything, and may be closed to new devices") {
  RelayOptions options = test_options();
  options.anonymous_submission = false;
  options.registration_open = false;
  RelayWorld world(options);
  RelayUser alice(world);
  alice.connect();
  check_closed(alice, alice.say(Submit{{alice.envelope(1)}}), Errc::unauthorised);
  check_closed(alice, alice.say(alice.answer(alice.connect())), Errc::unauthorised);
  world.store.put_device({alice.mailbox(), alice.account.id(), 1, alice.device.certificate().encode(), true});
  alice.log_in();
}

TEST_CASE("a newer connection of the same device takes the place of the older one") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  bob.join();
  const auto older = bob.connection;
  bob.log_in();
  CHECK_FALSE(world.relay.is_open(older));
  const auto last = world.relay.take(older);
  REQUIRE(last.size() == 1);
  CHECK(std::get<Refused>(decode_relay_frame(last[0]).body).code == Errc::already_exists);
  alice.say(Submit{{bob.envelope(1)}});
  CHECK(delivered(bob.take()) == std::vector{1});
  world.relay.close(older);  // says nothing about the newer one
  alice.say(Submit{{bob.envelope(2)}});
  CHECK(delivered(bob.take()) == std::vector{2});
  CHECK(world.relay.metrics().displaced == 1);
  CHECK(world.relay.metrics().online_devices == 2);
}

TEST_CASE("a device with a new identity begins without prekeys, and an old one does not come back over the list") {
  RelayWorld world;
  RelayUser alice(world);
  alice.join();
  RelayUser renewed(world);
  renewed.account = account_key(5);
  RelayUser former(world);
  former.account = account_key(5);
  former.device = Device::create(former.account, 1, world.random);
  renewed.device = Device::create(renewed.account, 1, world.random);
  former.log_in();
  former.ask<Done>(former.prekeys(1));
  CHECK(alice.ask<FetchedAccounts>(FetchAccounts{{former.account.id()}}).accounts[0].bundles.size() == 1);
  former.note_generation(7);
  CHECK(renewed.log_in_and_ask_generation() == 0);  // another store: how far the former one had come says nothing
  CHECK(alice.ask<FetchedAccounts>(FetchAccounts{{former.account.id()}}).accounts[0].bundles.empty());
  renewed.ask<Done>(PublishAccount{renewed.list(3), {}});
  check_closed(former, former.say(former.answer(former.connect())), Errc::unauthorised);
  renewed.ask<Done>(renewed.prekeys(1));
}

TEST_CASE("at the login a device hears how far it said its store had come") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.join();
  bob.join();
  CHECK(alice.log_in_and_ask_generation() == 0);
  alice.note_generation(7);
  alice.note_generation(5);  // overtaken by a later frame
  CHECK(alice.log_in_and_ask_generation() == 7);
  CHECK(bob.log_in_and_ask_generation() == 0);

  SUBCASE("without a login it means nothing") {
    const Submission envelope = alice.envelope(1);
    bob.connect();
    bob.relay->receive(bob.connection, encode(ClientFrame{1, Submit{{envelope}}, 9}));
    bob.relay->flush();
    static_cast<void>(bob.take());
    CHECK(alice.log_in_and_ask_generation() == 7);
    CHECK(bob.log_in_and_ask_generation() == 0);
  }
}

TEST_CASE("prekeys that replace all leave nothing of those before, used ids included") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.join();
  bob.join(3);
  PublishPreKeys again = bob.prekeys(2);
  again.replaces_all = true;
  bob.ask<Done>(again);
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).one_time == 2);
  const auto bundles = alice.ask<FetchedAccounts>(FetchAccounts{{bob.account.id()}}).accounts.at(0).bundles;
  REQUIRE(bundles.size() == 1);
  const PreKeyBundle bundle = PreKeyBundle::decode(bundles[0], bob.device.address(), world.clock.now());
  CHECK(bundle.one_time.has_value());
}

TEST_CASE("an account has so many devices, and an address class registers so many") {
  RelayOptions options = test_options();
  options.devices = 2;
  options.address_registrations = {4, 0};
  RelayWorld world(options);
  RelayUser user(world);
  for (const std::uint32_t number : {1U, 2U}) {
    user.device = Device::create(user.account, number, world.random);
    user.log_in();
  }
  user.device = Device::create(user.account, 3, world.random);
  check_closed(user, user.say(user.answer(user.connect())), Errc::quota_exceeded);
  RelayUser(world).log_in();
  RelayUser(world).log_in();
  RelayUser fifth(world);
  CHECK(check_closed(fifth, fifth.say(fifth.answer(fifth.connect())), Errc::rate_limited).retry_after.count() > 0);
  fifth.address_class = {2};
  fifth.log_in();
}
