// Plain HTTP beside the WebSockets, and where connections come from.
#include "net/peer_address.hpp"
#include "net_world.hpp"

#include <boost/asio/ip/address.hpp>

using namespace anochat;
using namespace anochat::testing;

TEST_CASE("a GET is answered on the same port") {
  EchoServer server;
  const std::string answer = RawSocket::get(server.port(), "/metrics");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.ends_with("\r\n\r\nyou asked for /metrics\n"));
  CHECK(answer.find("Content-Length: 23\r\n") != std::string::npos);
  CHECK(server.counts().http_requests == 1);
  CHECK(eventually([&] { return server.counts().handshaking == 0; }));
}

TEST_CASE("other methods are refused and bodies are not read") {
  EchoServer server;
  RawSocket post(server.port());
  REQUIRE(post.send("POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
  CHECK(post.wait_until_closed());
  CHECK(post.received().starts_with("HTTP/1.1 405 "));
  RawSocket body(server.port());
  REQUIRE(body.send("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"));
  CHECK(body.wait_until_closed());
  CHECK(body.received().empty());
  CHECK(server.counts().http_requests == 0);
}

TEST_CASE("the address class is what one owner's addresses share") {
  const auto of = [](const char* text) { return net::peer_address(boost::asio::ip::make_address(text)); };
  CHECK(of("192.0.2.1").address_class == of("192.0.2.254").address_class);
  CHECK(of("192.0.2.1").address_class != of("192.0.3.1").address_class);
  CHECK(of("::ffff:192.0.2.1").address_class == of("192.0.2.9").address_class);
  CHECK(of("2001:db8:0:0100::1").address_class == of("2001:db8:0:01ff::9").address_class);
  CHECK(of("2001:db8:0:0100::1").address_class != of("2001:db8:0:0200::1").address_class);
  CHECK(of("192.0.2.1").address_class.size() == 4);
  CHECK(of("2001:db8::1").address_class.size() == 8);
  CHECK(of("127.0.0.1").is_loopback);
  CHECK(of("::1").is_loopback);
  CHECK(of("::ffff:127.0.0.1").is_loopback);
  CHECK_FALSE(of("192.0.2.1").is_loopback);
}
