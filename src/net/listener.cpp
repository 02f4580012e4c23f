#include <anochat/base/error.hpp>
#include <anochat/net/web_socket_listener.hpp>

#include "net/asio_loop_base.hpp"
#include "net/listener_session.hpp"
#include "net/peer_address.hpp"
#include "net/tls.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace anochat {
namespace net {
namespace {

using std::chrono::milliseconds;
using SocketError = boost::system::error_code;

constexpr milliseconds kAcceptPause{100};  // after the system has run out of descriptors or memory

void check(const ListenerOptions& options) {
  const auto is_time = [](milliseconds time) { return time > milliseconds(0); };
  const bool is_good = options.connections >= 1 && options.handshakes >= 1 && options.max_frame_len >= 1 &&
                       options.max_frame_len <= kMaxFrameLen && options.partial_bytes >= options.max_frame_len &&
                       options.control_frames >= 1 && is_time(options.handshake_deadline) &&
                       is_time(options.frame_deadline) && is_time(options.write_deadline) &&
                       is_time(options.keep_alive) && is_time(options.close_deadline) &&
                       options.certificate_file.empty() == options.key_file.empty();
  if (!is_good) throw Error(Errc::invalid_argument, "net.listener_options");
}

class Listener final : public SessionOwner, public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::shared_ptr<AsioLoop> loop, const ListenerOptions& options, ListenerHandler& handler)
      : loop_(std::move(loop)),
        options_(options),
        handler_(&handler),
        shared_(std::make_shared<PipeShared>()),
        acceptor_(loop_->executor()),
        next_socket_(loop_->executor()) {
    shared_->limits = {options.frame_deadline, options.write_deadline, options.keep_alive, options.close_deadline,
                       options.control_frames};
    shared_->partial.most = options.partial_bytes;
    if (!options.key_file.empty()) tls_ = server_tls(options.certificate_file, options.key_file);
    listen();
  }

  void start() {
    accept();
    look_later();
  }
  void let_go() noexcept {
    handler_ = nullptr;
    stop_accepting();
    loop_->cancel(pause_);
    for (auto& [number, session] : sessions_) session->let_go();
    sessions_.clear();
  }
  void stop_accepting() noexcept {
    SocketError ignored;
    acceptor_.close(ignored);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] Session* find(PeerId peer) noexcept {
    const auto found = sessions_.find(peer);
    return found == sessions_.end() || !found->second->has_opened() ? nullptr : found->second.get();
  }
  [[nodiscard]] ListenerCounts counts() const noexcept {
    ListenerCounts out = counts_;
    out.partial_bytes = shared_->partial.used;
    return out;
  }

  void on_session_open(Session& session, const PeerAddress& address) override {
    --counts_.handshaking;
    ++counts_.open;
    handler_->on_open(session.number(), address);
  }
  void on_session_frame(Session& session, ByteView frame) override { handler_->on_frame(session.number(), frame); }
  void on_session_sent(Session& session) override { handler_->on_sent(session.number()); }
  HttpAnswer on_session_http(const HttpRequest& request) override {
    ++counts_.http_requests;
    return handler_->on_http(request);
  }
  void on_session_end(Session& session, PipeEnd end) override {
    if (end == PipeEnd::timed_out) ++counts_.timed_out;
    if (end == PipeEnd::bad_input) ++counts_.bad_input;
    const PeerId number = session.number();
    const bool was_open = session.has_opened();
    if (was_open) {
      --counts_.open;
    } else {
      --counts_.handshaking;
      ++counts_.handshakes_failed;
    }
    sessions_.erase(number);
    if (was_open) handler_->on_closed(number);
  }

 private:
  void listen() {
    SocketError error;
    const auto address = asio::ip::make_address(options_.address, error);
    if (error) throw Error(Errc::invalid_argument, "net.listen_address");
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    const tcp::endpoint bound = error ? tcp::endpoint() : acceptor_.local_endpoint(error);
    if (error) throw Error(Errc::network_failed, "net.listen");
    port_ = bound.port();
  }

  void accept() {
    if (!acceptor_.is_open()) return;
    acceptor_.async_accept(next_socket_, [self = shared_from_this()](const SocketError& error) {
      if (self->handler_ == nullptr || error == asio::error::operation_aborted) return;
      if (error) return self->accept_later();
      self->take(std::exchange(self->next_socket_, tcp::socket(self->loop_->executor())));
      self->accept();
    });
  }
  void accept_later() {
    pause_ = loop_->call_after(kAcceptPause, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->handler_ != nullptr) self->accept();
    });
  }
  void take(tcp::socket socket) {
    ++counts_.accepted;
    SocketError error;
    const tcp::endpoint where = socket.remote_endpoint(error);
    if (error) return;  // gone already
    if (sessions_.size() >= options_.connections || counts_.handshaking >= options_.handshakes) {
      ++counts_.refused;
      return;  // closes it
    }
    socket.set_option(tcp::no_delay(true), error);
    const PeerId number = next_number_++;
    const auto session = std::make_shared<Session>(number, shared_, *this, options_.max_frame_len);
    sessions_.emplace(number, session);
    ++counts_.handshaking;
    session->start(std::move(socket), peer_address(where.address()), tls_.get(), loop_->now());
  }

  // One look at all deadlines costs less than a timer for each connection.
  void look_later() {
    const milliseconds shortest = std::min({options_.handshake_deadline, options_.frame_deadline,
                                            options_.write_deadline, options_.keep_alive, options_.close_deadline});
    loop_->call_after(std::clamp(shortest / 4, milliseconds(5), milliseconds(1'000)), [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || self->handler_ == nullptr) return;
      self->look();
      self->look_later();
    });
  }
  void look() {
    const IoLoop::Time now = loop_->now();
    std::vector<std::shared_ptr<Session>> late;
    for (const auto& [number, session] : sessions_) {
      if (!session->is_in_time(now, options_.handshake_deadline) || session->is_due(now)) late.push_back(session);
    }
    for (const auto& session : late) {
      if (session->is_in_time(now, options_.handshake_deadline)) {
        session->check(now);
      } else {
        session->give_up(PipeEnd::timed_out);
      }
    }
  }

  std::shared_ptr<AsioLoop> loop_;
  const ListenerOptions options_;
  ListenerHandler* handler_;
  std::shared_ptr<PipeShared> shared_;
  std::shared_ptr<asio::ssl::context> tls_;
  tcp::acceptor acceptor_;
  IoLoop::Timer pause_ = 0;
  tcp::socket next_socket_;
  std::uint16_t port_ = 0;
  std::unordered_map<PeerId, std::shared_ptr<Session>> sessions_;
  PeerId next_number_ = 1;
  ListenerCounts counts_;
};

class OwnedListener final : public WebSocketListener {
 public:
  OwnedListener(std::shared_ptr<IoLoop> loop, std::shared_ptr<Listener> listener)
      : loop_(std::move(loop)), listener_(std::move(listener)) {
    listener_->start();
  }
  ~OwnedListener() override { listener_->let_go(); }
  OwnedListener(const OwnedListener&) = delete;
  OwnedListener& operator=(const OwnedListener&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept override { return listener_->port(); }
  void send(PeerId peer, std::vector<Bytes> frames) override {
    Session* session = listener_->find(peer);
    if (session == nullptr) return;
    for (Bytes& frame : frames) session->send(std::move(frame));
  }
  void set_reading(PeerId peer, bool is_on) override {
    if (Session* session = listener_->find(peer)) session->set_reading(is_on);
  }
  void close(PeerId peer, CloseCode code) override {
    if (Session* session = listener_->find(peer)) session->close(static_cast<std::uint16_t>(code));
  }
  void stop_accepting() override { listener_->stop_accepting(); }
  [[nodiscard]] ListenerCounts counts() const noexcept override { return listener_->counts(); }

 private:
  std::shared_ptr<IoLoop> loop_;
  std::shared_ptr<Listener> listener_;
};

}  // namespace
}  // namespace net

std::unique_ptr<WebSocketListener> listen_web_socket(std::shared_ptr<IoLoop> loop, const ListenerOptions& options,
                                                     ListenerHandler& handler) {
  net::check(options);
  auto listener = std::make_shared<net::Listener>(net::asio_loop(loop), options, handler);
  return std::make_unique<net::OwnedListener>(std::move(loop), std::move(listener));
}

}  // namespace anochat
