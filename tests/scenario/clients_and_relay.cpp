// Real clients through the real relay, with its limits as they come, its SQLite store, and a restart in between.
#include <anochat/client/client.hpp>
#include <anochat/relay/relay.hpp>
#include <anochat/relay/sqlite_relay_store.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "support/check.hpp"
#include "support/temporary_folder.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

using namespace anochat;
using namespace anochat::testing;

namespace {

using Texts = std::vector<std::string>;

struct Shared {
  FakeClock clock;
  NullLog log;
  SeededRandom random{1};
  TemporaryFolder folder;
  std::string path = folder.file("relay.db");
};

/// A relay from its start to its end.
struct Server {
  explicit Server(Shared& shared)
      : store(shared.path),
        relay(options(), {store, presence, wakeup, limiter, shared.clock, shared.random, shared.log}) {}

  static RelayOptions options() {
    RelayOptions all_by_default;
    all_by_default.name = "relay.test";
    return all_by_default;
  }
  SqliteRelayStore store;
  InProcessPresence presence;
  InProcessWakeup wakeup;
  InProcessRateLimiter limiter;
  Relay relay;
};

struct Person {
  Person(Shared& shared, std::string name, std::uint64_t seed)
      : random(seed), client(Client::create(Store::in_memory(store(shared)), chosen(shared, std::move(name)))) {}

  SeededRandom random;
  Client client;
  std::optional<Relay::Connection> connection;

  StoreOptions store(Shared& shared) {
    StoreOptions out;
    out.clock = &shared.clock;
    out.random = &random;
    out.log = &shared.log;
    return out;
  }
  ClientOptions chosen(Shared& shared, std::string name) {
    ClientOptions out;
    out.clock = &shared.clock;
    out.random = &random;
    out.relay = "relay.test";
    out.profile.name = std::move(name);
    return out;
  }
  void connect(Server& server) {
    connection = server.relay.open(as_bytes("somewhere"));
    client.connected();
  }
  void disconnect(Server& server) {
    server.relay.close(*connection);
    connection.reset();
    client.disconnected();
  }
  ConversationHandle with(const Person& other) { return client.conversation_with(other.client.account()); }
  Texts texts(const Person& other) {
    Texts out;
    for (const storage::Message& message : client.latest(with(other), 500).items) out.push_back(message.body);
    return out;
  }
};

/// Carries frames until nobody has anything to say, as a driver with sockets would.
void settle(Server& server, std::initializer_list<Person*> people) {
  for (bool is_busy = true; is_busy;) {
    is_busy = false;
    for (Person* person : people) {
      if (!person->connection) continue;
      if (server.relay.wants_input(*person->connection)) {
        for (const Bytes& frame : person->client.outgoing()) {
          is_busy = true;
          server.relay.receive(*person->connection, frame);
        }
      }
      server.relay.flush();
      for (const Bytes& frame : server.relay.take(*person->connection, 16'384)) {
        is_busy = true;
        person->client.receive(frame);
      }
    }
  }
}

bool contains(const std::string& file, ByteView wanted) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  return bytes.find(as_text(wanted)) != std::string::npos;
}

}  // namespace

TEST_CASE("two clients talk through the relay, across its restart and while one is away, and it knows nothing of it") {
  Shared shared;
  Person alice(shared, "Alice Liddell", 11);
  Person bob(shared, "Bob Bobson", 12);
  Texts expected;
  const auto say = [&](Person& from, Person& to, const std::string& text) {
    static_cast<void>(from.client.send_text(from.with(to), text));
    expected.push_back(text);
  };
  {
    Server server(shared);
    alice.connect(server);
    bob.connect(server);
    settle(server, {&alice, &bob});
    say(alice, bob, "the rabbit is late");
    settle(server, {&alice, &bob});
    say(bob, alice, "so is everybody");
    settle(server, {&alice, &bob});
    bob.disconnect(server);
    for (int i = 0; i < 50; ++i) say(alice, bob, "while you were away " + std::to_string(i));
    settle(server, {&alice, &bob});
    CHECK(server.relay.metrics().submissions >= 52);
    CHECK(server.relay.metrics().unauthorised == 0);
    CHECK(server.relay.metrics().rate_limited == 0);
    CHECK(server.relay.metrics().first_contacts <= 10);  // then the profile has brought the token
    alice.disconnect(server);
  }
  Server server(shared);
  bob.connect(server);
  settle(server, {&alice, &bob});
  CHECK(bob.texts(alice) == expected);
  alice.connect(server);
  say(bob, alice, "back again");
  settle(server, {&alice, &bob});
  CHECK(alice.texts(bob) == expected);
  CHECK(bob.texts(alice) == expected);

  for (const char* suffix : {"", "-wal"}) {
    for (const char* secret : {"rabbit", "everybody", "while you", "Alice", "Liddell", "Bobson"}) {
      CHECK_FALSE(contains(shared.path + suffix, as_bytes(secret)));
    }
  }
}

TEST_CASE("a long first contact arrives when the peer answers, not when the relay's limit for strangers allows") {
  Shared shared;
  Person alice(shared, "Alice Liddell", 11);
  Person bob(shared, "Bob Bobson", 12);
  Server server(shared);
  bob.connect(server);
  settle(server, {&bob});
  alice.connect(server);
  settle(server, {&alice});
  Texts expected;
  for (int i = 0; i < 60; ++i) {
    expected.push_back("first contact " + std::to_string(i));
    static_cast<void>(alice.client.send_text(alice.with(bob), expected.back()));
  }
  settle(server, {&alice, &bob});
  CHECK(bob.texts(alice).size() < expected.size());  // a stranger gets no further
  bob.client.allow(alice.client.account());
  settle(server, {&alice, &bob});  // no time passes
  CHECK(bob.texts(alice) == expected);
}

TEST_CASE("who is written to before the relay has prekeys gets the message seconds after they are there") {
  Shared shared;
  Person alice(shared, "Alice Liddell", 11);
  Person bob(shared, "Bob Bobson", 12);
  Server server(shared);
  alice.connect(server);
  static_cast<void>(alice.client.send_text(alice.with(bob), "early"));
  settle(server, {&alice});
  bob.connect(server);
  settle(server, {&alice, &bob});
  std::uint64_t fetched = server.relay.metrics().fetched_accounts;
  for (int second = 0; second < 6; ++second) {
    shared.clock.advance(std::chrono::seconds(1));
    alice.client.tick();
    settle(server, {&alice, &bob});
  }
  CHECK(bob.texts(alice) == Texts{"early"});
  CHECK(server.relay.metrics().fetched_accounts - fetched <= 3);

  const AccountId nobody = Person(shared, "Nobody", 13).client.account();
  static_cast<void>(alice.client.send_text(alice.client.conversation_with(nobody), "is anybody there?"));
  settle(server, {&alice});
  fetched = server.relay.metrics().fetched_accounts;
  for (int minute = 0; minute < 60; ++minute) {
    shared.clock.advance(std::chrono::minutes(1));
    alice.client.tick();
    settle(server, {&alice, &bob});
  }
  CHECK(server.relay.metrics().fetched_accounts - fetched >= 10);  // seconds, and then every five minutes
  CHECK(server.relay.metrics().fetched_accounts - fetched <= 20);
}
