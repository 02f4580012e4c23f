#include "workload.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <vector>

namespace load {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::chrono::seconds kPatience{60};  // for what is under way: long enough for a machine with other work

/// What stands in front of every message; the rest is filling.
struct Stamp {
  std::uint64_t number = 0;
  std::int64_t sent = 0;  // of the steady clock
};

/// Lanes and what happens on them. Subclasses say what is sent, and when.
class Run : public LaneHandler {
 public:
  Run(IoContext& io, Party& party, std::size_t pairs, std::size_t message_bytes)
      : io_(io), party_(party), message_bytes_(std::max(message_bytes, sizeof(Stamp))), lanes_(pairs) {}

  void on_ready(std::size_t /*lane*/) override { ++ready_; }
  void on_accepted(std::size_t /*lane*/, std::size_t count) override { accepted_ += count; }
  void on_failed(const std::string& why) override {
    if (failure_.empty()) failure_ = why;
    io_.stop();
  }
  void on_delivered(std::size_t lane, ByteView payload) override {
    Stamp stamp;
    if (payload.size() == message_bytes_) std::memcpy(&stamp, payload.data(), sizeof stamp);
    if (payload.size() != message_bytes_ || stamp.number != lanes_[lane].delivered || payload.back() != kFilling) {
      return on_failed("a message was lost, repeated, changed or overtaken");
    }
    ++lanes_[lane].delivered;
    ++delivered_;
    after_delivery(lane, stamp.sent);
  }

 protected:
  struct State {
    std::unique_ptr<Lane> lane;
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    bool will_send = false;
  };

  virtual void after_delivery(std::size_t lane, std::int64_t sent) = 0;

  void open() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i].lane = party_.make_lane(i, *this);
    run_until([this] { return ready_ == lanes_.size(); }, "the connections did not become ready");
  }
  void finish() {
    run_until([this] { return delivered_ == sent_ && accepted_ == sent_; }, "messages were lost");
    for (State& state : lanes_) state.lane.reset();
    io_.restart();
    io_.poll();
  }
  void send(std::size_t lane, std::size_t count, std::int64_t stamped) {
    State& state = lanes_[lane];
    frame_.assign(count * message_bytes_, kFilling);
    for (std::size_t i = 0; i < count; ++i) {
      const Stamp stamp{state.sent++, stamped};
      std::memcpy(frame_.data() + i * message_bytes_, &stamp, sizeof stamp);
    }
    sent_ += count;
    state.lane->send(frame_, message_bytes_);
  }
  template <class Until>
  void run_until(Until until, const char* otherwise) {
    const auto deadline = Clock::now() + kPatience;
    io_.restart();
    while (failure_.empty() && !until()) {
      if (Clock::now() > deadline) throw std::runtime_error(otherwise);
      io_.run_one_for(std::chrono::milliseconds(10));
    }
    if (!failure_.empty()) throw std::runtime_error(failure_);
  }

  static constexpr std::uint8_t kFilling = 0x5a;
  IoContext& io_;
  Party& party_;
  std::size_t message_bytes_;
  std::vector<State> lanes_;
  Bytes frame_;
  std::string failure_;
  std::size_t ready_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t delivered_ = 0;
};

std::int64_t stamp_of(Clock::time_point time) { return nanoseconds(time.time_since_epoch()).count(); }

// --- as much as there is room for ---

class ThroughputRun final : public Run {
 public:
  ThroughputRun(IoContext& io, Party& party, const Throughput& work)
      : Run(io, party, work.pairs, work.message_bytes),
        work_(work),
        window_(std::max(work.in_flight / work.pairs, work.in_frame)) {}

  ThroughputFigures run() {
    open();
    for (std::size_t i = 0; i < lanes_.size(); ++i) send_soon(i);
    const Reading before = read_after(work_.warm_up, 0);
    const Reading after = read_after(work_.time, before.delivered + 1);
    is_over_ = true;
    finish();
    return compare(before, after);
  }

 private:
  struct Reading {
    Clock::time_point time;
    std::uint64_t delivered = 0;
    nanoseconds server{};
    nanoseconds client{};
  };

  /// Waits on while less than `fewest` messages have arrived: a busy machine has nothing to show after a short time.
  Reading read_after(std::chrono::milliseconds pause, std::uint64_t fewest) {
    const auto end = Clock::now() + pause;
    run_until([this, end, fewest] { return Clock::now() >= end && delivered_ >= fewest; }, "no message arrived");
    return {Clock::now(), delivered_, party_.process().cpu_time(), own_cpu_time()};
  }
  static ThroughputFigures compare(const Reading& before, const Reading& after) {
    const auto seconds = [](nanoseconds span) { return std::chrono::duration<double>(span).count(); };
    const double time = seconds(after.time - before.time);
    const double server = seconds(after.server - before.server);
    const auto messages = static_cast<double>(after.delivered - before.delivered);
    return {messages / time, server * 1e6 / messages, server / time, seconds(after.client - before.client) / time};
  }

  // Not inside a delivery: what else has arrived comes first, and then one frame answers all of it.
  void send_soon(std::size_t lane) {
    if (std::exchange(lanes_[lane].will_send, true)) return;
    boost::asio::post(io_, [this, lane] {
      State& state = lanes_[lane];
      state.will_send = false;
      while (!is_over_ && state.sent - state.delivered + work_.in_frame <= window_) send(lane, work_.in_frame, 0);
    });
  }
  void after_delivery(std::size_t lane, std::int64_t /*sent*/) override {
    const State& state = lanes_[lane];
    if (!is_over_ && state.sent - state.delivered + work_.in_frame <= window_) send_soon(lane);
  }

  Throughput work_;
  std::size_t window_;
  bool is_over_ = false;
};

// --- at a fixed rate ---

class LatencyRun final : public Run {
 public:
  LatencyRun(IoContext& io, Party& party, const Latency& work)
      : Run(io, party, work.pairs, work.message_bytes), work_(work), timer_(io) {}

  LatencyFigures run() {
    open();
    begin_ = next_ = Clock::now();
    end_ = begin_ + work_.warm_up + work_.time;
    wait();
    run_until([this] { return next_ >= end_; }, "the messages could not be sent in time");
    finish();
    if (waits_.empty()) throw std::runtime_error("no message was timed");
    std::sort(waits_.begin(), waits_.end());
    return {part(0.50), part(0.99)};
  }

 private:
  void wait() {
    timer_.expires_at(next_);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) send_due();
    });
  }
  void send_due() {
    const auto step = nanoseconds(static_cast<std::int64_t>(1e9 / work_.messages_per_second));
    for (const auto now = Clock::now(); next_ <= now && next_ < end_; next_ += step) {
      send(turn_++ % lanes_.size(), 1, stamp_of(next_));
    }
    if (next_ < end_) wait();
  }
  void after_delivery(std::size_t /*lane*/, std::int64_t sent) override {
    if (sent >= stamp_of(begin_ + work_.warm_up)) waits_.push_back(stamp_of(Clock::now()) - sent);
  }
  [[nodiscard]] double part(double of) const {
    const auto at = static_cast<std::size_t>(of * static_cast<double>(waits_.size() - 1));
    return static_cast<double>(waits_[at]) / 1e6;
  }

  Latency work_;
  boost::asio::steady_timer timer_;
  Clock::time_point begin_, next_, end_;
  std::size_t turn_ = 0;
  std::vector<std::int64_t> waits_;
};

// --- nothing at all ---

class IdleRun final : public Run {
 public:
  IdleRun(IoContext& io, Party& party) : Run(io, party, 0, 0) {}

  double run(std::size_t connections) {
    std::vector<std::unique_ptr<Idle>> idle;
    idle.push_back(party_.make_idle(0, *this));  // what the first one costs the server costs it once
    run_until([this] { return ready_ == 1; }, kNotReady);
    const std::size_t before = party_.process().resident_bytes();
    for (std::size_t i = 1; i <= connections; ++i) {
      idle.push_back(party_.make_idle(i, *this));
      if (i % 50 == 0 || i == connections) run_until([&] { return ready_ == i + 1; }, kNotReady);
    }
    const std::size_t after = party_.process().resident_bytes();
    idle.clear();
    io_.restart();
    io_.poll();
    return after < before ? 0 : static_cast<double>(after - before) / static_cast<double>(connections);
  }

 private:
  static constexpr const char* kNotReady = "the idle connections did not become ready";
  void after_delivery(std::size_t /*lane*/, std::int64_t /*sent*/) override {}
};

}  // namespace

ThroughputFigures measure_throughput(IoContext& io, Party& party, const Throughput& work) {
  return ThroughputRun(io, party, work).run();
}
LatencyFigures measure_latency(IoContext& io, Party& party, const Latency& work) {
  return LatencyRun(io, party, work).run();
}
double measure_idle(IoContext& io, Party& party, std::size_t connections) {
  return IdleRun(io, party).run(connections);
}

}  // namespace load
