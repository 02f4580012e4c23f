// What strangers may send to a listener. Each case also checks that somebody else is served all the while.
#include "net_world.hpp"

#include <thread>

using namespace anochat;
using namespace anochat::testing;

namespace {

/// Short deadlines, so that the tests do not wait long for them.
ListenerOptions strict() {
  ListenerOptions options;
  options.handshake_deadline = milliseconds(1'500);
  options.frame_deadline = milliseconds(500);
  options.write_deadline = milliseconds(500);
  return options;
}

struct World {
  explicit World(const ListenerOptions& options = strict()) : server(options), friendly({.url = server.url()}) {
    REQUIRE(friendly.is_open());
  }
  ~World() {
    CHECK(is_served());
    CHECK(eventually([this] { return server.counts().partial_bytes == 0; }));
  }
  bool is_served() {
    const std::size_t before = friendly.heard.frames.size();
    return friendly.send("hello") && friendly.heard.wait([&] { return friendly.heard.frames.size() > before; });
  }
  EchoServer server;
  Dialler friendly;
};

/// A server that gives its one client the same answer whatever it asks, and waits for it to leave.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof at;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(socket_, 1) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &len) == 0);
    url = "ws://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    thread_ = std::thread([this, text = std::move(answer)] {
      const int client = ::accept(socket_, nullptr, nullptr);
      static_cast<void>(::send(client, text.data(), text.size(), MSG_NOSIGNAL));
      char piece[1'024];
      while (::recv(client, piece, sizeof piece, 0) > 0) {
      }
      ::close(client);
    });
  }
  ~OneAnswer() {
    thread_.join();
    ::close(socket_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  std::string url;

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::thread thread_;
};

/// The code of the close frame that comes next, if one does.
int close_code(RawSocket& socket) {
  while (const auto message = socket.next()) {
    if (message->opcode != Opcode::close || message->payload.size() < 2) continue;
    return static_cast<std::uint8_t>(message->payload[0]) << 8 | static_cast<std::uint8_t>(message->payload[1]);
  }
  return 0;
}

}  // namespace

TEST_CASE("those who shake hands one byte at a time are cut off together, and others are served") {
  World world;
  const std::string request = RawSocket::upgrade();
  std::vector<RawSocket> slow;
  for (int i = 0; i < 100; ++i) slow.emplace_back(world.server.port());
  std::size_t at = 0;
  const bool are_gone = eventually([&] {
    if (at + 8 < request.size()) {
      for (const RawSocket& socket : slow) socket.send_some(request.substr(at, 1));
      ++at;
    }
    CHECK(world.is_served());
    return world.server.counts().timed_out == slow.size();
  });
  CHECK(are_gone);
  for (RawSocket& socket : slow) CHECK(socket.wait_until_closed());
  CHECK(world.server.counts().handshaking == 0);
}

TEST_CASE("a TLS handshake that stops is cut off") {
  ListenerOptions options = with_tls(Certificates::get().good);
  options.handshake_deadline = milliseconds(150);
  EchoServer server(options);
  RawSocket socket(server.port());
  REQUIRE(socket.send(std::string("\x16\x03\x01\x02\x00\x01", 6)));  // the begin of a ClientHello
  CHECK(socket.wait_until_closed());
  CHECK(server.counts().timed_out == 1);
}

TEST_CASE("no more shake hands at one time than may") {
  ListenerOptions options;
  options.handshakes = 4;
  EchoServer server(options);
  std::vector<RawSocket> idle;
  for (int i = 0; i < 12; ++i) idle.emplace_back(server.port());
  CHECK(eventually([&] { return server.counts().accepted == 12; }));
  CHECK(server.counts().refused == 8);
  CHECK(server.counts().handshaking == 4);
}

TEST_CASE("no more are open than may be, and a place that gets free is given away again") {
  ListenerOptions options;
  options.connections = 3;
  EchoServer server(options);
  std::vector<RawSocket> open;
  for (int i = 0; i < 3; ++i) {
    open.emplace_back(server.port());
    REQUIRE(open.back().open());
  }
  RawSocket late(server.port());
  CHECK_FALSE(late.open());
  CHECK(server.counts().open == 3);
  open.pop_back();
  REQUIRE(eventually([&] { return server.counts().open == 2; }));
  RawSocket again(server.port());
  CHECK(again.open());
}

TEST_CASE("a request that is too long, or none, ends the connection") {
  World world;
  for (const std::string& text :
       {"GET / HTTP/1.1\r\nX: " + std::string(9'000, 'x'), std::string("\r\n\r\n"),
        std::string("\x00\xff\x00\xff\r\n\r\n", 8), std::string("GET /\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nbad header\r\n\r\n"), RawSocket::upgrade() + "a frame before the answer"}) {
    RawSocket socket(world.server.port());
    socket.send(text);
    CHECK(socket.wait_until_closed());
    CHECK(socket.received().find(" 101 ") == std::string::npos);
  }
  CHECK(world.server.counts().bad_input == 6);
  CHECK(world.server.counts().open == 1);
}

TEST_CASE("an upgrade that is not WebSocket 13 is refused") {
  World world;
  std::string request = RawSocket::upgrade();
  request.replace(request.find("Version: 13"), 11, "Version: 12");
  RawSocket socket(world.server.port());
  REQUIRE(socket.send(request));
  CHECK(socket.wait_until_closed());
  CHECK(socket.received().find(" 101 ") == std::string::npos);
}

TEST_CASE("a frame of 4 GiB, or of more than anybody may send, is refused by its header") {
  World world;
  const std::uint64_t lens[] = {std::uint64_t{1} << 32, (std::uint64_t{1} << 63) - 1, kMaxFrameLen + 1};
  for (const std::uint64_t len : lens) {
    RawSocket socket(world.server.port());
    REQUIRE(socket.open());
    REQUIRE(socket.send(RawSocket::head(Opcode::binary, len)));
    CHECK(close_code(socket) == 1009);
    CHECK(socket.wait_until_closed());
    CHECK(world.server.counts().partial_bytes == 0);
  }
  CHECK(eventually([&] { return world.server.counts().bad_input == 3; }));
}

TEST_CASE("a frame of the longest length costs nothing until its bytes are there") {
  World world;
  RawSocket socket(world.server.port());
  REQUIRE(socket.open());
  REQUIRE(socket.send(RawSocket::head(Opcode::binary, kMaxFrameLen) + std::string(2'000, 'x')));
  CHECK(eventually([&] { return world.server.counts().partial_bytes > 0; }));
  CHECK(world.server.counts().partial_bytes <= 4'096);
  CHECK(socket.wait_until_closed());  // and its deadline ends it
  CHECK(eventually([&] { return world.server.counts().timed_out == 1; }));
}

TEST_CASE("unfinished frames of all connections share one budget") {
  ListenerOptions options;
  options.partial_bytes = kMaxFrameLen;
  World world(options);
  std::vector<RawSocket> greedy;
  for (int i = 0; i < 8; ++i) {
    greedy.emplace_back(world.server.port());
    REQUIRE(greedy.back().open());
    greedy.back().send(RawSocket::head(Opcode::binary, kMaxFrameLen) + std::string(400'000, 'x'));
  }
  CHECK(eventually([&] { return world.server.counts().bad_input >= 5; }));
  CHECK(world.server.counts().partial_bytes <= options.partial_bytes);
}

TEST_CASE("a message that is never finished is cut off") {
  World world;
  SUBCASE("in fragments without end") {
    RawSocket socket(world.server.port());
    REQUIRE(socket.open());
    REQUIRE(socket.send_message("begin", Opcode::binary, false));
    const bool is_gone = eventually([&] {
      socket.send_message("x", Opcode::more, false);
      return world.server.counts().timed_out + world.server.counts().bad_input == 1;
    });
    CHECK(is_gone);
  }
  SUBCASE("in empty fragments") {
    RawSocket socket(world.server.port());
    REQUIRE(socket.open());
    REQUIRE(socket.send_message("", Opcode::binary, false));
    std::string many;
    for (int i = 0; i < 1'000; ++i) many += RawSocket::head(Opcode::more, 0, false);
    const bool is_gone = eventually([&] {
      socket.send_some(many);
      return world.server.counts().timed_out + world.server.counts().bad_input == 1;
    });
    CHECK(is_gone);
  }
  SUBCASE("and just stops") {
    RawSocket socket(world.server.port());
    REQUIRE(socket.open());
    REQUIRE(socket.send(RawSocket::head(Opcode::binary, 100) + "half"));
    CHECK(socket.wait_until_closed());
    CHECK(eventually([&] { return world.server.counts().timed_out == 1; }));
  }
}

TEST_CASE("what breaks the protocol ends the connection with its code") {
  World world;
  const auto code_for = [&](const std::string& bytes) {
    RawSocket socket(world.server.port());
    REQUIRE(socket.open());
    socket.send(bytes);
    const int code = close_code(socket);
    CHECK(socket.wait_until_closed());
    return code;
  };
  CHECK(code_for(RawSocket::head(Opcode::binary, 5, true, /*is_masked=*/false) + "plain") == 1002);
  CHECK(code_for(RawSocket::head(Opcode::text, 5) + "texts") == 1003);
  CHECK(code_for(RawSocket::head(Opcode::more, 5) + "alone") == 1002);
  CHECK(code_for(RawSocket::head(Opcode::ping, 126) + std::string(126, 'x')) == 1002);
  CHECK(code_for(RawSocket::head(static_cast<Opcode>(3), 0)) == 1002);     // a reserved kind
  CHECK(code_for(RawSocket::head(static_cast<Opcode>(0x42), 0)) == 1002);  // compressed, which nobody agreed to
  CHECK(eventually([&] { return world.server.counts().bad_input == 6; }));
  CHECK(world.server.frames == 0);
}

TEST_CASE("a flood of pings ends the connection") {
  World world;
  RawSocket socket(world.server.port());
  REQUIRE(socket.open());
  std::string pings;
  for (int i = 0; i < 5'000; ++i) pings += RawSocket::head(Opcode::ping, 0);
  socket.send(pings);
  CHECK(eventually([&] { return world.server.counts().bad_input == 1; }));
}

TEST_CASE("one who does not read is cut off, and holds nothing") {
  World world;
  RawSocket socket(world.server.port());
  REQUIRE(socket.open());
  REQUIRE(eventually([&] { return world.server.counts().open == 2; }));
  in_loop(*world.server.loop,
          [&] { world.server.listener->send(world.server.last_peer, std::vector<Bytes>(64, Bytes(1'000'000, 1))); });
  CHECK(eventually([&] { return world.server.counts().timed_out == 1; }));
  CHECK(eventually([&] { return world.server.closed == 1; }));
}

TEST_CASE("a client is as strict with its server") {
  EchoServer server;
  Dialler client({.url = server.url(), .max_frame_len = 1'000});
  REQUIRE(client.is_open());
  REQUIRE(eventually([&] { return server.counts().open == 1; }));
  in_loop(*server.loop, [&] { server.listener->send(server.last_peer, {Bytes(1'001, 1)}); });
  CHECK(client.end().code == Errc::too_large);
}

TEST_CASE("a client leaves a server that answers with a long page") {
  const std::string head = "HTTP/1.1 404 Not Found\r\n";
  for (const std::string& rest :
       {"Content-Length: 1000000\r\n\r\n" + std::string(20'000, 'x'),
        "Transfer-Encoding: chunked\r\n\r\n4e20\r\n" + std::string(20'000, 'x'), "\r\n" + std::string(20'000, 'x')}) {
    OneAnswer server(head + rest);
    Dialler client({.url = server.url, .connect_timeout = kPatience});
    const ConnectionFailure why = client.end();
    CHECK(why.code == Errc::bad_message);
    CHECK(why.text == "the other side does not speak WebSocket here");
  }
}

TEST_CASE("opening and closing many connections leaves nothing behind") {
  World world;
  for (int i = 0; i < 300; ++i) {
    RawSocket socket(world.server.port());
    if (i % 3 == 0) REQUIRE(socket.open());
    if (i % 3 == 1) socket.send("GET /");
  }
  CHECK(eventually([&] { return world.server.counts().open == 1 && world.server.counts().handshaking == 0; }));
}
