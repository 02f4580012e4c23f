// Clients, a relay in memory, and a fake clock.
#pragma once

#include <anochat/client/client.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <anochat/testing/random.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/check.hpp"

namespace anochat::client::tests {

using namespace anochat::testing;

/// One client with its connection, if it has one.
struct Party {
  Party(Client made, SeededRandom& with) : client(std::move(made)), random(&with) {}

  Client client;
  SeededRandom* random;
  std::optional<MemoryRelay::Connection> connection;
  std::vector<Event> events;

  [[nodiscard]] const AccountId& id() const { return client.account(); }
  [[nodiscard]] ConversationHandle with(const Party& other) { return client.conversation_with(other.id()); }

  /// Events of one kind so far.
  template <class Kind>
  [[nodiscard]] std::vector<Kind> all() {
    fetch();
    std::vector<Kind> out;
    for (const Event& event : events) {
      if (const auto* one = std::get_if<Kind>(&event)) out.push_back(*one);
    }
    return out;
  }
  void fetch() {
    for (Event& event : client.take_events()) events.push_back(std::move(event));
  }
  void forget_events() {
    fetch();
    events.clear();
  }

  /// The texts of a conversation, oldest first.
  [[nodiscard]] std::vector<std::string> texts(const Party& other) {
    std::vector<std::string> out;
    for (const storage::Message& message : client.latest(with(other), 500).items) out.push_back(message.body);
    return out;
  }
};

struct World {
  explicit World(std::uint64_t seed = 1) : random(seed) {}

  FakeClock clock;
  NullLog log;
  SeededRandom random;
  MemoryRelay relay{clock, random};
  std::vector<std::unique_ptr<SeededRandom>> sources;
  std::vector<Party*> online;

  [[nodiscard]] StoreOptions store_options(Random& source) {
    StoreOptions out;
    out.clock = &clock;
    out.random = &source;
    out.log = &log;
    return out;
  }
  [[nodiscard]] ClientOptions options(Random& source, std::string name = {}) {
    ClientOptions out;
    out.clock = &clock;
    out.random = &source;
    out.relay = "relay.test";
    out.profile.name = std::move(name);
    out.one_time_prekeys = 4;
    return out;
  }
  SeededRandom& new_source() {
    sources.push_back(std::make_unique<SeededRandom>(1'000 + sources.size()));
    return *sources.back();
  }

  /// A client in memory with these changes of its options.
  template <class Change>
  Party make(std::string name, Change&& change) {
    SeededRandom& source = new_source();
    ClientOptions chosen = options(source, std::move(name));
    change(chosen);
    return Party(Client::create(Store::in_memory(store_options(source)), chosen), source);
  }
  Party make(std::string name = {}) {
    return make(std::move(name), [](ClientOptions&) {});
  }

  void connect(Party& party) {
    party.connection = relay.connect();
    party.client.connected();
    online.push_back(&party);
  }
  void disconnect(Party& party) {
    if (!party.connection) return;
    relay.disconnect(*party.connection);
    party.connection.reset();
    party.client.disconnected();
    std::erase(online, &party);
  }

  /// Carries frames until nobody has anything to say. @return frames carried
  std::size_t settle() {
    std::size_t total = 0;
    for (;;) {
      std::size_t carried = 0;
      for (Party* party : std::vector<Party*>(online)) {
        if (!party->connection) continue;
        for (const Bytes& frame : party->client.outgoing()) {
          ++carried;
          relay.receive(*party->connection, frame);
        }
        for (const Bytes& frame : relay.take(*party->connection)) {
          ++carried;
          party->client.receive(frame);
        }
      }
      if (carried == 0) return total;
      total += carried;
      REQUIRE(total < 1'000'000);
    }
  }

  void advance(Milliseconds by) {
    clock.advance(by);
    for (Party* party : std::vector<Party*>(online)) party->client.tick();
    settle();
  }
};

/// Two clients that are online and have let each other in.
struct Pair : World {
  explicit Pair(std::uint64_t seed = 1) : World(seed) {
    connect(alice);
    connect(bob);
    settle();
  }

  Party alice = make("Alice");
  Party bob = make("Bob");

  /// Both have written and read once.
  void befriend() {
    alice.client.send_text(alice.with(bob), "hello");
    settle();
    bob.client.send_text(bob.with(alice), "hi");
    settle();
    alice.forget_events();
    bob.forget_events();
  }
};

}  // namespace anochat::client::tests
