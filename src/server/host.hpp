// server/host.hpp - carries frames between a listener and a Relay. Works in the loop only.
#pragma once

#include <anochat/net/io_loop.hpp>
#include <anochat/net/web_socket_listener.hpp>
#include <anochat/relay/relay.hpp>
#include <anochat/server/relay_server_options.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>

namespace anochat::server {

class Host final : public ListenerHandler, public std::enable_shared_from_this<Host> {
 public:
  Host(std::shared_ptr<IoLoop> loop, const RelayServerOptions& options, const RelayServices& services);

  /// @throws as listen_web_socket()
  void start();
  void drain(std::chrono::milliseconds come_back);
  /// Commits, and closes everything at once.
  void shut() noexcept;
  [[nodiscard]] bool is_shut() const noexcept { return listener_ == nullptr; }

  [[nodiscard]] const WebSocketListener& listener() const noexcept { return *listener_; }
  [[nodiscard]] const Relay& relay() const noexcept { return relay_; }

  void on_open(PeerId peer, const PeerAddress& address) override;
  void on_frame(PeerId peer, ByteView frame) override;
  void on_sent(PeerId peer) override;
  void on_closed(PeerId peer) override;
  HttpAnswer on_http(const HttpRequest& request) override;

 private:
  struct Link {
    Relay::Connection connection = 0;
    bool is_sending = false;
    bool is_reading = true;
  };

  void tick_later();
  void deliver_later();
  void deliver();
  void serve(PeerId peer, Link& link);

  std::shared_ptr<IoLoop> loop_;
  const RelayServerOptions options_;
  Log& log_;
  Relay relay_;
  std::unique_ptr<WebSocketListener> listener_;
  std::unordered_map<PeerId, Link> links_;
  std::unordered_map<Relay::Connection, PeerId> peers_;
  bool is_delivery_due_ = false;
  std::size_t frames_in_ = 0;  // since the last look
  int quiet_rounds_ = 0;       // without any, one after the other
  std::optional<IoLoop::Time> batch_began_;
  IoLoop::Timer tick_timer_ = 0;
};

}  // namespace anochat::server
