// tests/unit/driver/driver_world.hpp - a driver in a loop that the test turns, with a transport that the test plays.
#pragma once

#include <anochat/driver/client_driver.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <anochat/testing/random.hpp>

#include "support/check.hpp"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace anochat::testing {

using std::chrono::milliseconds;

/// Time stands still until the test moves it. Posted work runs in run(); or at once, when nobody turns the loop.
class FakeLoop final : public IoLoop {
 public:
  void post(std::function<void()> work) override {
    if (runs_at_once) return enter(work);
    posted_.push_back(std::move(work));
  }
  Timer call_after(milliseconds delay, std::function<void()> work) override {
    timers_.emplace(++last_timer_, std::pair(now_ + delay, std::move(work)));
    return last_timer_;
  }
  void cancel(Timer timer) noexcept override { timers_.erase(timer); }
  [[nodiscard]] bool is_inside() const noexcept override { return is_inside_; }
  [[nodiscard]] Time now() const noexcept override { return now_; }

  void run() {
    while (!posted_.empty()) {
      const auto work = std::move(posted_.front());
      posted_.pop_front();
      enter(work);
    }
  }
  /// Moves time, timer by timer.
  void advance(milliseconds by) {
    const Time until = now_ + by;
    for (;;) {
      run();
      auto first = timers_.end();
      for (auto timer = timers_.begin(); timer != timers_.end(); ++timer) {
        if (first == timers_.end() || timer->second.first < first->second.first) first = timer;
      }
      if (first == timers_.end() || first->second.first > until) break;
      now_ = std::max(now_, first->second.first);
      const auto work = std::move(first->second.second);
      timers_.erase(first);
      enter(work);
    }
    now_ = until;
  }
  bool runs_at_once = false;

 private:
  void enter(const std::function<void()>& work) {
    const bool before = std::exchange(is_inside_, true);
    work();
    is_inside_ = before;
  }
  Time now_{std::chrono::hours(1)};
  std::deque<std::function<void()>> posted_;
  std::map<Timer, std::pair<Time, std::function<void()>>> timers_;
  Timer last_timer_ = 0;
  bool is_inside_ = false;
};

/// What the test and the transports of one driver share.
struct Wire {
  std::shared_ptr<FakeLoop> loop = std::make_shared<FakeLoop>();
  TransportHandler* handler = nullptr;  ///< of the transport that is there
  int attempts = 0;
  int closes = 0;
  std::size_t room = 1'000;  ///< frames that send() still takes
  bool is_reading = true;
  std::vector<Bytes> sent;
};

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(Wire& wire) : wire_(wire) {}
  ~FakeTransport() override { wire_.handler = nullptr; }
  FakeTransport(const FakeTransport&) = delete;
  FakeTransport& operator=(const FakeTransport&) = delete;

  void start(TransportHandler& handler) override {
    ++wire_.attempts;
    wire_.handler = &handler;
    wire_.is_reading = true;
  }
  [[nodiscard]] bool send(Bytes& frame) override {
    if (wire_.room == 0) return false;
    --wire_.room;
    wire_.sent.push_back(std::move(frame));
    return true;
  }
  void set_reading(bool is_on) override { wire_.is_reading = is_on; }
  void close() override {
    ++wire_.closes;
    wire_.loop->post([wire = &wire_] {
      if (wire->handler != nullptr) wire->handler->on_closed({Errc::network_failed, "closed"});
    });
  }
  [[nodiscard]] std::size_t queued_bytes() const noexcept override { return 0; }

 private:
  Wire& wire_;
};

/// A driver whose relay is one in memory, when the test lets them talk.
struct DriverWorld {
  explicit DriverWorld(DriverOptions options = {}) : relay(clock, random) {
    options.loop = wire.loop;
    options.random = &jitter;
    options.clock = &clock;
    options.make_transport = [this](const std::shared_ptr<IoLoop>&) { return std::make_unique<FakeTransport>(wire); };
    StoreOptions store;
    store.clock = &clock;
    store.random = &random;
    store.log = &log;
    ClientOptions chosen;
    chosen.clock = &clock;
    chosen.random = &random;
    chosen.one_time_prekeys = 4;
    driver.emplace(Client::create(Store::in_memory(store), chosen), std::move(options));
    wire.loop->run();
  }
  ~DriverWorld() {
    wire.loop->runs_at_once = true;
    wire.loop->run();
    driver.reset();
  }
  DriverWorld(const DriverWorld&) = delete;
  DriverWorld& operator=(const DriverWorld&) = delete;

  /// The connection opens.
  void open() {
    REQUIRE(wire.handler != nullptr);
    connection = relay.connect();
    wire.handler->on_open();
    wire.loop->run();
  }
  /// Frames go to and fro until nobody has more.
  void talk() {
    for (bool is_busy = true; is_busy && wire.handler != nullptr;) {
      is_busy = false;
      for (const Bytes& frame : std::exchange(wire.sent, {})) {
        is_busy = true;
        all_sent.push_back(frame);
        relay.receive(connection, frame);
      }
      for (const Bytes& frame : relay.take(connection)) {
        is_busy = true;
        say(frame);
      }
    }
  }
  void go_online() {
    open();
    talk();
    REQUIRE(driver->state().phase == ConnectionState::Phase::online);
  }
  void say(ByteView frame) {
    if (wire.handler != nullptr) wire.handler->on_frame(frame);
    wire.loop->run();
  }
  void lose(ConnectionFailure why = {Errc::network_failed, "cut"}) {
    REQUIRE(wire.handler != nullptr);
    wire.handler->on_closed(why);
    wire.loop->run();
  }
  [[nodiscard]] ConnectionState state() const { return driver->state(); }

  FakeClock clock;
  SeededRandom random{1};
  SeededRandom jitter{2};
  NullLog log;
  MemoryRelay relay;
  MemoryRelay::Connection connection = 0;
  Wire wire;
  std::vector<Bytes> all_sent;
  std::optional<ClientDriver> driver;
};

}  // namespace anochat::testing
