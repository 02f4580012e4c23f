#include <anochat/testing/crash_points.hpp>
#include <anochat/testing/lossy_network.hpp>
#include <deque>
#include <memory>
#include <set>

#include "relay_user.hpp"
#include "support/check.hpp"

using namespace anochat;
using namespace anochat::testing;

namespace {

/// The smallest client that cannot lose anything: it logs in, submits until the relay says that it has it, acknowledges.
class Mailer {
 public:
  explicit Mailer(World& world) : user_(world) {}

  void connected() {
    is_online_ = false;
    is_in_flight_ = false;
    out_.clear();
  }
  void disconnected() { connected(); }
  void receive(ByteView encoded) {
    const RelayFrame frame = decode_relay_frame(encoded);
    if (const auto* challenge = std::get_if<Challenge>(&frame.body)) return say(user_.answer(*challenge));
    if (std::holds_alternative<Done>(frame.body)) is_online_ = true;
    if (const auto* body = std::get_if<Deliver>(&frame.body)) {
      Acknowledge acknowledge;
      for (const Bytes& envelope : body->envelopes) {
        const EnvelopeId id = decode_envelope(envelope).id;
        got_.push_back(id.bytes[0]);
        acknowledge.envelopes.push_back(id.bytes);
      }
      say(acknowledge);
    }
    if (std::holds_alternative<Submitted>(frame.body) && !to_send_.empty() && frame.request == in_flight_) {
      to_send_.pop_front();
      is_in_flight_ = false;
    }
  }
  std::vector<Bytes> outgoing() {
    if (is_online_ && !is_in_flight_ && !to_send_.empty()) {
      say(Submit{{to_send_.front()}});
      in_flight_ = user_.request;
      is_in_flight_ = true;
    }
    return std::exchange(out_, {});
  }
  std::optional<UnixTime> next_timer() const { return timer_; }
  void tick() { ++ticks_; timer_.reset(); }

  void write(const Mailer& to, std::uint8_t number) { to_send_.push_back(to.user_.envelope(number)); }
  const std::deque<Submission>& to_send() const { return to_send_; }
  const std::vector<int>& got() const { return got_; }
  std::set<int> got_once() const { return {got_.begin(), got_.end()}; }
  bool is_online() const { return is_online_; }
  int ticks() const { return ticks_; }
  void set_timer(UnixTime when) { timer_ = when; }

 private:
  template <class Body>
  void say(Body body) {
    out_.push_back(encode(ClientFrame{++user_.request, std::move(body)}));
  }
  RelayUser user_;
  std::deque<Submission> to_send_;
  std::vector<Bytes> out_;
  std::vector<int> got_;
  bool is_online_ = false;
  bool is_in_flight_ = false;
  std::uint64_t in_flight_ = 0;
  std::optional<UnixTime> timer_;
  int ticks_ = 0;
};

struct Network : World {
  explicit Network(LinkConditions conditions = {}, std::uint64_t seed = 7)
      : World(1'000), network_random(seed), network(relay, clock, network_random, conditions), alice(*this), bob(*this),
        alice_end(alice), bob_end(bob), alice_id(network.attach(alice_end)), bob_id(network.attach(bob_end)) {}

  void write(std::uint8_t from, std::uint8_t to) {
    for (std::uint8_t number = from; number <= to; ++number) alice.write(bob, number);
  }

  SeededRandom network_random;
  LossyNetwork network;
  Mailer alice;
  Mailer bob;
  EndpointOf<Mailer> alice_end;
  EndpointOf<Mailer> bob_end;
  LossyNetwork::EndpointId alice_id;
  LossyNetwork::EndpointId bob_id;
};

std::vector<int> one_to(int last) {
  std::vector<int> numbers;
  for (int i = 1; i <= last; ++i) numbers.push_back(i);
  return numbers;
}

}  // namespace

TEST_CASE("a good network delivers everything in order and comes to rest") {
  Network net;
  net.write(1, 50);
  CHECK(net.network.run_until_quiet());
  CHECK(net.bob.got() == one_to(50));
  CHECK(net.relay.waiting() == 0);
  CHECK(net.network.counters().lost == 0);
  CHECK(net.network.counters().connections == 2);
  CHECK(net.network.is_connected(net.alice_id));
}

TEST_CASE("in stream mode a lost frame ends the connection, and the order stays") {
  Network net({.loss = 0.3});
  net.write(1, 50);
  CHECK(net.network.run_until_quiet());
  CHECK(net.bob.got_once().size() == 50);
  CHECK(net.relay.waiting() == 0);
  CHECK(net.network.counters().cuts > 10);
  CHECK(net.network.counters().duplicated == 0);
  std::vector<int> first_seen;
  for (const int number : net.bob.got()) {
    if (std::find(first_seen.begin(), first_seen.end(), number) == first_seen.end()) first_seen.push_back(number);
  }
  CHECK(first_seen == one_to(50));
}

TEST_CASE("in hostile mode frames are lost, repeated and overtaken, and a patient client still gets through") {
  Network net({.mode = LinkMode::hostile, .loss = 0.3, .duplication = 0.2, .reordering = 0.2});
  net.write(1, 50);
  CHECK(net.network.run_until_quiet());
  CHECK(net.bob.got_once().size() == 50);
  CHECK(net.relay.waiting() == 0);
  const NetworkCounters& counters = net.network.counters();
  CHECK(counters.lost > 0);
  CHECK(counters.duplicated > 0);
  CHECK(counters.reordered > 0);
}

TEST_CASE("the same seed gives the same run, another seed another one") {
  const auto run = [](std::uint64_t seed) {
    Network net({.loss = 0.2}, seed);
    net.write(1, 20);
    net.network.run_until_quiet();
    return std::pair{net.network.counters().steps, net.clock.now()};
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}

TEST_CASE("an endpoint in a black hole hears nothing, notices late and comes back") {
  Network net;
  REQUIRE(net.network.run_until_quiet());
  net.network.black_hole(net.bob_id, std::chrono::minutes(2));
  net.write(1, 3);
  const UnixTime start = net.clock.now();
  net.network.run_for(std::chrono::seconds(5));
  CHECK(net.network.is_connected(net.bob_id));
  CHECK(net.bob.got().empty());
  net.network.run_for(std::chrono::seconds(20));
  CHECK_FALSE(net.network.is_connected(net.bob_id));
  CHECK(net.network.run_until_quiet());
  CHECK(net.clock.now() >= start + std::chrono::minutes(2));
  CHECK(net.bob.got() == one_to(3));
}

TEST_CASE("whoever is offline gets it later") {
  Network net;
  REQUIRE(net.network.run_until_quiet());
  net.network.set_online(net.bob_id, false);
  net.write(1, 3);
  CHECK(net.network.run_until_quiet());
  CHECK(net.relay.waiting() == 3);
  net.network.set_online(net.bob_id, true);
  CHECK(net.network.run_until_quiet());
  CHECK(net.bob.got() == one_to(3));
}

TEST_CASE("a cut connection is made again") {
  Network net;
  net.write(1, 20);
  for (int i = 0; i < 5; ++i) {
    net.network.run_for(Milliseconds{40});
    net.network.cut(net.alice_id);
  }
  CHECK(net.network.run_until_quiet());
  CHECK(net.bob.got_once().size() == 20);
}

TEST_CASE("a detached endpoint is not touched any more, and another object takes its place") {
  Network net;
  REQUIRE(net.network.run_until_quiet());
  net.network.detach(net.bob_id);
  net.write(1, 2);
  CHECK(net.network.run_until_quiet());
  CHECK(net.bob.got().empty());
  CHECK(net.bob.is_online());  // nobody told it
  EndpointOf<Mailer> again(net.bob);
  net.network.attach(net.bob_id, again);
  CHECK_ERROR(net.network.attach(net.bob_id, again), Errc::wrong_state);
  CHECK(net.network.run_until_quiet());
  CHECK(net.bob.got() == one_to(2));
  net.network.detach(net.bob_id);
}

TEST_CASE("timers fire at their time, and one that is always due does not stop the clock") {
  Network net;
  REQUIRE(net.network.run_until_quiet());
  const UnixTime start = net.clock.now();
  net.alice.set_timer(start + std::chrono::seconds(30));
  CHECK(net.network.run_until([&] { return net.alice.ticks() == 1; }, std::chrono::minutes(5)));
  CHECK(net.clock.now() == start + std::chrono::seconds(30));
  net.alice.set_timer(start + std::chrono::hours(5));
  CHECK(net.network.run_until_quiet());  // beyond the horizon
  CHECK(net.alice.ticks() == 1);
  CHECK(net.network.run_for(std::chrono::hours(6)));
  CHECK(net.alice.ticks() == 2);
}

TEST_CASE("steps and time are bounded") {
  Network net;
  net.write(1, 50);
  CHECK_FALSE(net.network.run_until_quiet(/*most_steps=*/10));
  CHECK(net.network.counters().steps == 10);
  CHECK_FALSE(net.network.run_for(std::chrono::hours(1), /*most_steps=*/5));
  CHECK_FALSE(net.network.run_until([] { return false; }, Milliseconds{10}));
  CHECK(net.network.run_until_quiet());
  CHECK_FALSE(net.network.run_until([] { return false; }, std::chrono::hours(1)));  // nothing is left that could happen
}

TEST_CASE("the tap sees every frame that an endpoint offers") {
  Network net({.loss = 0.3});
  std::size_t seen = 0;
  net.network.set_tap([&](LossyNetwork::EndpointId id, ByteView frame) {
    CHECK(id < 2);
    CHECK_NOTHROW(decode_client_frame(frame));
    ++seen;
  });
  net.write(1, 5);
  net.network.run_until_quiet();
  CHECK(seen >= 12);
}

TEST_CASE("a crash passes through the network, which goes on without the endpoint") {
  Network net;
  REQUIRE(net.network.run_until_quiet());
  net.network.detach(net.bob_id);
  CrashPoints points;
  EndpointOf<Mailer> plain(net.bob);
  CrashingEndpoint crashing(plain, points);
  net.network.attach(net.bob_id, crashing);
  points.arm("receive.after", 3, CrashAction::leave);  // Challenge, Done, Deliver
  net.write(1, 3);
  CHECK_THROWS_AS(net.network.run_until_quiet(), Crash);
  net.network.detach(net.bob_id);
  net.network.attach(net.bob_id, plain);
  CHECK(net.network.run_until_quiet());
  CHECK(net.bob.got_once().size() == 3);
  CHECK(net.relay.waiting() == 0);
  net.network.detach(net.bob_id);
}
