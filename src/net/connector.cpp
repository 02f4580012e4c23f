#include "net/connector.hpp"

#include <anochat/base/error.hpp>

#include "net/failure.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace anochat::net {
namespace {

/// host:port as HTTP writes it.
std::string authority(const Url& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

}  // namespace

Connector::Connector(const asio::any_io_executor& executor, const Route& route) : route_(route), resolver_(executor) {
  socket_.emplace(executor);
}

void Connector::start(Done done) {
  done_ = std::move(done);
  const Url& first = route_.proxy ? *route_.proxy : route_.url;
  resolver_.async_resolve(first.host, std::to_string(first.port), tcp::resolver::numeric_service,
                          [self = shared_from_this()](const Error& error, const tcp::resolver::results_type& found) {
                            if (!self->done_) return;
                            if (error) return self->fail(failure_of(error, "looking up the host name"));
                            self->connect(found);
                          });
}

void Connector::cancel() noexcept {
  done_ = nullptr;
  resolver_.cancel();
  Error ignored;
  if (socket_) socket_->close(ignored);
  if (stream_) stream_->close();
}

void Connector::connect(const tcp::resolver::results_type& found) {
  // "localhost" is a name like any other: plain text stays on this machine only if its address does.
  const bool must_be_here = !route_.tls && !route_.allow_plain && !route_.proxy;
  const auto may_connect = [must_be_here](const Error& /*last*/, const tcp::endpoint& next) {
    return !must_be_here || next.address().is_loopback();
  };
  asio::async_connect(*socket_, found, may_connect,
                      [self = shared_from_this()](const Error& error, const tcp::endpoint& /*where*/) {
                        if (!self->done_) return;
                        if (error) return self->fail(failure_of(error, "connecting"));
                        Error ignored;
                        self->socket_->set_option(tcp::no_delay(true), ignored);
                        self->stream_.emplace(std::move(*self->socket_));
                        if (self->route_.proxy) return self->ask_proxy();
                        self->shake_hands();
                      });
}

void Connector::ask_proxy() {
  const std::string target = authority(route_.url);
  text_ = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n";
  asio::async_write(stream_->socket(), asio::buffer(text_),
                    [self = shared_from_this()](const Error& error, std::size_t /*bytes*/) {
                      if (!self->done_) return;
                      if (error) return self->fail(failure_of(error, "asking the proxy"));
                      self->text_.clear();
                      self->read_proxy_answer();
                    });
}

void Connector::read_proxy_answer() {
  stream_->socket().async_read_some(asio::buffer(piece_),
                                    [self = shared_from_this()](const Error& error, std::size_t bytes) {
                                      if (!self->done_) return;
                                      if (error) return self->fail(failure_of(error, "asking the proxy"));
                                      self->text_.append(self->piece_.data(), bytes);
                                      self->take_proxy_answer();
                                    });
}

void Connector::take_proxy_answer() {
  const std::size_t end = text_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (text_.size() >= kMaxProxyAnswer) return fail({Errc::too_large, "the proxy's answer is too long"});
    return read_proxy_answer();
  }
  const bool is_http = text_.starts_with("HTTP/1.0 ") || text_.starts_with("HTTP/1.1 ");
  // The relay speaks only after us, so nothing may stand after the head.
  if (!is_http || end + 4 != text_.size()) return fail({Errc::bad_message, "what answered is no HTTP proxy"});
  if (text_.compare(9, 1, "2") != 0) return fail({Errc::network_failed, "the proxy refuses to connect"});
  text_.clear();
  shake_hands();
}

void Connector::shake_hands() {
  if (!route_.tls) return succeed();
  ByteStream::Tls& tls = stream_->add_tls(*route_.tls);
  try {
    expect_host(tls, route_.url.host);
  } catch (const anochat::Error&) {
    return fail({Errc::tls_failed, "the host name cannot be checked"});
  }
  tls.async_handshake(ByteStream::Tls::client, [self = shared_from_this(), &tls](const Error& error) {
    if (!self->done_) return;
    if (error) return self->fail(handshake_failure(tls, error));
    if (!self->route_.pins.empty() && !has_pinned_key(tls, self->route_.pins)) {
      return self->fail({Errc::tls_failed, "the server's key is not one of the pinned ones"});
    }
    self->succeed();
  });
}

void Connector::succeed() {
  const Done done = std::exchange(done_, nullptr);
  done(std::exchange(stream_, std::nullopt), {});
}

void Connector::fail(const ConnectionFailure& why) {
  const Done done = std::exchange(done_, nullptr);
  if (stream_) stream_->close();
  done(std::nullopt, why);
}

}  // namespace anochat::net
