#include "relay_world.hpp"
#include "support/check.hpp"

#include <numeric>

using namespace anochat;
using namespace anochat::testing;

namespace {

using Numbers = std::vector<int>;

}  // namespace

TEST_CASE("an envelope waits in its mailbox until it is acknowledged") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join();
  world.relay.close(bob.connection);
  alice.log_in();
  CHECK(alice.ask<Submitted>(Submit{{bob.envelope(1), bob.envelope(2)}}).results == std::vector<std::int32_t>{0, 0});
  const auto frames = bob.log_in();
  CHECK(delivered(frames) == Numbers{1, 2});
  CHECK(std::get<Deliver>(frames.at(0).body).envelopes.at(0) == bob.envelope(1).envelope);
  SUBCASE("it comes once per connection") {
    alice.say(Submit{{bob.envelope(3)}});
    CHECK(delivered(bob.take()) == Numbers{3});
  }
  SUBCASE("it comes again on the next connection") { CHECK(delivered(bob.log_in()) == Numbers{1, 2}); }
  SUBCASE("it is gone after the acknowledgement, also when repeated or of an unknown id") {
    bob.ask<Done>(Acknowledge{{{1}, {7}}});
    bob.ask<Done>(Acknowledge{{{1}}});
    CHECK(world.relay.metrics().acknowledged == 1);
    CHECK(delivered(bob.log_in()) == Numbers{2});
  }
  SUBCASE("nobody acknowledges it for somebody else") {
    alice.ask<Done>(Acknowledge{{{1}, {2}}});
    CHECK(delivered(bob.log_in()) == Numbers{1, 2});
  }
  SUBCASE("a repetition is accepted and kept once, also after it was acknowledged") {
    CHECK(submit_one(alice, bob.envelope(1)) == 0);
    bob.ask<Done>(Acknowledge{{{1}, {2}}});
    CHECK(alice.ask<Submitted>(Submit{{bob.envelope(1), bob.envelope(2)}}).results == std::vector<std::int32_t>{0, 0});
    CHECK(bob.take().empty());
    CHECK(bob.log_in().empty());
    CHECK(world.relay.metrics().repetitions == 3);
  }
}

TEST_CASE("a wrong token and a mailbox that nobody has are one refusal") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  RelayUser nobody(world);
  bob.join();
  alice.log_in();
  Submission wrong = bob.envelope(1);
  wrong.delivery_token[15] ^= 1;
  CHECK(submit_one(alice, wrong) == result(Errc::unauthorised));
  CHECK(submit_one(alice, nobody.envelope(1)) == result(Errc::unauthorised));
  bob.ask<Done>(PublishAccount{{}, {}});  // takes its token back
  CHECK(submit_one(alice, bob.envelope(1)) == result(Errc::unauthorised));
  CHECK(world.relay.metrics().unauthorised == 3);
  CHECK(bob.take().empty());
}

TEST_CASE("first contacts are few: of a connection, for a mailbox, and beside the mailbox's own quota") {
  RelayOptions options = test_options();
  options.first_contacts = {3, 0.001};
  options.mailbox_first_contacts = {5, 0.001};
  options.first_contact_envelopes = 7;
  RelayWorld world(options);
  RelayUser bob(world);
  bob.join();
  const auto attempt = [&](RelayUser& from, unsigned number) { return submit_one(from, bob.first_contact(number)); };
  RelayUser first(world);
  first.log_in();
  for (const unsigned number : {1U, 2U, 3U}) CHECK(attempt(first, number) == 0);
  CHECK(attempt(first, 4) == result(Errc::rate_limited));
  CHECK(submit_one(first, bob.envelope(5)) == 0);  // with a token
  SUBCASE("of all senders together") {
    RelayUser second(world);
    second.log_in();
    CHECK(attempt(second, 6) == 0);
    CHECK(attempt(second, 7) == 0);
    CHECK(attempt(second, 8) == result(Errc::rate_limited));
    CHECK(submit_one(second, bob.envelope(9)) == 0);
  }
  SUBCASE("a mailbox with much in it takes none, and friends still find room") {
    for (const unsigned number : {10U, 11U, 12U}) CHECK(submit_one(first, bob.envelope(number)) == 0);
    RelayUser second(world);
    second.log_in();
    CHECK(attempt(second, 13) == result(Errc::quota_exceeded));
    CHECK(submit_one(second, bob.envelope(14)) == 0);
  }
}

TEST_CASE("a full mailbox refuses the next envelope, and still knows those it has") {
  RelayOptions options = test_options();
  options.mailbox = {2, 100'000};
  RelayWorld world(options);
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join();
  alice.log_in();
  const auto full = result(Errc::quota_exceeded);
  CHECK(alice.ask<Submitted>(Submit{{bob.envelope(1), bob.envelope(2), bob.envelope(3), bob.envelope(1)}}).results ==
        std::vector<std::int32_t>{0, 0, full, 0});
  bob.take();
  bob.ask<Done>(Acknowledge{{{1}}});
  CHECK(submit_one(alice, bob.envelope(3)) == 0);
  CHECK(world.relay.metrics().mailbox_full == 1);
}

TEST_CASE("one bad envelope in a frame does not touch the others") {
  RelayWorld world;
  RelayUser alice(world);
  alice.join();
  Submission version = alice.envelope(1);
  version.envelope[0] = 99;
  Submission cut = alice.envelope(1);
  cut.envelope.pop_back();
  const auto frames = alice.say(Submit{{version, cut, alice.envelope(2), alice.envelope(3, std::chrono::hours(-2))}});
  CHECK(std::get<Submitted>(frames.at(0).body).results ==
        std::vector<std::int32_t>{result(Errc::unsupported_version), result(Errc::bad_message), 0, 0});
  CHECK(delivered(frames) == Numbers{2});
}

TEST_CASE("an envelope goes when its hour has come, or after the longest time the relay keeps any") {
  RelayOptions options = test_options();
  options.lifetime = std::chrono::hours(10);
  RelayWorld world(options);
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join();
  world.relay.close(bob.connection);
  alice.log_in();
  alice.ask<Submitted>(Submit{{bob.envelope(1, std::chrono::hours(1)), bob.envelope(2, std::chrono::hours(9)),
                               bob.envelope(3, std::chrono::hours(99'999))}});
  const auto after = [&](std::chrono::milliseconds time) {
    world.clock.advance(time);
    world.relay.tick();
    world.relay.flush();
    return world.store.used(bob.mailbox()).envelopes;
  };
  CHECK(after(std::chrono::minutes(59)) == 3);
  CHECK(after(std::chrono::minutes(1)) == 2);
  CHECK(after(std::chrono::hours(8)) == 1);
  CHECK(after(std::chrono::hours(1)) == 0);
}

TEST_CASE("a signal reaches who is there and is never stored") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join();
  world.relay.close(bob.connection);
  alice.log_in();
  CHECK(submit_one(alice, bob.signal(1)) == 0);
  CHECK_FALSE(world.store.has_changes());
  CHECK(world.store.used(bob.mailbox()).envelopes == 0);
  CHECK(bob.log_in().empty());
  CHECK(submit_one(alice, bob.signal(2)) == 0);
  CHECK(delivered(bob.take()) == Numbers{2});
  CHECK(bob.log_in().empty());
  Submission wrong = bob.signal(3);
  wrong.delivery_token = {1};
  CHECK(submit_one(alice, wrong) == result(Errc::unauthorised));
  CHECK(bob.take().empty());
  CHECK(world.relay.metrics().signals == 1);
  CHECK(world.relay.metrics().signals_dropped == 1);
}

TEST_CASE("no answer and no delivery goes out before the commit") {
  RelayOptions options = test_options();
  options.group_submissions = 3;
  RelayWorld world(options);
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join();
  alice.log_in();
  alice.tell(Submit{{bob.envelope(1)}});
  alice.tell(Ping{});
  CHECK(alice.take().empty());  // in order: the pong comes after it
  CHECK(bob.take().empty());
  SUBCASE("which the driver asks for when there is nothing more to read") { world.relay.flush(); }
  SUBCASE("or which comes with so many submissions") {
    alice.tell(Submit{{bob.envelope(2)}});
    CHECK(alice.take().empty());
    alice.tell(Submit{{bob.envelope(3)}});
  }
  SUBCASE("or after a few milliseconds") {
    world.relay.tick();
    CHECK(alice.take().empty());
    world.clock.advance(options.group_delay);
    world.relay.tick();
  }
  CHECK(alice.take().size() >= 2);
  CHECK(delivered(bob.take()).at(0) == 1);
}

TEST_CASE("a long mailbox arrives in several frames and in order") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join();
  world.relay.close(bob.connection);
  alice.log_in();
  for (unsigned i = 1; i <= 300; ++i) CHECK(submit_one(alice, bob.envelope(i)) == 0);
  const auto frames = bob.log_in();
  CHECK(frames.size() == 5);
  Numbers expected(300);
  std::iota(expected.begin(), expected.end(), 1);
  CHECK(delivered(frames) == expected);
}

TEST_CASE("two relays that share a store find each other's devices") {
  RelayWorld world;
  RelayOptions options = test_options();
  options.node = 2;
  Relay other(options,
              {world.store, world.presence, world.wakeup, world.limiter, world.clock, world.random, world.log});
  RelayUser alice(world);
  RelayUser bob(world, other);
  bob.join();
  alice.log_in();
  CHECK(submit_one(alice, bob.envelope(1)) == 0);
  CHECK(submit_one(alice, bob.signal(2)) == 0);
  CHECK(bob.take().empty());
  other.tick();
  CHECK(delivered(bob.take()) == Numbers{1, 2});

  const auto older = bob.connection;
  bob.relay = &world.relay;
  CHECK(delivered(bob.log_in()) == Numbers{1});
  CHECK(other.is_open(older));
  other.tick();
  CHECK_FALSE(other.is_open(older));
  CHECK(submit_one(alice, bob.envelope(3)) == 0);
  CHECK(delivered(bob.take()) == Numbers{3});
}

TEST_CASE("a relay whose wakeups were lost looks at everybody's mailbox") {
  RelayWorld world;
  RelayUser bob(world);
  RelayUser carol(world);
  bob.join();
  carol.join();
  const Submission mail = bob.envelope(1);  // as another relay would have stored it
  const EnvelopeView view = decode_envelope(mail.envelope);
  static_cast<void>(world.store.append(view, mail.envelope, view.expires, {1'000, 1'000'000}));
  world.store.commit();
  world.relay.tick();
  CHECK(bob.take().empty());
  world.wakeup.publish(test_options().node, {Wake::Kind::everything, {}, 0, {}});
  world.relay.tick();
  CHECK(delivered(bob.take()) == Numbers{1});
  CHECK(carol.take().empty());
}

TEST_CASE("who comes while the group is open gets what the group has brought") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join();
  alice.log_in();
  world.relay.close(bob.connection);
  alice.tell(Submit{{bob.envelope(1)}});
  bob.tell(bob.answer(bob.connect()));
  world.relay.flush();
  CHECK(delivered(bob.take()) == Numbers{1});
}

TEST_CASE("a presence that cannot be reached keeps no connection open and no relay alive") {
  struct Unreachable final : Presence {
    std::optional<RelayPlace> claim(const MailboxId&, const RelayPlace&) override { return std::nullopt; }
    bool release(const MailboxId&, const RelayPlace&) override { throw Error(Errc::network_failed, "test"); }
    std::optional<RelayPlace> find(const MailboxId&) const override { return std::nullopt; }
  } presence;
  RelayWorld world;
  {
    Relay other(test_options(),
                {world.store, presence, world.wakeup, world.limiter, world.clock, world.random, world.log});
    RelayUser bob(world, other);
    RelayUser carol(world, other);
    bob.join();
    carol.join();
    other.close(bob.connection);
    CHECK_FALSE(other.is_open(bob.connection));
    CHECK(submit_one(carol, bob.envelope(1)) == 0);
  }  // and with carol online
}
