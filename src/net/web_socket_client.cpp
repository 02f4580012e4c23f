#include <anochat/base/error.hpp>
#include <anochat/net/url.hpp>
#include <anochat/net/web_socket_transport.hpp>

#include "net/asio_loop_base.hpp"
#include "net/connector.hpp"
#include "net/pipe.hpp"

#include <algorithm>
#include <utility>

namespace anochat {
namespace net {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t kNormal = 1000;

Route route_of(const WebSocketOptions& options) {
  Route route;
  route.url = parse_url(options.url);
  route.allow_plain = options.allow_plain;
  const bool is_tls = route.url.scheme == "wss";
  const bool is_plain = route.url.scheme == "ws" && (options.allow_plain || route.url.is_loopback());
  if (!is_tls && !is_plain) throw Error(Errc::invalid_argument, "net.plain_url");
  if (!options.proxy.empty()) {
    route.proxy = parse_url(options.proxy);
    if (route.proxy->scheme != "http") throw Error(Errc::invalid_argument, "net.proxy");
  }
  for (const std::string& pin : options.pins) route.pins.push_back(parse_pin(pin));
  if (is_tls) route.tls = client_tls(options.ca_file);
  return route;
}

void check(const WebSocketOptions& options) {
  const bool is_good = options.max_frame_len >= 1 && options.max_frame_len <= kMaxFrameLen &&
                       options.queue_bytes >= 1 && options.connect_timeout > milliseconds(0) &&
                       options.keep_alive > milliseconds(0) && options.close_timeout > milliseconds(0);
  if (!is_good) throw Error(Errc::invalid_argument, "net.web_socket_options");
}

std::shared_ptr<PipeShared> shared_for(const WebSocketOptions& options) {
  constexpr std::size_t kControlFrames = 100;
  const milliseconds keep_alive = options.keep_alive;
  auto shared = std::make_shared<PipeShared>();
  shared->limits = {4 * keep_alive, 4 * keep_alive, keep_alive, options.close_timeout, kControlFrames};
  shared->partial.most = 2 * options.max_frame_len;
  return shared;
}

/// What works in the loop. It outlives the transport until its operations have ended.
class ClientPipe final : public Pipe {
 public:
  ClientPipe(std::shared_ptr<AsioLoop> loop, const WebSocketOptions& options)
      : Pipe(shared_for(options)), loop_(std::move(loop)), options_(options), route_(route_of(options)) {}

  void start(TransportHandler& handler) {
    handler_ = &handler;
    began_ = loop_->now();
    connector_ = std::make_shared<Connector>(loop_->executor(), route_);
    connector_->start([self = self()](std::optional<ByteStream> stream, const ConnectionFailure& why) {
      self->connector_.reset();
      if (!stream) return self->end(why);
      self->set_stream(make_web_socket_stream(std::move(*stream), self->options_.max_frame_len, *self));
      self->stream().shake_hands(self->host(), self->route_.url.path, self);
    });
    look_later();
  }
  [[nodiscard]] bool offer(Bytes& frame) {
    if (!is_open() || is_told_to_wait_ ||
        (queued_bytes() > 0 && queued_bytes() + frame.size() > options_.queue_bytes)) {
      is_told_to_wait_ = is_told_to_wait_ || is_open();
      return false;
    }
    send(std::move(frame));
    return true;
  }
  void finish() {
    if (is_open()) return close(kNormal);
    if (!is_over() && !is_told_) {
      loop_->post([self = self()] { self->end({Errc::network_failed, "closed before it was open"}); });
    }
  }
  /// The transport is gone.
  void let_go() noexcept {
    handler_ = nullptr;
    stop_looking();
    if (connector_) connector_->cancel();
    connector_.reset();
    abandon();
  }

  void on_handshake(const StreamResult& result) override {
    if (is_over()) return;
    if (result.failure) return end(*result.failure);
    begin(loop_->now());
    if (handler_ != nullptr) handler_->on_open();
  }

 private:
  [[nodiscard]] std::shared_ptr<ClientPipe> self() { return std::static_pointer_cast<ClientPipe>(shared_from_this()); }
  [[nodiscard]] std::string host() const {
    const bool is_v6 = route_.url.host.find(':') != std::string::npos;
    return (is_v6 ? "[" + route_.url.host + "]" : route_.url.host) + ":" + std::to_string(route_.url.port);
  }

  void on_message(ByteView message) override {
    if (handler_ == nullptr) return;
    if (message.empty()) return end({Errc::bad_message, "an empty frame"});
    handler_->on_frame(message);
  }
  void on_all_sent() override {
    if (std::exchange(is_told_to_wait_, false) && handler_ != nullptr) handler_->on_writable();
  }
  void on_end(const ConnectionFailure& why, PipeEnd /*end*/) override {
    stop_looking();
    if (connector_) connector_->cancel();
    connector_.reset();
    is_told_ = true;
    if (TransportHandler* handler = std::exchange(handler_, nullptr)) handler->on_closed(why);
  }

  // A quarter of the shortest deadline is soon enough to notice one.
  void look_later() {
    const milliseconds shortest = std::min({options_.connect_timeout, options_.keep_alive, options_.close_timeout});
    const milliseconds pause = std::clamp(shortest / 4, milliseconds(5), milliseconds(5'000));
    timer_ = loop_->call_after(pause, [weak = std::weak_ptr<ClientPipe>(self())] {
      const auto pipe = weak.lock();
      if (!pipe || pipe->is_over()) return;
      pipe->timer_ = 0;
      pipe->look();
    });
  }
  void look() {
    const IoLoop::Time now = loop_->now();
    if (!was_open() && now - began_ > options_.connect_timeout) {
      return end({Errc::timed_out, "no connection in time"}, PipeEnd::timed_out);
    }
    check(now);
    if (!is_over()) look_later();
  }
  void stop_looking() noexcept {
    if (timer_ != 0) loop_->cancel(std::exchange(timer_, 0));
  }

  std::shared_ptr<AsioLoop> loop_;
  const WebSocketOptions options_;
  const Route route_;
  TransportHandler* handler_ = nullptr;
  std::shared_ptr<Connector> connector_;
  IoLoop::Time began_{};
  IoLoop::Timer timer_ = 0;
  bool is_told_to_wait_ = false;
  bool is_told_ = false;
};

class WebSocketTransport final : public Transport {
 public:
  WebSocketTransport(std::shared_ptr<IoLoop> loop, const WebSocketOptions& options)
      : loop_(std::move(loop)), pipe_(std::make_shared<ClientPipe>(asio_loop(loop_), options)) {}
  ~WebSocketTransport() override { pipe_->let_go(); }
  WebSocketTransport(const WebSocketTransport&) = delete;
  WebSocketTransport& operator=(const WebSocketTransport&) = delete;

  void start(TransportHandler& handler) override { pipe_->start(handler); }
  [[nodiscard]] bool send(Bytes& frame) override { return pipe_->offer(frame); }
  void set_reading(bool is_on) override { pipe_->set_reading(is_on); }
  void close() override { pipe_->finish(); }
  [[nodiscard]] std::size_t queued_bytes() const noexcept override { return pipe_->queued_bytes(); }

 private:
  std::shared_ptr<IoLoop> loop_;  // stays as long as this, while the pipe may stay longer and holds no thread
  std::shared_ptr<ClientPipe> pipe_;
};

}  // namespace
}  // namespace net

std::unique_ptr<Transport> make_web_socket_transport(std::shared_ptr<IoLoop> loop, const WebSocketOptions& options) {
  net::check(options);
  return std::make_unique<net::WebSocketTransport>(std::move(loop), options);
}

}  // namespace anochat
