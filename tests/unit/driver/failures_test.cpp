// What a driver does when the connection, the relay or the store does not do what it should. Nothing here takes time.
#include "driver_world.hpp"
#include "storage/store_state.hpp"

#include <algorithm>

using namespace anochat;
using namespace anochat::testing;
using Phase = ConnectionState::Phase;

namespace {

BackOffOptions pauses() { return {milliseconds(100), milliseconds(10'000)}; }

DriverOptions options() {
  DriverOptions out;
  out.back_off = pauses();
  return out;
}

milliseconds pause(const DriverWorld& world) {
  REQUIRE(world.state().phase == Phase::waiting);
  return world.state().next_attempt.value();
}

struct Ear final : Log {
  int warnings = 0;
  void write(LogLevel level, std::string_view /*event*/, std::initializer_list<LogField> /*fields*/) noexcept override {
    warnings += level == LogLevel::warning ? 1 : 0;
  }
};

/// Changes the client's store behind its back.
void change(DriverWorld& world, const char* sql) {
  world.driver->with(
      [sql](Client& client) { storage::detail::StoreAccess::state(client.store()).writer->exec(sql, "test"); });
  world.wire.loop->run();
}

}  // namespace

TEST_CASE("a driver connects at once, logs in and says so") {
  DriverWorld world(options());
  CHECK(world.state().phase == Phase::connecting);
  CHECK(world.state().attempts == 1);
  world.open();
  CHECK(world.state().phase == Phase::logging_in);
  world.talk();
  CHECK(world.state().phase == Phase::online);
  CHECK_FALSE(world.state().failure);
  CHECK(world.driver->wait_until_online(milliseconds(0)));
}

TEST_CASE("attempts that fail are repeated after pauses that grow, with jitter") {
  DriverWorld world(options());
  milliseconds whole(100);
  for (std::size_t attempt = 1; attempt <= 10; ++attempt) {
    CHECK(world.state().attempts == attempt);
    world.lose({Errc::tls_failed, "the certificate has expired"});
    const milliseconds wait = pause(world);
    CHECK(wait >= whole / 2);
    CHECK(wait <= whole);
    REQUIRE(world.state().failure);
    CHECK(world.state().failure->code == Errc::tls_failed);
    CHECK(world.state().failure->text == "the certificate has expired");
    world.wire.loop->advance(wait - milliseconds(1));
    CHECK(world.wire.attempts == static_cast<int>(attempt));
    world.wire.loop->advance(milliseconds(1));
    CHECK(world.wire.attempts == static_cast<int>(attempt) + 1);
    whole = std::min(2 * whole, milliseconds(10'000));
  }
}

TEST_CASE("pauses are short again after a good connection, and stay long after one that was lost at once") {
  DriverWorld world(options());
  for (int i = 0; i < 8; ++i) {
    world.lose();
    world.wire.loop->advance(milliseconds(10'000));
  }
  world.go_online();
  SUBCASE("good") {
    world.wire.loop->advance(milliseconds(11'000));
    world.lose();
    CHECK(pause(world) <= milliseconds(100));
    CHECK(world.state().attempts == 0);
  }
  SUBCASE("lost at once") {
    world.lose();
    CHECK(pause(world) >= milliseconds(5'000));
  }
}

TEST_CASE("reconnect() ends a pause") {
  DriverWorld world(options());
  world.lose();
  CHECK(world.wire.attempts == 1);
  world.driver->reconnect();
  world.wire.loop->run();
  CHECK(world.wire.attempts == 2);
  world.driver->reconnect();  // it is connecting already
  world.wire.loop->advance(milliseconds(60'000));
  CHECK(world.wire.attempts == 2);
}

TEST_CASE("the relay's time to come back is honoured") {
  DriverWorld world(options());
  world.go_online();
  world.say(encode(RelayFrame{0, Refused{Errc::rate_limited, milliseconds(4'000)}}));
  CHECK(world.wire.closes == 1);
  CHECK(pause(world) >= milliseconds(4'000));
  CHECK(pause(world) <= milliseconds(8'000));
  CHECK(world.state().failure->code == Errc::rate_limited);
  CHECK(world.state().failure->text == "the relay asks to come back later");
}

TEST_CASE("a connection that another one displaced is not fought over") {
  DriverWorld world(options());
  world.go_online();
  world.say(encode(RelayFrame{0, Refused{Errc::already_exists, {}}}));
  CHECK(pause(world) >= milliseconds(5'000));  // half of the longest
  CHECK(world.state().failure->text == "another connection of this device has taken over");
}

TEST_CASE("a login that is refused is told, and tried again after the longest pause") {
  DriverWorld world(options());
  world.open();
  CHECK(world.wire.sent.empty());  // the relay speaks first
  world.say(encode(RelayFrame{0, Challenge{"relay.test", {}}}));
  REQUIRE(world.wire.sent.size() == 1);
  const ClientFrame login = decode_client_frame(world.wire.sent[0]);
  world.say(encode(RelayFrame{login.request, Refused{Errc::unauthorised, {}}}));
  CHECK(pause(world) >= milliseconds(5'000));
  CHECK(world.state().failure->code == Errc::unauthorised);
  const std::vector<Event> events = world.driver->take_events();
  CHECK(std::any_of(events.begin(), events.end(),
                    [](const Event& one) { return std::holds_alternative<event::LoginRefused>(one); }));
}

TEST_CASE("a relay that ends the connection for any other reason is quoted") {
  DriverWorld world(options());
  world.go_online();
  world.say(encode(RelayFrame{0, Refused{Errc::quota_exceeded, {}}}));
  CHECK(world.state().failure->code == Errc::quota_exceeded);
  CHECK(world.state().failure->text.starts_with("the relay has ended the connection: "));
}

TEST_CASE("what a store kept from leaving after the login leaves when it works again") {
  Ear ear;
  DriverOptions chosen = options();
  chosen.log = &ear;
  DriverWorld world(chosen);
  change(world, "ALTER TABLE outbox RENAME TO outbox_away");
  world.open();
  world.talk();
  CHECK(ear.warnings == 1);
  CHECK(world.state().phase == Phase::online);
  change(world, "ALTER TABLE outbox_away RENAME TO outbox");
  const std::size_t before = world.all_sent.size();
  world.wire.loop->advance(milliseconds(2'000));
  world.talk();
  CHECK(world.all_sent.size() > before);  // its prekeys, at least
  CHECK(ear.warnings == 1);
}

TEST_CASE("a store that fails for a while is left alone, and what waits leaves when it works again") {
  Ear ear;
  DriverOptions chosen = options();
  chosen.log = &ear;
  DriverWorld world(chosen);
  world.go_online();
  const auto live = [&](int rounds) {  // of two seconds
    for (int i = 0; i < rounds; ++i) {
      if (world.state().phase == Phase::connecting) world.open();
      world.talk();
      world.wire.loop->advance(milliseconds(2'000));
    }
  };
  change(world, "ALTER TABLE outbox RENAME TO outbox_away");
  world.lose();
  live(30);
  CHECK(ear.warnings >= 3);   // it is tried again
  CHECK(ear.warnings <= 60);  // now and then
  change(world, "ALTER TABLE outbox_away RENAME TO outbox");
  live(30);
  REQUIRE(world.state().phase == Phase::online);
  const int last = ear.warnings;
  world.wire.sent.clear();
  world.driver->with([](Client& client) { client.send_text(client.conversation_with(client.account()), "note"); });
  world.wire.loop->run();
  live(5);
  CHECK(ear.warnings == last);
  CHECK(world.state().phase == Phase::online);
}

TEST_CASE("without randomness for the jitter the longest pause is taken") {
  FailingRandom dry(0);
  DriverOptions chosen = options();
  auto loop = std::make_shared<FakeLoop>();
  int made = 0;
  chosen.loop = loop;
  chosen.random = &dry;
  chosen.make_transport = [&](const std::shared_ptr<IoLoop>&) -> std::unique_ptr<Transport> {
    ++made;
    throw Error(Errc::tls_failed, "test");
  };
  ClientDriver driver(Client::create(Store::in_memory({})), chosen);
  loop->run();
  loop->advance(milliseconds(9'999));
  CHECK(made == 1);
  loop->advance(milliseconds(1));
  CHECK(made == 2);
  loop->runs_at_once = true;
}

TEST_CASE("a driver that another one is moved into is stopped first") {
  DriverWorld kept(options());
  DriverWorld left(options());
  kept.go_online();
  left.wire.loop->runs_at_once = true;
  *left.driver = std::move(*kept.driver);
  CHECK(left.wire.handler == nullptr);  // its own connection is gone
  CHECK(left.driver->state().phase == Phase::online);
  kept.wire.loop->runs_at_once = true;
}

TEST_CASE("what is no relay frame ends the connection") {
  DriverWorld world(options());
  world.go_online();
  world.say(Bytes{0xff, 0xff, 0xff});
  CHECK(world.wire.closes == 1);
  CHECK(world.state().phase == Phase::waiting);
  CHECK(world.state().failure->code == Errc::bad_message);
  world.wire.loop->advance(milliseconds(1'000));
  world.go_online();
  CHECK_FALSE(world.state().failure);
}

TEST_CASE("a relay that does not answer the login is left") {
  DriverOptions chosen = options();
  chosen.login_timeout = milliseconds(3'000);
  DriverWorld world(chosen);
  world.open();
  world.wire.loop->advance(milliseconds(2'900));
  CHECK(world.state().phase == Phase::logging_in);
  world.wire.loop->advance(milliseconds(200));
  CHECK(world.wire.closes == 1);
  CHECK(world.state().failure->code == Errc::timed_out);
}

TEST_CASE("a transport that cannot be made is tried again") {
  DriverOptions chosen = options();
  FakeClock clock;
  auto loop = std::make_shared<FakeLoop>();
  int made = 0;
  chosen.loop = loop;
  chosen.make_transport = [&](const std::shared_ptr<IoLoop>&) -> std::unique_ptr<Transport> {
    ++made;
    throw Error(Errc::tls_failed, "test");
  };
  ClientDriver driver(Client::create(Store::in_memory({})), chosen);
  loop->run();
  CHECK(made == 1);
  CHECK(driver.state().failure->code == Errc::tls_failed);
  loop->advance(milliseconds(100));
  CHECK(made == 2);
  loop->runs_at_once = true;
}

TEST_CASE("options that make no sense are refused") {
  const auto make = [](const std::function<void(DriverOptions&)>& change) {
    DriverOptions chosen;
    chosen.relay = "ws://127.0.0.1:9";
    change(chosen);
    ClientDriver(Client::create(Store::in_memory({})), chosen);
  };
  CHECK_ERROR(make([](DriverOptions& o) { o.relay = ""; }), Errc::invalid_argument);
  CHECK_ERROR(make([](DriverOptions& o) { o.relay = "ws://relay.example"; }), Errc::invalid_argument);
  CHECK_ERROR(make([](DriverOptions& o) { o.back_off.first = milliseconds(0); }), Errc::invalid_argument);
  CHECK_ERROR(make([](DriverOptions& o) { o.most_events = 0; }), Errc::invalid_argument);
  CHECK_ERROR(make([](DriverOptions& o) { o.keep_alive = milliseconds(0); }), Errc::invalid_argument);
  CHECK_ERROR(make([](DriverOptions& o) {
                o.relay = "wss://relay.example";
                o.ca_file = "/nowhere/ca.pem";
              }),
              Errc::tls_failed);
}
