// HTTP CONNECT, with a proxy that is a few lines of sockets.
#include "net_world.hpp"

#include <thread>

using namespace anochat;
using namespace anochat::testing;

namespace {

/// Takes one connection, answers its CONNECT, and then passes bytes on.
class Proxy {
 public:
  Proxy(std::string answer, std::uint16_t target) : answer_(std::move(answer)), target_(target) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof at;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &len) == 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~Proxy() {
    thread_.join();
    ::close(socket_);
  }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::string url;
  std::string request;

 private:
  void serve() {
    const int client = ::accept(socket_, nullptr, nullptr);
    char piece[16'384];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(client, piece, sizeof piece, 0);
      if (got <= 0) break;
      request.append(piece, static_cast<std::size_t>(got));
    }
    static_cast<void>(::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL));
    if (target_ != 0) pass_on(client);
    ::close(client);
  }
  void pass_on(int client) const {
    RawSocket server(target_);
    char piece[16'384];
    for (;;) {
      pollfd waits[2] = {{client, POLLIN, 0}, {server.descriptor(), POLLIN, 0}};
      if (::poll(waits, 2, 30'000) <= 0) return;
      for (int from = 0; from < 2; ++from) {
        if (waits[from].revents == 0) continue;
        const ssize_t got = ::recv(waits[from].fd, piece, sizeof piece, 0);
        if (got <= 0) return;
        if (::send(waits[1 - from].fd, piece, static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) return;
      }
    }
  }

  std::string answer_;
  std::uint16_t target_;
  int socket_ = -1;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a proxy that connects sees TLS and nothing else") {
  const Certificates& made = Certificates::get();
  EchoServer server(with_tls(made.good));
  Proxy proxy("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n", server.port());
  Dialler client({.url = server.url("wss", "localhost"), .ca_file = made.ca, .proxy = proxy.url});
  REQUIRE(client.is_open());
  const std::string target = "localhost:" + std::to_string(server.port());
  CHECK(proxy.request == "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n");
  CHECK(client.send("through the tunnel"));
  CHECK(client.heard.wait([&] { return client.heard.frames.size() == 1; }));
}

TEST_CASE("a proxy that does not connect is a failure with a reason") {
  const auto answer = [](const std::string& text) {
    Proxy proxy(text, 0);
    Dialler client({.url = "wss://localhost:9", .proxy = proxy.url});
    return client.end();
  };
  CHECK(answer("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").text == "the proxy refuses to connect");
  CHECK(answer("SSH-2.0-OpenSSH\r\n\r\n").code == Errc::bad_message);
  CHECK(answer("HTTP/1.1 200 OK\r\n\r\nbytes before ours").code == Errc::bad_message);
  CHECK(answer("HTTP/1.1 200 " + std::string(9'000, 'x')).code == Errc::too_large);
  CHECK(answer("").code == Errc::network_failed);
}
