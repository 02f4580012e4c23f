// Frames between our transport and our listener, on this machine.
#include "net_world.hpp"

using namespace anochat;
using namespace anochat::testing;

TEST_CASE("frames of every length come back whole and in order") {
  EchoServer server;
  Dialler client({.url = server.url()});
  REQUIRE(client.is_open());
  std::vector<std::string> sent;
  for (const std::size_t len : {1U, 125U, 126U, 127U, 511U, 512U, 513U, 65'535U, 65'536U, 262'145U, 1'048'576U}) {
    sent.emplace_back(len, static_cast<char>('a' + sent.size()));
    CHECK(client.send(sent.back()));
    REQUIRE(client.heard.wait([&] { return client.heard.frames.size() == sent.size(); }));
  }
  CHECK(client.heard.frames == sent);
  CHECK(server.counts().partial_bytes == 0);
  CHECK_FALSE(client.heard.closed);
}

TEST_CASE("many small frames at once stay in order") {
  EchoServer server;
  Dialler client({.url = server.url()});
  REQUIRE(client.is_open());
  std::vector<std::string> sent;
  in_loop(*client.loop, [&] {
    for (int i = 0; i < 2'000; ++i) {
      Bytes frame = to_bytes(std::to_string(i));
      sent.push_back(std::to_string(i));
      CHECK(client.transport->send(frame));
    }
  });
  REQUIRE(client.heard.wait([&] { return client.heard.frames.size() == sent.size(); }));
  CHECK(client.heard.frames == sent);
}

TEST_CASE("both ends say good-bye") {
  EchoServer server;
  SUBCASE("when the client closes") {
    Dialler client({.url = server.url()});
    REQUIRE(client.is_open());
    CHECK(client.send("the last words are delivered first"));
    client.close();
    CHECK(client.end().text == "closed");
    CHECK(server.counts().bad_input == 0);
    CHECK(server.frames == 1);
  }
  SUBCASE("when the server closes") {
    Dialler client({.url = server.url()});
    REQUIRE(client.is_open());
    REQUIRE(eventually([&] { return server.counts().open == 1; }));
    in_loop(*server.loop, [&] {
      server.listener->send(server.last_peer, {to_bytes("one"), to_bytes("two")});
      server.listener->close(server.last_peer, CloseCode::going_away);
    });
    CHECK(client.end().code == Errc::network_failed);
    CHECK(client.heard.frames == std::vector<std::string>{"one", "two"});
  }
  CHECK(eventually([&] { return server.counts().open == 0; }));
  CHECK(server.closed == 1);
}

TEST_CASE("the queue is bounded, and its owner is told when there is room again") {
  EchoServer server;
  server.is_echoing = false;
  Dialler client({.url = server.url(), .queue_bytes = 100'000});
  REQUIRE(client.is_open());
  in_loop(*client.loop, [&] {
    Bytes big(1'000'000, 1);
    CHECK(client.transport->send(big));  // one frame always may
    Bytes refused(10, 1);
    CHECK_FALSE(client.transport->send(refused));
    CHECK(refused.size() == 10);
    CHECK(client.transport->queued_bytes() == 1'000'000);
  });
  REQUIRE(client.heard.wait([&] { return client.heard.writable == 1; }));
  CHECK(client.send("now"));
  CHECK(eventually([&] { return server.frames == 2; }));
}

TEST_CASE("a client that stops reading makes the server wait, and loses nothing") {
  EchoServer server;
  // Silence of our own making is no failure. Four periods are the time for one frame: enough on a busy machine.
  Dialler client({.url = server.url(), .keep_alive = milliseconds(1'000)});
  REQUIRE(client.is_open());
  in_loop(*client.loop, [&] { client.transport->set_reading(false); });
  REQUIRE(eventually([&] { return server.counts().open == 1; }));
  constexpr std::size_t kFrames = 128;  // 32 MB: more than the sockets of the system hold
  in_loop(*server.loop,
          [&] { server.listener->send(server.last_peer, std::vector<Bytes>(kFrames, Bytes(250'000, 3))); });
  ::usleep(1'500'000);  // in which a reader that does not stop would have it all
  CHECK(client.heard.frames.size() <= 1);
  CHECK_FALSE(client.heard.closed);
  CHECK(server.sent == 0);
  in_loop(*client.loop, [&] { client.transport->set_reading(true); });
  REQUIRE(client.heard.wait([&] { return client.heard.frames.size() == kFrames; }));
  CHECK(eventually([&] { return server.sent == 1; }));
}

TEST_CASE("a server may stop reading as well") {
  EchoServer server;
  Dialler client({.url = server.url()});
  REQUIRE(client.is_open());
  CHECK(client.send("first"));
  REQUIRE(client.heard.wait([&] { return client.heard.frames.size() == 1; }));
  in_loop(*server.loop, [&] { server.listener->set_reading(server.last_peer, false); });
  for (int i = 0; i < 10; ++i) CHECK(client.send("more"));
  ::usleep(50'000);
  CHECK(server.frames <= 2);  // one read was under way
  in_loop(*server.loop, [&] { server.listener->set_reading(server.last_peer, true); });
  REQUIRE(client.heard.wait([&] { return client.heard.frames.size() == 11; }));
}

TEST_CASE("a quiet connection is kept alive by pings, a dead one is noticed") {
  ListenerOptions patient;
  SUBCASE("quiet") {
    patient.keep_alive = milliseconds(700);
    EchoServer server(patient);
    RawSocket client(server.port());
    REQUIRE(client.open());
    for (int i = 0; i < 3; ++i) {
      const auto ping = client.next();
      REQUIRE(ping);
      CHECK(ping->opcode == Opcode::ping);
      CHECK(client.send_message(ping->payload, Opcode::pong));
    }
    CHECK(client.send_message("still here"));
    CHECK(client.next()->payload == "still here");
  }
  SUBCASE("a server that does not answer") {
    EchoServer server(patient);
    Dialler client({.url = server.url(), .keep_alive = milliseconds(40)});
    REQUIRE(client.is_open());
    REQUIRE(eventually([&] { return server.counts().open == 1; }));
    in_loop(*server.loop, [&] { server.listener->set_reading(server.last_peer, false); });
    CHECK(client.send("ends the read that was under way"));
    const ConnectionFailure why = client.end();
    CHECK(why.code == Errc::timed_out);
    CHECK(why.text == "the other side is silent");
  }
  SUBCASE("a client that does not answer") {
    patient.keep_alive = milliseconds(40);
    EchoServer server(patient);
    RawSocket client(server.port());
    REQUIRE(client.open());
    CHECK(client.wait_until_closed());
    CHECK(eventually([&] { return server.counts().timed_out == 1; }));
  }
}

TEST_CASE("no answer to a connection ends in time") {
  // A listener of the system that nobody accepts from: connected, and silent.
  const int silent = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof at;
  REQUIRE(::bind(silent, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(::listen(silent, 8) == 0);
  REQUIRE(::getsockname(silent, reinterpret_cast<sockaddr*>(&at), &len) == 0);
  const std::string port = std::to_string(ntohs(at.sin_port));
  for (const char* scheme : {"ws://127.0.0.1:", "wss://127.0.0.1:"}) {
    Dialler client({.url = scheme + port, .connect_timeout = milliseconds(80)});
    CHECK(client.end().code == Errc::timed_out);
  }
  ::close(silent);
  Dialler nobody({.url = "ws://127.0.0.1:" + port});
  const ConnectionFailure why = nobody.end();
  CHECK(why.code == Errc::network_failed);
  CHECK(why.text.starts_with("connecting: "));
}

TEST_CASE("a name that nobody has is a failure of the network") {
  Dialler client({.url = "wss://no-such-host.invalid"});
  CHECK(client.end().code == Errc::network_failed);
}

TEST_CASE("a transport that is destroyed says nothing more") {
  EchoServer server;
  Recorder heard;
  const auto loop = make_io_thread();
  std::unique_ptr<Transport> transport;
  in_loop(*loop, [&] {
    transport = make_web_socket_transport(loop, {.url = server.url()});
    transport->start(heard);
    transport.reset();
  });
  ::usleep(50'000);
  in_loop(*loop, [] {});
  CHECK_FALSE(heard.is_open);
  CHECK_FALSE(heard.closed);
}

TEST_CASE("closing before the connection is open is a failure that is told once") {
  EchoServer server;
  const auto loop = make_io_thread();
  Dialler client({.url = server.url()}, loop);
  client.close();
  client.close();
  client.end();
  Bytes late = to_bytes("late");
  in_loop(*loop, [&] { CHECK_FALSE(client.transport->send(late)); });
}

TEST_CASE("options that make no sense are refused before anything is connected") {
  const auto loop = make_io_thread();
  const auto make = [&](const WebSocketOptions& options) { return make_web_socket_transport(loop, options); };
  CHECK_ERROR(make({.url = "ws://relay.example"}), Errc::invalid_argument);  // plain text to another machine
  CHECK_ERROR(make({.url = "http://127.0.0.1"}), Errc::invalid_argument);
  CHECK_ERROR(make({.url = ""}), Errc::invalid_argument);
  CHECK_ERROR(make({.url = "wss://a", .pins = {"sha256/short"}}), Errc::invalid_argument);
  CHECK_ERROR(make({.url = "wss://a", .pins = {"sha256/" + std::string(43, '!') + "="}}), Errc::invalid_argument);
  CHECK_ERROR(make({.url = "wss://a", .ca_file = "/nowhere/ca.pem"}), Errc::tls_failed);
  CHECK_ERROR(make({.url = "wss://a", .proxy = "wss://proxy"}), Errc::invalid_argument);
  CHECK_ERROR(make({.url = "wss://a", .max_frame_len = kMaxFrameLen + 1}), Errc::invalid_argument);
  CHECK_ERROR(make({.url = "wss://a", .keep_alive = milliseconds(0)}), Errc::invalid_argument);
  CHECK(make({.url = "ws://relay.example", .allow_plain = true}) != nullptr);
}

TEST_CASE("a listener says what is wrong with its options") {
  const auto loop = make_io_thread();
  EchoServer server;
  const auto listen = [&](const ListenerOptions& options) { return listen_web_socket(loop, options, server); };
  CHECK_ERROR(listen({.address = "localhost"}), Errc::invalid_argument);
  CHECK_ERROR(listen({.port = server.port()}), Errc::network_failed);
  CHECK_ERROR(listen({.address = "192.0.2.1"}), Errc::network_failed);  // not an address of this machine
  CHECK_ERROR(listen({.certificate_file = "a"}), Errc::invalid_argument);
  CHECK_ERROR(listen({.certificate_file = "/nowhere/a", .key_file = "/nowhere/b"}), Errc::tls_failed);
  CHECK_ERROR(listen({.max_frame_len = 0}), Errc::invalid_argument);
  const Certificates& made = Certificates::get();
  CHECK_ERROR(listen({.certificate_file = made.good.file, .key_file = made.other.key}), Errc::tls_failed);
}
