// anochat/testing/lossy_network.hpp - connections between clients and a relay that treat frames as badly as wanted.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/endpoint.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace anochat::testing {

enum class LinkMode : std::uint8_t {
  stream,   ///< as a real connection: frames arrive in order and once, or the connection ends; then the rest is lost
  hostile,  ///< any frame may be lost, repeated or overtaken; a connection that lost one is given up after `patience`
};

/// How links behave. Probabilities are 0 to 1 and are drawn anew for each frame, in both directions.
struct LinkConditions {
  LinkMode mode = LinkMode::stream;
  double loss = 0;         ///< of a frame; in stream mode that ends the connection
  double duplication = 0;  ///< of a frame; hostile mode only
  double reordering = 0;   ///< that a frame is held up for up to ten times `most_delay`; hostile mode only
  Milliseconds least_delay{5};
  Milliseconds most_delay{50};
  Milliseconds reconnect_after{500};  ///< give or take half of it
  Milliseconds patience{10'000};      ///< how long a silent connection is believed in
};

struct NetworkCounters {
  std::uint64_t steps = 0;
  std::uint64_t frames = 0;  ///< offered by both sides
  std::uint64_t lost = 0;    ///< with those that ended connections took along
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t connections = 0;
  std::uint64_t cuts = 0;      ///< connections that ended
  std::uint64_t rejected = 0;  ///< frames of the relay that made an endpoint throw Error
};

/// Connects any number of endpoints with one relay. Nothing happens outside run_*(), which move the fake clock from event
/// to event: an hour of traffic takes no time, and the same seeds give the same hour. One thread at a time.
///
/// Give it a Random of its own, so that the network's draws do not change the clients' keys. What an endpoint throws passes
/// through run_*(), but for an Error from receive(); after detach() the network goes on.
class LossyNetwork {
 public:
  using EndpointId = std::size_t;

  LossyNetwork(MemoryRelay& relay, FakeClock& clock, Random& random, LinkConditions conditions = {});
  ~LossyNetwork();
  LossyNetwork(const LossyNetwork&) = delete;
  LossyNetwork& operator=(const LossyNetwork&) = delete;

  /// Adds an endpoint, which is connected as soon as the network runs. It must live until detach().
  EndpointId attach(Endpoint& endpoint);
  /// Forgets an endpoint without a word to it, as when its process dies: what it sent a moment ago may still arrive.
  void detach(EndpointId id);
  /// A new object in the place of a detached one: the process started again.
  void attach(EndpointId id, Endpoint& endpoint);

  void set_conditions(LinkConditions conditions);
  void set_conditions(EndpointId id, LinkConditions conditions);
  /// Off: ends the connection and makes no new one. On: connects again.
  void set_online(EndpointId id, bool is_online);
  /// Ends the connection, in mid-stream; a new one follows.
  void cut(EndpointId id);
  /// For this long every frame from and to the endpoint vanishes without a sign. It notices after `patience`.
  void black_hole(EndpointId id, Milliseconds duration);

  /// Runs until nothing is on its way, everybody who is online is connected, and no timer is due within `horizon`.
  /// @param most_steps  each is one frame, connection or timer
  /// @return false when the steps did not suffice
  bool run_until_quiet(std::size_t most_steps = 1'000'000, Milliseconds horizon = Milliseconds{60'000});
  /// Runs until `is_done()`, which is asked after each step.
  /// @return false when the steps or the time did not suffice, or nothing is left that could happen
  bool run_until(const std::function<bool()>& is_done, Milliseconds most_time, std::size_t most_steps = 1'000'000);
  /// Runs for this long by the fake clock, and leaves it there. @return false when the steps did not suffice
  bool run_for(Milliseconds time, std::size_t most_steps = 1'000'000);

  [[nodiscard]] bool is_connected(EndpointId id) const;
  [[nodiscard]] const NetworkCounters& counters() const noexcept;

  /// Called with every frame that an endpoint offers, lost ones too: for asserting what a client puts on the wire.
  void set_tap(std::function<void(EndpointId, ByteView)> tap);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anochat::testing
