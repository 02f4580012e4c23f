#include "relay_world.hpp"
#include "support/check.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace anochat;
using namespace anochat::testing;

namespace {

/// A store that fails on command.
class BreakingStore final : public RelayStore {
 public:
  MemoryRelayStore good;
  bool fails_commit = false;
  bool fails_append = false;
  std::size_t leases = 0;
  std::uint64_t first_number = 0;  // of an append, beyond the good store's

  std::optional<RelayAccount> account(const ByteArray<32>& id) override { return good.account(id); }
  void put_account(const ByteArray<32>& id, const RelayAccount& account) override { good.put_account(id, account); }
  std::optional<RelayDevice> device(const MailboxId& mailbox) override { return good.device(mailbox); }
  std::vector<RelayDevice> devices(const ByteArray<32>& account) override { return good.devices(account); }
  void put_device(const RelayDevice& device) override { good.put_device(device); }
  void remove_device(const MailboxId& mailbox) override { good.remove_device(mailbox); }
  std::uint64_t generation(const MailboxId& mailbox) override { return good.generation(mailbox); }
  void set_generation(const MailboxId& mailbox, std::uint64_t value) override { good.set_generation(mailbox, value); }
  void add_prekeys(const MailboxId& mailbox, const PublishPreKeys& records) override {
    good.add_prekeys(mailbox, records);
  }
  void drop_prekeys(const MailboxId& mailbox) override { good.drop_prekeys(mailbox); }
  PreKeyCount count_prekeys(const MailboxId& mailbox, UnixTime now) override {
    return good.count_prekeys(mailbox, now);
  }
  std::optional<TakenPreKeys> take_prekeys(const MailboxId& mailbox, bool one_time, UnixTime now) override {
    return good.take_prekeys(mailbox, one_time, now);
  }
  std::optional<RelayRecipient> recipient(const MailboxId& mailbox, UnixTime now) override {
    return good.recipient(mailbox, now);
  }
  Appended append(const EnvelopeView& envelope, ByteView encoded, UnixHour keep_until,
                  const MailboxRoom& room) override {
    Appended result = good.append(envelope, encoded, keep_until, room);
    result.number += first_number;
    if (fails_append) throw Error(Errc::disk_full, "test");
    return result;
  }
  std::vector<LeasedEnvelope> lease(const MailboxId& mailbox, std::uint64_t after, const MailboxRoom& most) override {
    ++leases;
    return good.lease(mailbox, after, most);
  }
  std::size_t acknowledge(const MailboxId& mailbox, std::span<const ByteArray<16>> ids, UnixHour until) override {
    return good.acknowledge(mailbox, ids, until);
  }
  MailboxRoom used(const MailboxId& mailbox) override { return good.used(mailbox); }
  std::size_t expire(UnixTime now, std::size_t most) override { return good.expire(now, most); }
  bool has_changes() const noexcept override { return good.has_changes(); }
  void commit() override {
    if (fails_commit) throw Error(Errc::io_failed, "test");
    good.commit();
  }
  void roll_back() noexcept override { good.roll_back(); }
};

std::size_t count_refused(const std::vector<RelayFrame>& frames, Errc code) {
  std::size_t count = 0;
  for (const RelayFrame& frame : frames) {
    const auto* refused = std::get_if<Refused>(&frame.body);
    if (refused != nullptr && refused->code == code) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("what is no frame closes the connection, and only that one") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  bob.log_in();
  Bytes frame = encode(ClientFrame{5, Submit{{bob.envelope(1)}}});
  Errc expected = Errc::bad_message;
  SUBCASE("empty") { frame.clear(); }
  SUBCASE("text") { frame = to_bytes("GET / HTTP/1.1"); }
  SUBCASE("cut") { frame.pop_back(); }
  SUBCASE("a frame that only a relay sends") { frame = encode(RelayFrame{1, Pong{}}); }
  SUBCASE("longer than any") {
    frame.assign(kMaxRelayFrameLen + 1, 0);
    expected = Errc::too_large;
  }
  world.relay.receive(alice.connection, frame);
  check_closed(alice, alice.take(), expected);
  world.relay.receive(alice.connection, frame);  // nothing any more
  CHECK(alice.take().empty());
  CHECK(world.relay.metrics().malformed == 1);
  bob.ask<Pong>(Ping{});
}

TEST_CASE("a million tiny frames end after some hundred, and others do not notice") {
  RelayWorld world;
  RelayUser mallory(world);
  RelayUser bob(world);
  mallory.log_in();
  bob.join();
  const Bytes ping = encode(ClientFrame{1, Ping{}});
  std::size_t answered = 0;
  std::size_t refused = 0;
  int sent = 0;
  for (; sent < 1'000'000 && world.relay.is_open(mallory.connection); ++sent) {
    world.relay.receive(mallory.connection, ping);
    const auto frames = mallory.take();
    refused += count_refused(frames, Errc::rate_limited);
    answered += frames.size();
  }
  const RelayOptions options = test_options();
  CHECK(sent == static_cast<int>(options.frames.burst + options.refusals.burst));
  CHECK(refused == static_cast<std::size_t>(options.refusals.burst) + 1);
  CHECK(answered == static_cast<std::size_t>(sent));
  for (; sent < 1'000'000; ++sent) world.relay.receive(mallory.connection, ping);
  bob.ask<Pong>(Ping{});
}

TEST_CASE("who keeps to the rate is answered for ever") {
  RelayWorld world;
  RelayUser alice(world);
  alice.log_in();
  for (int i = 0; i < 3'000; ++i) {
    world.clock.advance(std::chrono::milliseconds(10));
    alice.ask<Pong>(Ping{});
  }
}

TEST_CASE("bytes and submissions have rates of their own, and the refusal says when to come back") {
  RelayOptions options = test_options();
  options.bytes = {1'100'000, 100'000};
  options.submissions = {300, 100};
  RelayWorld world(options);
  RelayUser bob(world);
  bob.join();
  SUBCASE("bytes") {
    const Submit big{std::vector<Submission>(10, bob.envelope(1, std::chrono::hours(1), 90'000))};
    CHECK(bob.say(big).size() == 2);
    const auto refused = bob.ask<Refused>(big);
    CHECK(refused.code == Errc::rate_limited);
    world.clock.advance(refused.retry_after);
    bob.ask<Submitted>(big);
  }
  SUBCASE("submissions") {
    const Submit many{std::vector<Submission>(256, bob.signal(1))};
    bob.say(many);
    const auto refused = bob.ask<Refused>(many);
    CHECK(refused.code == Errc::rate_limited);
    CHECK(refused.retry_after == std::chrono::milliseconds(2'120));
    world.clock.advance(refused.retry_after);
    CHECK(bob.say(many).size() > 1);
  }
}

TEST_CASE("an account has one rate for the submissions of all its connections") {
  RelayOptions options = test_options();
  options.account_submissions = {300, 1};
  RelayWorld world(options);
  RelayUser bob(world);
  bob.join();
  const Submit many{std::vector<Submission>(256, bob.envelope(1, std::chrono::hours(-2)))};
  bob.ask<Submitted>(many);
  bob.log_in();
  CHECK(bob.ask<Refused>(many).code == Errc::rate_limited);
}

TEST_CASE("memory for a connection that does not read is bounded, and it gets everything when it does") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser slow(world);
  slow.join();
  alice.log_in();
  const std::size_t limit = test_options().outgoing_bytes;
  std::size_t most = 0;
  std::vector<int> expected;
  for (unsigned i = 1; i <= 400; ++i) {
    CHECK(submit_one(alice, slow.envelope(i, std::chrono::hours(24), 2'000)) == 0);
    if (i % 3 == 0) CHECK(submit_one(alice, slow.signal(i)) == 0);
    most = std::max(most, world.relay.outgoing_bytes(slow.connection));
    expected.push_back(static_cast<int>(i));
    world.clock.advance(std::chrono::milliseconds(20));
  }
  CHECK(most >= limit);
  CHECK(most < limit + 3'000);  // one frame more
  CHECK(world.relay.metrics().signals_dropped > 100);

  std::vector<int> got;
  for (;;) {  // little by little
    const auto frames = world.relay.take(slow.connection, 5'000);
    if (frames.empty()) break;
    CHECK(world.relay.outgoing_bytes(slow.connection) < limit + 3'000);
    std::vector<RelayFrame> decoded;
    for (const Bytes& frame : frames) decoded.push_back(decode_relay_frame(frame));
    for (const int number : delivered(decoded)) {
      if (got.empty() || number > got.back()) got.push_back(number);  // signals repeat numbers of envelopes
    }
  }
  CHECK(got == expected);
  CHECK(world.relay.outgoing_bytes(slow.connection) == 0);
  CHECK(world.relay.wants_input(slow.connection));
}

TEST_CASE("who has got more envelopes than it has read can still acknowledge") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser slow(world);
  slow.join();
  alice.log_in();
  for (unsigned i = 1; i <= 400; ++i) {
    CHECK(submit_one(alice, slow.envelope(i, std::chrono::hours(24), 2'000)) == 0);
    world.clock.advance(std::chrono::milliseconds(20));
  }
  REQUIRE(world.relay.outgoing_bytes(slow.connection) >= test_options().outgoing_bytes);
  REQUIRE(world.relay.wants_input(slow.connection));
  const std::size_t before = world.store.used(slow.mailbox()).envelopes;
  slow.tell(Acknowledge{{decode_envelope(slow.envelope(1, std::chrono::hours(24), 2'000).envelope).id.bytes}});
  world.relay.flush();
  CHECK(world.relay.is_open(slow.connection));
  CHECK(world.store.used(slow.mailbox()).envelopes == before - 1);
}

TEST_CASE("a driver that goes on reading from who does not read loses the connection, not memory") {
  RelayWorld world;
  RelayUser mallory(world);
  mallory.join();
  std::size_t most = 0;
  for (int i = 0; i < 5'000 && world.relay.is_open(mallory.connection); ++i) {
    mallory.tell(FetchAccounts{std::vector<ByteArray<32>>(16, mallory.account.id())});
    world.relay.flush();
    most = std::max(most, world.relay.outgoing_bytes(mallory.connection));
    world.clock.advance(std::chrono::seconds(1));
  }
  CHECK_FALSE(world.relay.is_open(mallory.connection));
  CHECK(most < test_options().outgoing_bytes + kMaxRelayFrameLen);
}

TEST_CASE("a connection that does not log in, or falls silent, is closed") {
  RelayWorld world;
  RelayUser nobody(world);
  RelayUser alice(world);
  nobody.connect();
  alice.log_in();
  const RelayOptions options = test_options();
  world.clock.advance(options.login_deadline - Milliseconds(1));
  nobody.ask<Pong>(Ping{});  // is no login
  world.relay.tick();
  CHECK(world.relay.is_open(nobody.connection));
  world.clock.advance(std::chrono::seconds(2));
  world.relay.tick();
  check_closed(nobody, nobody.take(), Errc::timed_out);
  CHECK(world.relay.is_open(alice.connection));
  alice.ask<Pong>(Ping{});
  world.clock.advance(options.idle_deadline);
  world.relay.tick();
  check_closed(alice, alice.take(), Errc::timed_out);
  CHECK(world.relay.metrics().timed_out == 2);
  CHECK(world.relay.metrics().connections == 0);
}

TEST_CASE("in a reconnect storm some are told to come back later, not all at once") {
  RelayOptions options = test_options();
  options.connections = 3'000;
  options.address_connections = {50, 10};
  options.logins = {40, 10};
  RelayWorld world(options);
  std::vector<Relay::Connection> open;
  std::set<Milliseconds> when;
  std::size_t refused = 0;
  for (unsigned i = 0; i < 10'000; ++i) {
    const Bytes address{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>((i >> 8) % 16)};
    const auto connection = world.relay.open(address);
    if (world.relay.is_open(connection)) {
      open.push_back(connection);
      continue;
    }
    ++refused;
    when.insert(std::get<Refused>(decode_relay_frame(world.relay.take(connection).at(0)).body).retry_after);
  }
  CHECK(open.size() == 3'000);
  CHECK(refused == 7'000);
  CHECK(when.size() > 1'000);
  for (const auto connection : open) world.relay.close(connection);
  CHECK(world.relay.metrics().connections == 0);

  SUBCASE("of one address class") {
    for (int i = 0; i < 50; ++i) CHECK(world.relay.is_open(world.relay.open(as_bytes("one"))));
    CHECK_FALSE(world.relay.is_open(world.relay.open(as_bytes("one"))));
    CHECK(world.relay.is_open(world.relay.open(as_bytes("two"))));
  }
  SUBCASE("of logins") {
    RelayUser alice(world);
    for (unsigned i = 0; i < 40; ++i) {
      alice.address_class = {static_cast<std::uint8_t>(i), 77};
      alice.log_in();
    }
    CHECK(check_closed(alice, alice.say(alice.answer(alice.connect())), Errc::rate_limited).retry_after.count() > 0);
    world.clock.advance(std::chrono::seconds(1));
    alice.log_in();
  }
}

TEST_CASE("a clock that is set back a year stops nothing, and loses nothing when it is put right") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join();
  alice.log_in();
  const Submission before = bob.envelope(1, std::chrono::hours(48));
  CHECK(submit_one(alice, before) == 0);
  const UnixTime right = world.clock.now();
  world.clock.set(right - std::chrono::hours(24 * 365));
  world.relay.tick();
  for (int i = 0; i < 3'000; ++i) {  // limits still fill
    world.clock.advance(std::chrono::milliseconds(10));
    alice.ask<Pong>(Ping{});
  }
  world.clock.set(right);
  CHECK(submit_one(alice, bob.envelope(2, std::chrono::hours(48))) == 0);
  world.clock.set(right - std::chrono::hours(24 * 365));
  bob.say(Ping{});
  world.relay.tick();
  world.clock.set(right);
  world.relay.tick();
  CHECK(world.relay.is_open(alice.connection));
  CHECK(delivered(bob.log_in()) == std::vector{1, 2});
}

TEST_CASE("a store that fails takes the group with it: everybody is told, nothing is promised") {
  BreakingStore store;
  RelayWorld world(test_options(), &store);
  RelayUser alice(world);
  RelayUser bob(world);
  RelayUser carol(world);
  bob.join();
  alice.log_in();
  carol.connect();
  alice.tell(Submit{{bob.envelope(1)}});
  SUBCASE("in the commit") {
    carol.tell(carol.answer(carol.connect()));
    store.fails_commit = true;
    world.relay.flush();
    const auto frames = alice.take();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].request == alice.request);
    CHECK(std::get<Refused>(frames[0].body).code == Errc::io_failed);
    CHECK(std::get<Refused>(frames[0].body).retry_after.count() > 0);
    check_closed(carol, carol.take(), Errc::io_failed);  // is not registered
    store.fails_commit = false;
  }
  SUBCASE("in the middle") {
    store.fails_append = true;
    bob.tell(Submit{{bob.envelope(2)}});
    for (const RelayUser* user : {&alice, &bob}) {
      const auto frames = user->take();
      REQUIRE(frames.size() == 1);
      CHECK(frames[0].request == user->request);
      CHECK(std::get<Refused>(frames[0].body).code == Errc::disk_full);
    }
    store.fails_append = false;
  }
  CHECK_FALSE(world.relay.is_ready());
  CHECK(world.relay.metrics().commit_failures == 1);
  CHECK(bob.take().empty());
  CHECK(submit_one(alice, bob.envelope(1)) == 0);
  CHECK(delivered(bob.take()) == std::vector{1});
  CHECK(world.relay.is_ready());
}

TEST_CASE("who is there gets fresh envelopes in order, read back from the store only where that is needed") {
  BreakingStore store;
  RelayWorld world(test_options(), &store);
  RelayUser alice(world);
  RelayUser bob(world);
  RelayUser carol(world);
  bob.join();
  carol.join();
  alice.log_in();
  store.leases = 0;
  std::vector<int> expected;
  const auto send = [&](unsigned from, unsigned to, std::size_t size) {
    for (unsigned i = from; i <= to; ++i) {
      alice.tell(Submit{{bob.envelope(i, std::chrono::hours(24), size), carol.envelope(i)}});
      expected.push_back(static_cast<int>(i));
    }
    world.relay.flush();
    alice.take();
  };

  SUBCASE("not at all for who has got all before them") {
    send(1, 100, 100);
    CHECK(delivered(bob.take()) == expected);
    send(101, 200, 100);
    CHECK(delivered(bob.take()).back() == 200);
    CHECK(store.leases == 0);
    CHECK(world.relay.metrics().delivered == 400);
  }
  SUBCASE("when one group is more than a connection may hold") {
    send(1, 100, 2'000);
    CHECK(world.relay.outgoing_bytes(bob.connection) < test_options().outgoing_bytes + 70'000);
    CHECK(delivered(bob.take()) == expected);
    CHECK(store.leases > 0);
  }
  SUBCASE("when the numbers have a gap") {
    store.first_number = 5;
    send(1, 3, 100);
    CHECK(delivered(bob.take()) == expected);
    CHECK(store.leases > 0);
  }
  SUBCASE("nothing of a group that fails") {
    store.fails_commit = true;
    alice.tell(Submit{{bob.envelope(1)}});
    world.relay.flush();
    store.fails_commit = false;
    CHECK(bob.take().empty());
    send(2, 3, 100);
    CHECK(delivered(bob.take()) == std::vector{2, 3});
  }
  CHECK(delivered(carol.take()) == expected);
}

TEST_CASE("a relay that drains tells everybody to come back, at different times") {
  RelayWorld world;
  std::vector<Relay::Connection> connections;
  for (int i = 0; i < 100; ++i) connections.push_back(world.relay.open(as_bytes("here")));
  RelayUser bob(world);
  bob.join();
  bob.tell(Submit{{bob.envelope(1)}});
  world.relay.drain(std::chrono::seconds(30));
  const auto frames = bob.take();
  CHECK(std::holds_alternative<Submitted>(frames.at(0).body));  // what was promised
  check_closed(bob, frames, Errc::rate_limited);
  std::set<Milliseconds> when;
  for (const auto connection : connections) {
    when.insert(std::get<Refused>(decode_relay_frame(world.relay.take(connection).at(1)).body).retry_after);
  }
  CHECK(when.size() > 50);
  CHECK(*when.rbegin() <= std::chrono::seconds(30));
  CHECK_FALSE(world.relay.is_ready());
  CHECK_FALSE(world.relay.is_open(world.relay.open({})));
}

TEST_CASE("the driver hears once of every connection that has something to take") {
  RelayWorld world;
  RelayUser alice(world);
  RelayUser bob(world);
  alice.log_in();
  bob.join();
  static_cast<void>(world.relay.ready());
  alice.tell(Submit{{bob.envelope(1), bob.envelope(2)}});
  CHECK(world.relay.ready().empty() == false);
  world.relay.flush();
  const auto ready = world.relay.ready();
  CHECK(ready.size() == 2);
  CHECK(world.relay.ready().empty());
}

TEST_CASE("options that make no sense are refused") {
  const auto make = [](auto change) {
    RelayOptions options = test_options();
    change(options);
    RelayWorld world(options);
  };
  CHECK_ERROR(make([](RelayOptions& options) { options.name.clear(); }), Errc::invalid_argument);
  CHECK_ERROR(make([](RelayOptions& options) { options.name.assign(256, 'x'); }), Errc::invalid_argument);
  CHECK_ERROR(make([](RelayOptions& options) { options.bytes.burst = 1'000; }), Errc::invalid_argument);
  CHECK_ERROR(make([](RelayOptions& options) { options.submissions.burst = 255; }), Errc::invalid_argument);
  CHECK_ERROR(make([](RelayOptions& options) { options.group_submissions = 0; }), Errc::invalid_argument);
}
