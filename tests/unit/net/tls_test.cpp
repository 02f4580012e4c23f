// Which servers a client believes.
#include "net_world.hpp"

#include <openssl/ssl.h>

#include <thread>

using namespace anochat;
using namespace anochat::testing;

namespace {

/// Speaks TLS 1.2 at most, to one client.
class OldServer {
 public:
  explicit OldServer(const Certificate& certificate) : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
    REQUIRE(SSL_CTX_use_certificate_chain_file(context_, certificate.file.c_str()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context_, certificate.key.c_str(), SSL_FILETYPE_PEM) == 1);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof at;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &len) == 0);
    port = ntohs(at.sin_port);
    thread_ = std::thread([this] {
      const int client = ::accept(socket_, nullptr, nullptr);
      SSL* ssl = SSL_new(context_);
      SSL_set_fd(ssl, client);
      accepted_ = SSL_accept(ssl) == 1;
      SSL_free(ssl);
      ::close(client);
    });
  }
  ~OldServer() {
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
    SSL_CTX_free(context_);
  }
  OldServer(const OldServer&) = delete;
  OldServer& operator=(const OldServer&) = delete;

  /// Whether its one client got through. Waits for it.
  bool has_accepted() {
    thread_.join();
    return accepted_;
  }
  std::uint16_t port = 0;

 private:
  bool accepted_ = false;  // the thread's
  SSL_CTX* context_;
  int socket_ = -1;
  std::thread thread_;
};

ConnectionFailure refused(const Certificate& certificate, WebSocketOptions options) {
  EchoServer server(with_tls(certificate));
  options.url = server.url("wss", "localhost");
  if (options.ca_file.empty()) options.ca_file = Certificates::get().ca;
  Dialler client(options);
  CHECK_FALSE(client.is_open());
  CHECK(server.counts().open == 0);
  return client.end();
}

}  // namespace

TEST_CASE("a server with a good certificate for its host is believed") {
  const Certificates& made = Certificates::get();
  EchoServer server(with_tls(made.good));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    CAPTURE(host);
    Dialler client({.url = server.url("wss", host), .ca_file = made.ca});
    REQUIRE(client.is_open());
    const std::string text(300'000, 'x');
    CHECK(client.send(text));
    REQUIRE(client.heard.wait([&] { return client.heard.frames.size() == 1; }));
    CHECK(client.heard.frames[0] == text);
    client.close();
    client.end();
  }
}

TEST_CASE("a pinned key is accepted, another one is not") {
  const Certificates& made = Certificates::get();
  EchoServer server(with_tls(made.good));
  Dialler client({.url = server.url("wss", "localhost"),
                  .ca_file = made.ca,
                  .pins = {Certificates::pin(made.other), Certificates::pin(made.good)}});
  CHECK(client.is_open());

  const ConnectionFailure why = refused(made.good, {.pins = {Certificates::pin(made.other)}});
  CHECK(why.code == Errc::tls_failed);
  CHECK(why.text == "the server's key is not one of the pinned ones");
}

TEST_CASE("a pin does not make up for a certificate that is not good") {
  const Certificates& made = Certificates::get();
  CHECK(refused(made.expired, {.pins = {Certificates::pin(made.expired)}}).code == Errc::tls_failed);
  CHECK(refused(made.self_signed, {.pins = {Certificates::pin(made.self_signed)}}).code == Errc::tls_failed);
}

TEST_CASE("certificates of another host, of yesterday and of nobody are refused, and the text says which") {
  const Certificates& made = Certificates::get();
  const auto text_of = [](const ConnectionFailure& why) {
    CHECK(why.code == Errc::tls_failed);
    return why.text;
  };
  const std::string prefix = "the server's certificate is not accepted: ";
  CHECK(text_of(refused(made.wrong_host, {})) == prefix + "hostname mismatch");
  CHECK(text_of(refused(made.expired, {})) == prefix + "certificate has expired");
  CHECK(text_of(refused(made.self_signed, {})) == prefix + "self-signed certificate");
  CHECK(text_of(refused(made.good, {.ca_file = made.other_ca})) == prefix + "unable to get local issuer certificate");
}

TEST_CASE("the system's authorities do not know ours") {
  EchoServer server(with_tls(Certificates::get().good));
  Dialler client({.url = server.url("wss", "localhost")});
  CHECK(client.end().code == Errc::tls_failed);
}

TEST_CASE("TLS 1.2 is too old, on both sides") {
  const Certificates& made = Certificates::get();
  OldServer old(made.good);
  Dialler client({.url = "wss://localhost:" + std::to_string(old.port), .ca_file = made.ca});
  const ConnectionFailure why = client.end();
  CHECK(why.code == Errc::tls_failed);
  CHECK(why.text.starts_with("TLS handshake: "));
  CHECK_FALSE(old.has_accepted());

  EchoServer server(with_tls(made.good));
  const std::string command =
      "openssl s_client -connect 127.0.0.1:" + std::to_string(server.port()) + " -tls1_2 </dev/null >/dev/null 2>&1";
  CHECK(std::system(command.c_str()) != 0);
  CHECK(eventually([&] { return server.counts().handshakes_failed == 1; }));
}

TEST_CASE("plain text to a TLS server, and TLS to a plain one, fail cleanly") {
  EchoServer tls(with_tls(Certificates::get().good));
  Dialler plain_client({.url = tls.url("ws")});
  CHECK(plain_client.end().code != Errc::internal);  // an alert that is no HTTP, or the end of the connection
  CHECK_FALSE(plain_client.heard.is_open);
  CHECK(eventually([&] { return tls.counts().handshakes_failed == 1; }));
  ListenerOptions strict;
  strict.handshake_deadline = milliseconds(100);  // a ClientHello is no line of HTTP, and never becomes one
  EchoServer plain(strict);
  Dialler tls_client({.url = plain.url("wss")});
  CHECK(tls_client.end().code != Errc::internal);
  CHECK_FALSE(tls_client.heard.is_open);
  CHECK(eventually([&] { return plain.counts().handshaking == 0; }));
}
