// anochat/net/web_socket_listener.hpp - the server's side of WebSocket connections, and a few HTTP pages beside them.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/framing/limits.hpp>
#include <anochat/net/io_loop.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anochat {

struct ListenerOptions {
  std::string address = "127.0.0.1";  ///< of this machine, numeric; "::" and "0.0.0.0" are all of them
  std::uint16_t port = 0;             ///< 0: the system chooses
  std::string certificate_file{};     ///< PEM, the server's certificate first; with key_file: TLS 1.3
  std::string key_file{};             ///< PEM

  std::size_t connections = 100'000;         ///< at a time, shaking hands or not; more are closed at once
  std::size_t handshakes = 4'096;            ///< of these, not yet open
  std::size_t max_frame_len = kMaxFrameLen;  ///< bytes received in one frame
  std::size_t partial_bytes = 67'108'864;    ///< of frames that have not arrived whole, of all connections together
  std::size_t control_frames = 50;           ///< pings and pongs that one connection may send in ten seconds
  std::chrono::milliseconds handshake_deadline{10'000};  ///< for TLS and the HTTP request
  std::chrono::milliseconds frame_deadline{30'000};      ///< from a frame's first byte to its last
  std::chrono::milliseconds write_deadline{30'000};      ///< for what is given to the system to leave
  std::chrono::milliseconds keep_alive{60'000};          ///< silence after which a ping is sent; twice that ends it
  std::chrono::milliseconds close_deadline{2'000};       ///< for the good-bye
};

using PeerId = std::uint64_t;  ///< of one connection; never used twice

struct PeerAddress {
  Bytes address_class;  ///< what addresses of one owner have in common: an IPv4 /24 or an IPv6 /56
  bool is_loopback = false;
};

struct HttpRequest {
  std::string_view target;  ///< such as "/metrics"; the client's words
  PeerAddress peer;
};

struct HttpAnswer {
  unsigned status = 404;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
};

/// Hears of all connections of a listener, one call at a time, from its loop.
class ListenerHandler {
 public:
  virtual ~ListenerHandler() = default;
  virtual void on_open(PeerId peer, const PeerAddress& address) = 0;
  /// One whole binary message; it may be empty. The view is valid during the call.
  virtual void on_frame(PeerId peer, ByteView frame) = 0;
  /// All that was given to send() has left.
  virtual void on_sent(PeerId peer) = 0;
  /// Once for each on_open(), unless the listener is destroyed before.
  virtual void on_closed(PeerId peer) = 0;
  /// A GET that asks for no WebSocket. Other methods are refused before.
  virtual HttpAnswer on_http(const HttpRequest& request) = 0;
};

/// Why the server ends a connection, as the WebSocket close code says it.
enum class CloseCode : std::uint16_t { normal = 1000, going_away = 1001, policy = 1008, overloaded = 1013 };

/// What a listener counts.
struct ListenerCounts {
  std::uint64_t open = 0;           ///< connections now, as on_open() told
  std::uint64_t handshaking = 0;    ///< connections now, before that
  std::uint64_t partial_bytes = 0;  ///< held now for frames that have not arrived whole
  std::uint64_t accepted = 0;       ///< since the start, as all that follow
  std::uint64_t refused = 0;        ///< too many connections or handshakes
  std::uint64_t handshakes_failed = 0;
  std::uint64_t timed_out = 0;  ///< in the handshake, a frame, a write or silence
  std::uint64_t bad_input = 0;  ///< closed for what they sent: text, too long, unmasked, too many pings, ...
  std::uint64_t http_requests = 0;
};

/// Accepts WebSocket connections on one port. Memory for an idle connection without TLS: under 8 KiB; with TLS some
/// 60 KiB, most of it OpenSSL's and Asio's.
///
/// Called in its loop only, except for port().
class WebSocketListener {
 public:
  virtual ~WebSocketListener() = default;
  [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
  /// Queues frames for a connection; nothing happens if it is gone. Wait for on_sent() before giving more: the listener
  /// itself sets no limit.
  virtual void send(PeerId peer, std::vector<Bytes> frames) = 0;
  /// Stops reading from a connection, or goes on.
  virtual void set_reading(PeerId peer, bool is_on) = 0;
  /// Sends what is queued and says good-bye, within close_deadline.
  virtual void close(PeerId peer, CloseCode code) = 0;
  /// New connections are refused by the system from now on. Those that are open stay.
  virtual void stop_accepting() = 0;
  [[nodiscard]] virtual ListenerCounts counts() const noexcept = 0;
};

/// Listens from now on, until it is destroyed, which closes every connection without a word. Destroy it in the loop, or
/// when the loop has ended.
///
/// @throws Error{Errc::invalid_argument}  an option out of range, or a loop of another kind
/// @throws Error{Errc::network_failed}    the address and port cannot be listened on
/// @throws Error{Errc::tls_failed}        the certificate or its key cannot be read, or they do not belong together
[[nodiscard]] std::unique_ptr<WebSocketListener> listen_web_socket(std::shared_ptr<IoLoop> loop,
                                                                   const ListenerOptions& options,
                                                                   ListenerHandler& handler);

}  // namespace anochat
