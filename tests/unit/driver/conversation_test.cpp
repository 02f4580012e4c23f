// Two drivers and a relay server, with sockets, threads and the machine's clock.
#include <anochat/driver/client_driver.hpp>
#include <anochat/server/relay_server.hpp>
#include <anochat/testing/random.hpp>

#include "unit/net/net_world.hpp"

#include <atomic>
#include <thread>

using namespace anochat;
using namespace anochat::testing;

namespace {

RelayServerOptions server_options(const TemporaryFolder& folder, std::uint16_t port = 0) {
  RelayServerOptions out;
  out.relay.name = "relay.test";
  out.listen.port = port;
  out.store_file = folder.file("relay.db");
  return out;
}

DriverOptions quick(std::uint16_t port) {
  DriverOptions out;
  out.relay = "ws://127.0.0.1:" + std::to_string(port);
  out.back_off = {milliseconds(5), milliseconds(50)};
  return out;
}

Client new_client() {
  static NullLog log;  // the store in memory has a warning
  StoreOptions store;
  store.log = &log;
  ClientOptions options;
  options.relay = "relay.test";
  options.allow_strangers = true;
  options.one_time_prekeys = 8;
  return Client::create(Store::in_memory(store), options);
}

struct Person {
  explicit Person(const DriverOptions& options) : driver(new_client(), options) {
    account = driver.with([](Client& me) { return me.account(); });
  }
  /// Online, and others can begin a session with it.
  bool is_ready() {
    return driver.wait_until_online(kPatience) && eventually([this] {
             return driver.with([](Client& me) {
               using storage::PreKeyKind;
               const storage::Snapshot now = me.snapshot();
               return now->prekeys.unpublished(PreKeyKind::signed_ec, 1).empty() &&
                      now->prekeys.unpublished(PreKeyKind::last_resort_kem, 1).empty() &&
                      now->meta.number("published_list").value_or(0) > 0;
             });
           });
  }
  void say(const Person& to, const std::string& text) {
    driver.with([&](Client& me) { me.send_text(me.conversation_with(to.account), text); });
  }
  std::vector<std::string> texts(const Person& with, bool is_outgoing = false) {
    return driver.with([&](Client& me) {
      std::vector<std::string> out;
      for (const storage::Message& message : me.latest(me.conversation_with(with.account), 500).items) {
        if (message.is_outgoing == is_outgoing) out.push_back(message.body);
      }
      return out;
    });
  }
  bool hears(const Person& from, const std::vector<std::string>& expected) {
    return eventually([&] {
             static_cast<void>(driver.take_events());
             return texts(from).size() >= expected.size();
           }) &&
           texts(from) == expected;
  }
  ClientDriver driver;
  AccountId account{};
};

}  // namespace

TEST_CASE("two people talk through a relay, also across its restart") {
  TemporaryFolder folder;
  std::optional<RelayServer> server(std::in_place, server_options(folder));
  const std::uint16_t port = server->port();
  Person alice(quick(port));
  Person bob(quick(port));
  REQUIRE(alice.is_ready());
  REQUIRE(bob.is_ready());

  std::vector<std::string> to_bob{"one", "two"};
  std::vector<std::string> to_alice{"three"};
  alice.say(bob, "one");
  alice.say(bob, "two");
  CHECK(bob.hears(alice, to_bob));
  bob.say(alice, "three");
  CHECK(alice.hears(bob, to_alice));

  server.reset();
  REQUIRE(eventually([&] { return alice.driver.state().phase != ConnectionState::Phase::online; }));
  CHECK(eventually([&] { return alice.driver.state().failure.has_value(); }));
  for (int i = 0; i < 20; ++i) {  // while there is no relay
    alice.say(bob, to_bob.emplace_back("away " + std::to_string(i)));
    bob.say(alice, to_alice.emplace_back("gone " + std::to_string(i)));
  }
  server.emplace(server_options(folder, port));
  CHECK(bob.hears(alice, to_bob));
  CHECK(alice.hears(bob, to_alice));
  CHECK(alice.driver.state().phase == ConnectionState::Phase::online);
  CHECK(server->metrics().logins == 2);
}

TEST_CASE("everything arrives once and in order from many threads, through restarts in the middle") {
  TemporaryFolder folder;
  std::optional<RelayServer> server(std::in_place, server_options(folder));
  const std::uint16_t port = server->port();
  Person alice(quick(port));
  Person bob(quick(port));
  REQUIRE(alice.is_ready());
  REQUIRE(bob.is_ready());
  alice.say(bob, "0");
  REQUIRE(bob.hears(alice, {"0"}));
  bob.say(alice, "token");  // brings the delivery token
  REQUIRE(alice.hears(bob, {"token"}));

  constexpr int kThreads = 3;
  constexpr int kEach = 60;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&alice, &bob, thread] {
      for (int i = 0; i < kEach; ++i) alice.say(bob, std::to_string(thread) + "/" + std::to_string(i));
    });
  }
  for (int restart = 0; restart < 2; ++restart) {
    server.reset();
    server.emplace(server_options(folder, port));
    REQUIRE(alice.driver.wait_until_online(kPatience));
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> sent = alice.texts(bob, /*is_outgoing=*/true);
  CHECK(sent.size() == 1 + kThreads * kEach);
  CHECK(bob.hears(alice, sent));
}

TEST_CASE("a conversation over TLS, and a relay whose certificate is not good") {
  const Certificates& made = Certificates::get();
  TemporaryFolder folder;
  RelayServerOptions options = server_options(folder);
  options.listen.certificate_file = made.good.file;
  options.listen.key_file = made.good.key;
  RelayServer server(options);
  DriverOptions chosen = quick(server.port());
  chosen.relay = "wss://localhost:" + std::to_string(server.port());
  chosen.ca_file = made.ca;
  Person alice(chosen);
  Person bob(chosen);
  REQUIRE(bob.is_ready());
  alice.say(bob, "sealed twice");
  CHECK(bob.hears(alice, {"sealed twice"}));

  chosen.ca_file = made.other_ca;
  Person doubtful(chosen);
  REQUIRE(eventually([&] { return doubtful.driver.state().failure.has_value(); }));
  CHECK(doubtful.driver.state().failure->code == Errc::tls_failed);
  CHECK_FALSE(doubtful.driver.wait_until_online(milliseconds(100)));
  CHECK(server.metrics().logins == 2);
}

TEST_CASE("a relay that drains is left, and come back to when there is one again") {
  TemporaryFolder folder;
  std::optional<RelayServer> server(std::in_place, server_options(folder));
  const std::uint16_t port = server->port();
  Person alice(quick(port));
  REQUIRE(alice.driver.wait_until_online(kPatience));
  CHECK(server->is_ready());
  CHECK(server->drain(milliseconds(20), kPatience));
  CHECK_FALSE(server->is_ready());
  CHECK(server->counts().open == 0);
  CHECK_FALSE(RawSocket(port).is_connected());
  CHECK(eventually([&] { return alice.driver.state().failure.has_value(); }));
  server.emplace(server_options(folder, port));
  CHECK(alice.driver.wait_until_online(kPatience));
}

TEST_CASE("a relay of another name gets no login") {
  TemporaryFolder folder;
  RelayServerOptions options = server_options(folder);
  options.relay.name = "impostor";
  RelayServer server(options);
  Person alice(quick(server.port()));
  REQUIRE(eventually([&] { return alice.driver.state().failure.has_value(); }));
  CHECK(alice.driver.state().failure->code == Errc::unauthorised);
  CHECK(server.metrics().logins == 0);
}

TEST_CASE("drivers come and go in any state without a trace") {
  TemporaryFolder folder;
  RelayServer server(server_options(folder));
  for (int i = 0; i < 12; ++i) {
    ClientDriver driver(new_client(), quick(server.port()));
    if (i % 3 == 1) static_cast<void>(driver.wait_until_online(kPatience));
    if (i % 3 == 2) driver.stop();
    ClientDriver moved = std::move(driver);
  }
  CHECK(eventually([&] { return server.counts().open + server.counts().handshaking == 0; }));
  CHECK(server.metrics().connections == 0);
}
