#include <anochat/testing/lossy_network.hpp>

#include <anochat/base/error.hpp>
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

namespace anochat::testing {
namespace {

using EndpointId = LossyNetwork::EndpointId;
using Connection = MemoryRelay::Connection;

using Key = std::pair<UnixTime, std::uint64_t>;  // when, and the order among those of one time

struct Line {
  Endpoint* endpoint = nullptr;
  LinkConditions conditions;
  std::optional<Connection> connection;
  UnixTime up_free;    // stream mode: when the last frame to the relay arrives; the next one cannot be earlier
  UnixTime down_free;  // the same for the client
  UnixTime hole_until;
  bool is_online = true;
  bool is_given_up = false;  // the end of this connection is already in the queue
  bool is_connecting = false;
  std::optional<UnixTime> timer;
  std::set<Key> queued;  // events of the present connection
};

struct ToRelay {
  Bytes frame;
};
struct ToClient {
  Bytes frame;
};
struct Connect {};
struct GiveUp {};

struct Event {
  EndpointId id;
  Connection connection;  // the event means nothing when there is another one by now
  std::variant<ToRelay, ToClient, Connect, GiveUp> what;
};

}  // namespace

struct LossyNetwork::State {
  State(MemoryRelay& with_relay, FakeClock& with_clock, Random& with_random, LinkConditions with)
      : relay(with_relay), clock(with_clock), random(with_random), conditions(with) {}

  MemoryRelay& relay;
  FakeClock& clock;
  Random& random;
  LinkConditions conditions;
  std::vector<Line> lines;
  std::map<Connection, EndpointId> owners;
  std::map<Key, Event> queue;
  std::set<std::pair<UnixTime, EndpointId>> timers;
  std::uint64_t sequence = 0;
  NetworkCounters counters;
  std::function<void(EndpointId, ByteView)> tap;

  // ----- chance -----

  double chance() {
    const auto bytes = random.array<4>();
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    return static_cast<double>(value) / 4'294'967'296.0;
  }
  bool happens(double probability) { return probability > 0 && chance() < probability; }
  Milliseconds between(Milliseconds least, Milliseconds most) {
    const auto range = static_cast<double>((most - least).count() + 1);
    return least + Milliseconds{static_cast<Milliseconds::rep>(chance() * range)};
  }

  // ----- the queue -----

  void at(UnixTime when, EndpointId id, Connection connection, decltype(Event::what) what) {
    const Key key{when, sequence++};
    queue.emplace(key, Event{id, connection, std::move(what)});
    if (connection != 0) lines[id].queued.insert(key);
  }
  void connect_later(EndpointId id, Milliseconds delay) {
    Line& line = lines[id];
    if (line.is_connecting || !line.is_online || line.endpoint == nullptr) return;
    line.is_connecting = true;
    at(std::max(clock.now() + delay, line.hole_until), id, 0, Connect{});
  }
  void reconnect_later(EndpointId id) {
    const Milliseconds wait = lines[id].conditions.reconnect_after;
    connect_later(id, between(wait / 2, wait + wait / 2));
  }
  void give_up_later(EndpointId id, Milliseconds delay) {
    Line& line = lines[id];
    if (!std::exchange(line.is_given_up, true)) at(clock.now() + delay, id, *line.connection, GiveUp{});
  }
  void set_timer(EndpointId id, std::optional<UnixTime> when) {
    Line& line = lines[id];
    if (line.timer) timers.erase({*line.timer, id});
    line.timer = when;
    if (when) timers.emplace(*when, id);
  }

  // ----- frames -----

  void send(EndpointId id, Bytes frame, bool is_up) {
    Line& line = lines[id];
    const LinkConditions& with = line.conditions;
    ++counters.frames;
    if (!line.connection || (with.mode == LinkMode::stream && line.is_given_up)) {
      ++counters.lost;
      return;
    }
    if (clock.now() < line.hole_until) {
      ++counters.lost;
      return give_up_later(id, with.patience);
    }
    if (happens(with.loss)) {
      ++counters.lost;
      return give_up_later(id, with.mode == LinkMode::stream ? with.most_delay : with.patience);
    }
    const auto put = [&](UnixTime when) {
      is_up ? at(when, id, *line.connection, ToRelay{frame}) : at(when, id, *line.connection, ToClient{frame});
    };
    const UnixTime arrival = clock.now() + between(with.least_delay, with.most_delay);
    if (with.mode == LinkMode::stream) {
      UnixTime& free = is_up ? line.up_free : line.down_free;
      free = std::max(free, arrival);
      return put(free);
    }
    if (happens(with.duplication)) {
      ++counters.duplicated;
      put(arrival + between(Milliseconds{0}, 10 * with.most_delay));
    }
    if (!happens(with.reordering)) return put(arrival);
    ++counters.reordered;
    put(arrival + between(Milliseconds{0}, 10 * with.most_delay));
  }

  // Reads what an endpoint wants to say and when it wants to be woken.
  void listen(EndpointId id) {
    Line& line = lines[id];
    if (line.endpoint == nullptr) return;
    for (Bytes& frame : line.endpoint->outgoing()) {
      if (tap) tap(id, frame);
      send(id, std::move(frame), /*is_up=*/true);
    }
    set_timer(id, line.endpoint->next_timer());
  }
  void listen_to_relay() {
    for (const Connection connection : relay.ready()) {
      const bool is_open = relay.is_open(connection);
      std::vector<Bytes> frames = relay.take(connection);
      const auto owner = owners.find(connection);
      if (owner == owners.end()) continue;
      const EndpointId id = owner->second;
      for (Bytes& frame : frames) send(id, std::move(frame), /*is_up=*/false);
      if (!is_open) give_up_later(id, 2 * lines[id].conditions.most_delay);
    }
  }

  // ----- connections -----

  // Ends the connection. What the client sent last has arrived in part; what the relay sent has not.
  void end(EndpointId id, bool is_endpoint_told) {
    Line& line = lines[id];
    if (!line.connection) return;
    const Connection connection = *line.connection;
    bool is_arriving = true;
    for (const Key& key : std::exchange(line.queued, {})) {
      const auto event = queue.extract(key);
      const auto* up = std::get_if<ToRelay>(&event.mapped().what);
      is_arriving = is_arriving && happens(0.5);
      if (up != nullptr && is_arriving && clock.now() >= line.hole_until) {
        relay.receive(connection, up->frame);
      } else if (!std::holds_alternative<GiveUp>(event.mapped().what)) {
        ++counters.lost;
      }
    }
    ++counters.cuts;
    line.connection.reset();
    owners.erase(connection);
    if (happens(0.5)) relay.disconnect(connection);  // otherwise the relay believes in it until it is displaced
    listen_to_relay();
    if (is_endpoint_told && line.endpoint != nullptr) {
      line.endpoint->disconnected();
      listen(id);
    }
    reconnect_later(id);
  }

  void connect(EndpointId id) {
    Line& line = lines[id];
    line.is_connecting = false;
    if (line.endpoint == nullptr || !line.is_online || line.connection) return;
    if (clock.now() < line.hole_until) return connect_later(id, Milliseconds{0});
    line.connection = relay.connect();
    line.is_given_up = false;
    line.up_free = line.down_free = clock.now();
    owners[*line.connection] = id;
    ++counters.connections;
    line.endpoint->connected();
    listen_to_relay();
    listen(id);
  }

  void handle(Event event) {
    Line& line = lines[event.id];
    if (std::holds_alternative<Connect>(event.what)) return connect(event.id);
    if (line.connection != event.connection) return;
    if (std::holds_alternative<GiveUp>(event.what)) return end(event.id, /*is_endpoint_told=*/true);
    if (clock.now() < line.hole_until) {
      ++counters.lost;
      return give_up_later(event.id, line.conditions.patience);
    }
    if (const auto* up = std::get_if<ToRelay>(&event.what)) {
      relay.receive(event.connection, up->frame);
      return listen_to_relay();
    }
    try {
      line.endpoint->receive(std::get<ToClient>(event.what).frame);
    } catch (const Error&) {
      ++counters.rejected;
      return end(event.id, /*is_endpoint_told=*/true);
    }
    listen(event.id);
  }

  void wake(EndpointId id) {
    lines[id].endpoint->tick();
    listen(id);
    // An endpoint that is still due gets other things done first, and cannot stop the clock.
    if (lines[id].timer && *lines[id].timer <= clock.now()) set_timer(id, clock.now() + Milliseconds{1});
  }

  // ----- running -----

  void begin() {
    for (EndpointId id = 0; id < lines.size(); ++id) {
      if (!lines[id].connection) connect_later(id, Milliseconds{0});
      listen(id);
    }
    listen_to_relay();
  }
  [[nodiscard]] bool is_next_by(UnixTime time) const {
    return (!queue.empty() && queue.begin()->first.first <= time) || (!timers.empty() && timers.begin()->first <= time);
  }
  void step() {
    ++counters.steps;
    const bool is_timer = queue.empty() || (!timers.empty() && timers.begin()->first < queue.begin()->first.first);
    clock.set(std::max(clock.now(), is_timer ? timers.begin()->first : queue.begin()->first.first));
    if (is_timer) {
      const EndpointId id = timers.begin()->second;
      set_timer(id, std::nullopt);
      return wake(id);
    }
    auto next = queue.extract(queue.begin());
    lines[next.mapped().id].queued.erase(next.key());
    handle(std::move(next.mapped()));
  }
};

LossyNetwork::LossyNetwork(MemoryRelay& relay, FakeClock& clock, Random& random, LinkConditions conditions)
    : state_(std::make_unique<State>(relay, clock, random, conditions)) {}
LossyNetwork::~LossyNetwork() = default;

LossyNetwork::EndpointId LossyNetwork::attach(Endpoint& endpoint) {
  Line line;
  line.endpoint = &endpoint;
  line.conditions = state_->conditions;
  state_->lines.push_back(line);
  return state_->lines.size() - 1;
}

void LossyNetwork::detach(EndpointId id) {
  Line& line = state_->lines.at(id);
  line.endpoint = nullptr;
  state_->set_timer(id, std::nullopt);
  state_->end(id, /*is_endpoint_told=*/false);
}

void LossyNetwork::attach(EndpointId id, Endpoint& endpoint) {
  Line& line = state_->lines.at(id);
  if (line.endpoint != nullptr) throw Error(Errc::wrong_state, "lossy_network.attach");
  line.endpoint = &endpoint;
}

void LossyNetwork::set_conditions(LinkConditions conditions) {
  state_->conditions = conditions;
  for (Line& line : state_->lines) line.conditions = conditions;
}

void LossyNetwork::set_conditions(EndpointId id, LinkConditions conditions) {
  state_->lines.at(id).conditions = conditions;
}

void LossyNetwork::set_online(EndpointId id, bool is_online) {
  state_->lines.at(id).is_online = is_online;
  if (!is_online) cut(id);
}

void LossyNetwork::cut(EndpointId id) {
  if (state_->lines.at(id).connection) state_->end(id, /*is_endpoint_told=*/true);
}

void LossyNetwork::black_hole(EndpointId id, Milliseconds duration) {
  state_->lines.at(id).hole_until = state_->clock.now() + duration;
}

bool LossyNetwork::run_until_quiet(std::size_t most_steps, Milliseconds horizon) {
  state_->begin();
  for (; most_steps > 0; --most_steps) {
    if (state_->queue.empty() && !state_->is_next_by(state_->clock.now() + horizon)) return true;
    state_->step();
  }
  return false;
}

bool LossyNetwork::run_until(const std::function<bool()>& is_done, Milliseconds most_time, std::size_t most_steps) {
  state_->begin();
  const UnixTime end = state_->clock.now() + most_time;
  while (!is_done()) {
    if (most_steps-- == 0 || !state_->is_next_by(end)) return false;
    state_->step();
  }
  return true;
}

bool LossyNetwork::run_for(Milliseconds time, std::size_t most_steps) {
  state_->begin();
  const UnixTime end = state_->clock.now() + time;
  while (state_->is_next_by(end)) {
    if (most_steps-- == 0) return false;
    state_->step();
  }
  state_->clock.set(std::max(state_->clock.now(), end));
  return true;
}

bool LossyNetwork::is_connected(EndpointId id) const { return state_->lines.at(id).connection.has_value(); }

const NetworkCounters& LossyNetwork::counters() const noexcept { return state_->counters; }

void LossyNetwork::set_tap(std::function<void(EndpointId, ByteView)> tap) { state_->tap = std::move(tap); }

}  // namespace anochat::testing
