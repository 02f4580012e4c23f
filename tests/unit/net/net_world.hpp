// tests/unit/net/net_world.hpp - a listener that echoes, and a transport whose calls are recorded.
#pragma once

#include <anochat/net/io_loop.hpp>
#include <anochat/net/transport.hpp>
#include <anochat/net/web_socket_listener.hpp>
#include <anochat/net/web_socket_transport.hpp>

#include "support/check.hpp"
#include "unit/net/certificates.hpp"
#include "unit/net/raw_socket.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace anochat::testing {

using std::chrono::milliseconds;

/// Runs work in a loop and waits for it.
inline void in_loop(IoLoop& loop, const std::function<void()>& work) {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_done = false;
  loop.post([&] {
    work();
    const std::lock_guard lock(mutex);
    is_done = true;
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  REQUIRE(changed.wait_for(lock, kPatience, [&] { return is_done; }));
}

/// Looks again and again, until it is true or patience is at its end.
inline bool eventually(const std::function<bool()>& is_true) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::usleep(2'000);
  }
  return true;
}

/// What a handler heard, for another thread to wait for.
class Recorder final : public TransportHandler {
 public:
  void on_open() override {
    note([this] { is_open = true; });
  }
  void on_frame(ByteView frame) override {
    note([&] { frames.emplace_back(as_text(frame)); });
  }
  void on_writable() override {
    note([this] { ++writable; });
  }
  void on_closed(const ConnectionFailure& why) override {
    note([&] { closed = why; });
  }

  bool wait(const std::function<bool()>& is_true) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, is_true);
  }
  bool is_open = false;
  int writable = 0;
  std::vector<std::string> frames;
  std::optional<ConnectionFailure> closed;

 private:
  void note(const std::function<void()>& change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// One connection of a client, in a loop of its own.
class Dialler {
 public:
  explicit Dialler(const WebSocketOptions& options, std::shared_ptr<IoLoop> with = make_io_thread())
      : loop(std::move(with)), transport(make_web_socket_transport(loop, options)) {
    in_loop(*loop, [this] { transport->start(heard); });
  }
  ~Dialler() {
    in_loop(*loop, [this] { transport.reset(); });
  }
  Dialler(const Dialler&) = delete;
  Dialler& operator=(const Dialler&) = delete;

  bool is_open() {
    heard.wait([this] { return heard.is_open || heard.closed; });
    return heard.is_open;
  }
  /// How it ended.
  ConnectionFailure end() {
    REQUIRE(heard.wait([this] { return heard.closed.has_value(); }));
    return *heard.closed;
  }
  bool send(std::string_view text) {
    bool is_taken = false;
    in_loop(*loop, [&] {
      Bytes frame = to_bytes(text);
      is_taken = transport->send(frame);
      CHECK(frame.empty() == is_taken);
    });
    return is_taken;
  }
  void close() {
    in_loop(*loop, [this] { transport->close(); });
  }
  std::shared_ptr<IoLoop> loop;
  Recorder heard;
  std::unique_ptr<Transport> transport;
};

/// Answers every frame with itself.
class EchoServer final : public ListenerHandler {
 public:
  explicit EchoServer(const ListenerOptions& options = {}) : loop(make_io_thread()) {
    in_loop(*loop, [&] { listener = listen_web_socket(loop, options, *this); });
  }
  ~EchoServer() override {
    in_loop(*loop, [this] { listener.reset(); });
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  void on_open(PeerId peer, const PeerAddress& address) override {
    last_peer = peer;
    last_address = address;
  }
  void on_frame(PeerId peer, ByteView frame) override {
    ++frames;
    if (is_echoing) listener->send(peer, {Bytes(frame.begin(), frame.end())});
  }
  void on_sent(PeerId /*peer*/) override { ++sent; }
  void on_closed(PeerId /*peer*/) override { ++closed; }
  HttpAnswer on_http(const HttpRequest& request) override {
    return {200, "text/plain", "you asked for " + std::string(request.target) + "\n"};
  }

  [[nodiscard]] ListenerCounts counts() {
    ListenerCounts out;
    in_loop(*loop, [&] { out = listener->counts(); });
    return out;
  }
  [[nodiscard]] std::string url(const char* scheme = "ws", const char* host = "127.0.0.1") const {
    return std::string(scheme) + "://" + host + ":" + std::to_string(listener->port());
  }
  [[nodiscard]] std::uint16_t port() const { return listener->port(); }

  std::shared_ptr<IoLoop> loop;
  std::unique_ptr<WebSocketListener> listener;
  bool is_echoing = true;
  // in the loop
  PeerId last_peer = 0;
  PeerAddress last_address;
  // from any thread
  std::atomic<int> frames = 0;
  std::atomic<int> sent = 0;
  std::atomic<int> closed = 0;
};

inline ListenerOptions with_tls(const Certificate& certificate) {
  ListenerOptions options;
  options.certificate_file = certificate.file;
  options.key_file = certificate.key;
  return options;
}

}  // namespace anochat::testing
