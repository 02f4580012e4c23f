#include <anochat/net/url.hpp>

#include "support/check.hpp"

#include <string>

using namespace anochat;

TEST_CASE("addresses of relays and proxies are taken apart") {
  const Url relay = parse_url("WSS://Relay.Example/a/b");
  CHECK(relay.scheme == "wss");
  CHECK(relay.host == "Relay.Example");
  CHECK(relay.port == 443);
  CHECK(relay.path == "/a/b");
  const Url local = parse_url("ws://127.0.0.1:8080");
  CHECK(local.port == 8'080);
  CHECK(local.path == "/");
  CHECK(parse_url("ws://[2001:db8::1]:99/x").host == "2001:db8::1");
  CHECK(parse_url("ws://[::1]").port == 80);
  CHECK(parse_url("http://proxy:3128").port == 3'128);
}

TEST_CASE("what is no such address is refused") {
  const std::string too_long = "ws://host/" + std::string(2'048, 'a');
  const std::string long_host = "ws://" + std::string(254, 'a');
  for (const std::string_view text : {std::string_view(""),
                                      std::string_view("host"),
                                      std::string_view("ftp://host"),
                                      std::string_view("ws://"),
                                      std::string_view("ws://:80"),
                                      std::string_view("ws://host:"),
                                      std::string_view("ws://host:0"),
                                      std::string_view("ws://host:65536"),
                                      std::string_view("ws://host:8a"),
                                      std::string_view("ws://user@host"),
                                      std::string_view("ws://host\r\nX: y"),
                                      std::string_view("ws://host/a b"),
                                      std::string_view("ws://host/?q"),
                                      std::string_view("ws://host/#f"),
                                      std::string_view("ws://[::1"),
                                      std::string_view("ws://[host]"),
                                      std::string_view("ws://[::1]x"),
                                      std::string_view("ws://ho\0st", 10),
                                      std::string_view(too_long),
                                      std::string_view(long_host)}) {
    CAPTURE(std::string(text));
    CHECK_ERROR(parse_url(text), Errc::invalid_argument);
  }
}

TEST_CASE("only this machine counts as loopback") {
  for (const char* here : {"ws://127.0.0.1", "ws://127.9.8.7", "ws://[::1]", "ws://localhost"}) {
    CHECK(parse_url(here).is_loopback());
  }
  for (const char* there : {"ws://10.0.0.1", "ws://127.example", "ws://127.0.0.1.example", "ws://localhost.example"}) {
    CHECK_FALSE(parse_url(there).is_loopback());
  }
}
