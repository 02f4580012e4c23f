// A relay server from its start to its end.
#include <anochat/relay/json_log.hpp>

#include "socket_user.hpp"

#include <malloc.h>

#include <thread>

using namespace anochat;
using namespace anochat::testing;

TEST_CASE("the pages say that the relay lives, that it is ready and what it counts") {
  RelayServer server(server_options());
  CHECK(RawSocket::get(server.port(), "/healthz").ends_with("\r\n\r\nok\n"));
  CHECK(RawSocket::get(server.port(), "/readyz").ends_with("\r\n\r\nready\n"));
  const std::string metrics = RawSocket::get(server.port(), "/metrics");
  CHECK(metrics.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(metrics.find("\nanochat_relay_connections_opened_total 0\n") != std::string::npos);
  CHECK(metrics.find("\nanochat_relay_sockets_http_requests_total 3\n") != std::string::npos);
  for (const char* other : {"/", "/metrics/", "/metrics?x", "/../etc/passwd"}) {
    CHECK(RawSocket::get(server.port(), other).starts_with("HTTP/1.1 404 "));
  }
}

TEST_CASE("metrics can be hidden") {
  RelayServerOptions options = server_options();
  options.metrics = MetricsAccess::nobody;
  RelayServer server(options);
  CHECK(RawSocket::get(server.port(), "/metrics").starts_with("HTTP/1.1 404 "));
  CHECK(RawSocket::get(server.port(), "/healthz").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a device logs in, gets its mail and acknowledges it") {
  Makings makings;
  RelayServer server(server_options());
  SocketUser alice(makings, server);
  SocketUser bob(makings, server);
  alice.settle_in();
  bob.settle_in();
  CHECK(alice.ask_server<Submitted>(Submit{{bob.envelope(1), bob.envelope(2)}}).results ==
        std::vector<std::int32_t>{0, 0});
  std::vector<RelayFrame> frames;
  while (delivered(frames).size() < 2) {
    auto frame = bob.hear();
    REQUIRE(frame);
    frames.push_back(*std::move(frame));
  }
  CHECK(delivered(frames) == std::vector<int>{1, 2});
  const RelayMetrics metrics = server.metrics();
  CHECK(metrics.online_devices == 2);
  CHECK(metrics.submissions == 2);
}

TEST_CASE("what was promised outlives the server, and two servers do not share a file") {
  Makings makings;
  TemporaryFolder folder;
  RelayServerOptions options = server_options();
  options.store_file = folder.file("relay.db");
  std::optional<RelayServer> server(std::in_place, options);
  SocketUser bob(makings, *server);
  bob.settle_in();
  bob.socket.reset();
  SocketUser alice(makings, *server);
  REQUIRE(alice.reach());  // a token is enough
  CHECK(alice.ask_server<Submitted>(Submit{{bob.envelope(7)}}).results.at(0) == 0);
  CHECK_ERROR(RelayServer(options), Errc::store_busy);
  server->stop();
  server->stop();
  CHECK_ERROR(server->metrics(), Errc::wrong_state);
  CHECK_FALSE(RawSocket(bob.port).is_connected());

  server.emplace(options);
  bob.port = server->port();
  const auto challenge = bob.reach();
  REQUIRE(challenge);
  REQUIRE(bob.put(bob.answer(*challenge)));
  std::vector<RelayFrame> frames;
  while (delivered(frames).empty()) {
    auto frame = bob.hear();
    REQUIRE(frame);
    frames.push_back(*std::move(frame));
  }
  CHECK(delivered(frames) == std::vector<int>{7});
}

TEST_CASE("frames that are readable together share commits") {
  Makings makings;
  TemporaryFolder folder;
  RelayServerOptions options = server_options();
  options.store_file = folder.file("relay.db");
  RelayServer server(options);
  SocketUser bob(makings, server);
  bob.settle_in();
  std::vector<SocketUser> senders;
  constexpr unsigned kSenders = 20;
  constexpr unsigned kEach = 20;
  for (unsigned i = 0; i < kSenders; ++i) {
    senders.emplace_back(makings, server);
    REQUIRE(senders.back().reach());
  }
  const std::uint64_t before = server.metrics().commits;
  for (unsigned round = 0; round < kEach; ++round) {
    for (unsigned i = 0; i < kSenders; ++i) REQUIRE(senders[i].put(Submit{{bob.envelope(round * kSenders + i)}}));
  }
  for (SocketUser& sender : senders) {
    for (unsigned round = 0; round < kEach; ++round) {
      const auto frame = sender.hear();
      REQUIRE(frame);
      CHECK(std::get<Submitted>(frame->body).results.at(0) == 0);
    }
  }
  CHECK(server.metrics().submissions == kSenders * kEach);
  CHECK(server.metrics().commits - before < kSenders * kEach);
}

TEST_CASE("a newer connection of a device displaces the older one") {
  Makings makings;
  RelayServer server(server_options());
  SocketUser bob(makings, server);
  bob.settle_in();
  RawSocket older = std::move(*bob.socket);
  bob.enter();
  CHECK(bob.is_served());
  const RawSocket newer = std::move(*bob.socket);
  bob.socket.emplace(std::move(older));
  CHECK(bob.last_word().code == Errc::already_exists);
  CHECK(server.metrics().displaced == 1);
  CHECK(server.metrics().online_devices == 1);
}

TEST_CASE("a server that drains tells everybody to come back at different times, and is then empty") {
  Makings makings;
  RelayServer server(server_options());
  std::vector<SocketUser> users;
  for (int i = 0; i < 10; ++i) {
    users.emplace_back(makings, server);
    users.back().enter();
  }
  RawSocket greeting(server.port());
  REQUIRE(greeting.open());
  bool are_gone = false;
  std::thread drain([&] { are_gone = server.drain(std::chrono::minutes(10), kPatience); });
  std::vector<milliseconds> times;
  for (SocketUser& user : users) {
    while (const auto message = user.socket->next()) {
      if (message->opcode == Opcode::close) {
        CHECK(message->payload.substr(0, 2) == std::string("\x03\xe9", 2));  // 1001, going away
        user.socket->send_message(message->payload, Opcode::close);
        break;
      }
      const RelayFrame frame = decode_relay_frame(as_bytes(message->payload));
      REQUIRE(std::holds_alternative<Refused>(frame.body));
      times.push_back(std::get<Refused>(frame.body).retry_after);
    }
  }
  drain.join();  // also of the one who did not answer
  CHECK(are_gone);
  REQUIRE(times.size() == 10);
  std::sort(times.begin(), times.end());
  CHECK(std::unique(times.begin(), times.end()) - times.begin() > 5);
  CHECK(server.counts().open == 0);
  CHECK_FALSE(RawSocket(server.port()).is_connected());
}

TEST_CASE("the log is lines of JSON without anybody in it") {
  Makings makings;
  std::string text;
  const SystemClock clock;
  JsonLog log(clock, [&text](std::string_view line) { text += line; });
  RelayServerOptions options = server_options();
  options.log = &log;
  std::optional<SocketUser> bob;
  {
    RelayServer server(options);
    bob.emplace(makings, server);
    bob->settle_in();
    RawSocket::get(server.port(), "/some-private-name");
    server.drain(milliseconds(1), milliseconds(10));
  }
  CHECK(text.find("\"event\":\"relay.listening\"") != std::string::npos);
  CHECK(text.find("\"event\":\"relay.stopped\"") != std::string::npos);
  CHECK(text.find("private-name") == std::string::npos);
  CHECK(text.find("127.0.0.1") == std::string::npos);
  CHECK(text.find(to_hex(bob->device.address().encode())) == std::string::npos);
  CHECK(text.find(to_hex(bob->device.address().account)) == std::string::npos);
}

TEST_CASE("options that make no sense, or no secret, are refused") {
  const auto start = [](const std::function<void(RelayServerOptions&)>& change) {
    RelayServerOptions options = server_options();
    change(options);
    RelayServer server(options);
  };
  CHECK_ERROR(start([](auto& o) { o.listen.address = "0.0.0.0"; }), Errc::invalid_argument);  // no TLS
  CHECK_ERROR(start([](auto& o) { o.listen.address = "::"; }), Errc::invalid_argument);
  CHECK_ERROR(start([](auto& o) { o.listen.key_file = "key"; }), Errc::invalid_argument);
  CHECK_ERROR(start([](auto& o) { o.relay.name.clear(); }), Errc::invalid_argument);
  CHECK_ERROR(start([](auto& o) { o.tick = milliseconds(0); }), Errc::invalid_argument);
  CHECK_ERROR(start([](auto& o) { o.store_file = "/nowhere/relay.db"; }), Errc::io_failed);
  MemoryRelayStore own;
  CHECK_ERROR(start([&](auto& o) {
                o.store = &own;
                o.store_file = "relay.db";
              }),
              Errc::invalid_argument);
  RelayServer first(server_options());
  CHECK_ERROR(start([&](auto& o) { o.listen.port = first.port(); }), Errc::network_failed);
}

TEST_CASE("an idle connection costs at most 8 KiB") {
  Makings makings;
  RelayServerOptions options = server_options();
  options.relay.address_connections = {10'000, 10'000};
  RelayServer server(options);
  constexpr std::size_t kConnections = 300;
  std::vector<RawSocket> idle;
  idle.reserve(kConnections);
  const auto connect = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      idle.emplace_back(server.port());
      REQUIRE(idle.back().open());
      idle.back().next();  // the Challenge
      std::string().swap(idle.back().received());
    }
  };
  connect(20);  // what is allocated once
  const std::size_t before = ::mallinfo2().uordblks;
  connect(kConnections - 20);
  REQUIRE(eventually([&] { return server.counts().open == kConnections; }));
  const std::size_t bytes = (::mallinfo2().uordblks - before) / (kConnections - 20);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  MESSAGE("not measured under a sanitizer, which has an allocator of its own: " << bytes);
#else
  MESSAGE(bytes << " bytes");
  CHECK(bytes > 500);
  CHECK(bytes <= 8'192);
#endif
}
