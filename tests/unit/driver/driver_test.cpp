// The client under a driver: its lock, its events, its timers, its end.
#include "driver_world.hpp"

#include <algorithm>
#include <poll.h>

using namespace anochat;
using namespace anochat::testing;

namespace {

bool is_readable(int descriptor) {
  pollfd wait{descriptor, POLLIN, 0};
  return ::poll(&wait, 1, 0) == 1;
}

std::size_t pings(const std::vector<Bytes>& frames) {
  return static_cast<std::size_t>(std::count_if(frames.begin(), frames.end(), [](const Bytes& frame) {
    return std::holds_alternative<Ping>(decode_client_frame(frame).body);
  }));
}

}  // namespace

TEST_CASE("what an application does with the client leaves at once") {
  DriverWorld world;
  world.go_online();
  world.wire.sent.clear();
  const MessageHandle sent = world.driver->with([](Client& me) {
    return me.send_text(me.conversation_with(AccountId{1, 2, 3}), "hello");
  });
  CHECK(world.wire.sent.empty());  // the loop sends
  world.wire.loop->run();
  CHECK_FALSE(world.wire.sent.empty());
  CHECK(world.driver->with([&](Client& me) { return me.message(sent)->body; }) == "hello");
}

TEST_CASE("what is thrown inside with() comes out, and the driver works on") {
  DriverWorld world;
  world.go_online();
  CHECK_ERROR(world.driver->with([](Client& me) { me.remove_for_all(MessageHandle{99}); }), Errc::not_found);
  CHECK(world.driver->with([](Client& me) { return me.is_online(); }));
}

TEST_CASE("events can be taken, waited for and polled") {
  DriverWorld world;
  CHECK_FALSE(is_readable(world.driver->event_fd()));
  CHECK(world.driver->wait_events(milliseconds(1)).empty());
  world.go_online();
  CHECK(is_readable(world.driver->event_fd()));
  const std::vector<Event> first = world.driver->wait_events(milliseconds(0), 1);
  REQUIRE(first.size() == 1);
  CHECK(std::holds_alternative<event::Online>(first[0]));
  static_cast<void>(world.driver->take_events());
  CHECK_FALSE(is_readable(world.driver->event_fd()));
  world.lose();
  CHECK(is_readable(world.driver->event_fd()));
  CHECK(std::holds_alternative<event::Offline>(world.driver->take_events().at(0)));
}

TEST_CASE("nothing more is read while too many events wait, and none is lost") {
  DriverOptions options;
  options.most_events = 1;
  DriverWorld world(options);
  world.open();
  world.talk();
  CHECK_FALSE(world.wire.is_reading);  // Online waits
  world.lose();
  const auto take_one = [&] {
    const std::vector<Event> events = world.driver->take_events();
    REQUIRE(events.size() == 1);
    return events[0];
  };
  CHECK(std::holds_alternative<event::Online>(take_one()));
  CHECK(std::holds_alternative<event::Offline>(take_one()));
  world.wire.loop->advance(milliseconds(1'000));
  world.open();
  world.talk();
  CHECK_FALSE(world.wire.is_reading);
  CHECK(std::holds_alternative<event::Online>(take_one()));
  world.wire.loop->run();
  CHECK(world.wire.is_reading);
}

TEST_CASE("a full transport makes the client wait, in order") {
  DriverWorld world;
  world.go_online();
  world.wire.room = 0;
  for (int i = 0; i < 5; ++i) {
    const AccountId to{static_cast<std::uint8_t>(i)};  // each has to be fetched first
    world.driver->with([&](Client& me) { me.send_text(me.conversation_with(to), "x"); });
    world.wire.loop->run();
  }
  CHECK(world.wire.sent.empty());
  world.wire.room = 1'000;
  world.wire.handler->on_writable();
  world.wire.loop->run();
  REQUIRE(world.wire.sent.size() >= 2);
  std::uint64_t last = 0;
  for (const Bytes& frame : world.wire.sent) {
    const std::uint64_t request = decode_client_frame(frame).request;
    CHECK(request > last);
    last = request;
  }
}

TEST_CASE("a quiet client pings its relay, one that talks does not") {
  DriverOptions options;
  options.keep_alive = milliseconds(10'000);
  DriverWorld world(options);
  world.go_online();
  world.wire.sent.clear();
  world.wire.loop->advance(milliseconds(39'000));
  CHECK(pings(world.wire.sent) == 0);
  world.wire.loop->advance(milliseconds(2'000));
  CHECK(pings(world.wire.sent) == 1);
  world.talk();  // its answer troubles nobody
  CHECK(world.state().phase == ConnectionState::Phase::online);
}

TEST_CASE("the client's timers run") {
  DriverWorld world;
  world.go_online();
  const auto due = world.driver->with([](Client& me) { return me.next_timer(); });
  REQUIRE(due);
  world.clock.set(*due + milliseconds(1));
  world.wire.loop->advance(milliseconds(31'000));  // the clock was set, which nobody is told
  const auto next = world.driver->with([](Client& me) { return me.next_timer(); });
  REQUIRE(next);
  CHECK(*next > *due);
}

TEST_CASE("stop() closes the connection and the store, and may be called again") {
  DriverWorld world;
  world.go_online();
  world.wire.loop->runs_at_once = true;
  world.driver->stop();
  CHECK(world.wire.closes == 1);
  CHECK(world.wire.handler == nullptr);
  CHECK(world.state().phase == ConnectionState::Phase::stopped);
  CHECK_ERROR(world.driver->with([](Client&) {}), Errc::wrong_state);
  CHECK_FALSE(world.driver->wait_until_online(std::chrono::hours(1)));
  CHECK_FALSE(world.driver->take_events().empty());  // what was left
  CHECK(world.driver->wait_events(std::chrono::hours(1)).empty());
  world.driver->reconnect();
  world.driver->stop();
  CHECK(world.wire.attempts == 1);
}

TEST_CASE("stopping while waiting or connecting works as well") {
  DriverWorld world;
  SUBCASE("connecting") {}
  SUBCASE("waiting") { world.lose(); }
  world.wire.loop->runs_at_once = true;
  world.driver->stop();
  CHECK(world.state().phase == ConnectionState::Phase::stopped);
  world.wire.loop->advance(std::chrono::hours(1));
  CHECK(world.wire.attempts == 1);
}
