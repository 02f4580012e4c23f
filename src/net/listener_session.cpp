#include "net/listener_session.hpp"

#include "net/failure.hpp"

#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace anochat::net {
namespace {

using Error = boost::system::error_code;

constexpr std::size_t kMaxHeadLen = 8'192;  // bytes of an HTTP request

const char* reason_of(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

}  // namespace

struct Session::Greeting {
  Greeting(tcp::socket socket, PeerAddress where) : stream(std::move(socket)), address(std::move(where)) {}

  ByteStream stream;
  PeerAddress address;
  std::string text;  // read; then, for plain HTTP, written
  std::array<char, 1'024> piece{};
};

Session::Session(PeerId number, std::shared_ptr<PipeShared> shared, SessionOwner& owner, std::size_t max_frame_len)
    : Pipe(std::move(shared)), number_(number), owner_(&owner), max_frame_len_(max_frame_len) {}

Session::~Session() = default;

void Session::start(tcp::socket socket, const PeerAddress& address, asio::ssl::context* tls, Time now) {
  began_ = now;
  greeting_ = std::make_unique<Greeting>(std::move(socket), address);
  if (tls == nullptr) return read_head();
  greeting_->stream.add_tls(*tls).async_handshake(ByteStream::Tls::server, [self = self()](const Error& error) {
    if (self->is_over()) return;
    if (error) return self->end(failure_of(error, "TLS handshake"));
    self->read_head();
  });
}

void Session::read_head() {
  greeting_->stream.async_read_some(asio::buffer(greeting_->piece),
                                    [self = self()](const Error& error, std::size_t bytes) {
                                      if (self->is_over()) return;
                                      if (error) return self->end(failure_of(error, "reading"));
                                      self->greeting_->text.append(self->greeting_->piece.data(), bytes);
                                      self->take_head();
                                    });
}

void Session::take_head() {
  const std::size_t end_of_head = greeting_->text.find("\r\n\r\n");
  if (end_of_head == std::string::npos) {
    if (greeting_->text.size() < kMaxHeadLen) return read_head();
    return end({Errc::too_large, "a request head over the limit"}, PipeEnd::bad_input);
  }
  const auto head = parse_request_head(greeting_->text);
  if (!head) return end({Errc::bad_message, "no HTTP request"}, PipeEnd::bad_input);
  if (head->is_upgrade) {
    set_stream(make_web_socket_stream(std::move(greeting_->stream), max_frame_len_, *this));
    return stream().accept(greeting_->text, self());
  }
  if (!head->is_get) return answer({405, "text/plain; charset=utf-8", "only GET\n"});
  answer(owner_->on_session_http({head->target, greeting_->address}));
}

void Session::answer(const HttpAnswer& answer) {
  greeting_->text = "HTTP/1.1 " + std::to_string(answer.status) + " " + reason_of(answer.status) +
                    "\r\nContent-Type: " + answer.content_type +
                    "\r\nContent-Length: " + std::to_string(answer.body.size()) +
                    "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n" + answer.body;
  asio::async_write(greeting_->stream, asio::buffer(greeting_->text),
                    [self = self()](const Error& error, std::size_t /*bytes*/) {
                      if (self->is_over()) return;
                      Error ignored;
                      if (!error) self->greeting_->stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
                      self->end({Errc::network_failed, "answered"});
                    });
}

void Session::on_handshake(const StreamResult& result) {
  if (is_over()) return;
  if (result.failure) {
    return end(*result.failure, result.is_peer_at_fault ? PipeEnd::bad_input : PipeEnd::other);
  }
  const std::unique_ptr<Greeting> greeting = std::move(greeting_);
  begin(Time::clock::now());
  if (owner_ != nullptr) owner_->on_session_open(*this, greeting->address);
}

void Session::let_go() noexcept {
  owner_ = nullptr;
  abandon();
  if (greeting_) greeting_->stream.close();
}

void Session::on_message(ByteView message) {
  if (owner_ != nullptr) owner_->on_session_frame(*this, message);
}

void Session::on_all_sent() {
  if (owner_ != nullptr) owner_->on_session_sent(*this);
}

void Session::on_end(const ConnectionFailure& /*why*/, PipeEnd end) {
  if (greeting_) greeting_->stream.close();
  if (SessionOwner* owner = std::exchange(owner_, nullptr)) owner->on_session_end(*this, end);
}

}  // namespace anochat::net
