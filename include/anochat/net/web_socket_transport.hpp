// anochat/net/web_socket_transport.hpp - frames as binary WebSocket messages, over TLS 1.3 or on this machine.
#pragma once

#include <anochat/framing/limits.hpp>
#include <anochat/net/io_loop.hpp>
#include <anochat/net/transport.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace anochat {

struct WebSocketOptions {
  std::string url{};      ///< "wss://host[:port][/path]"; "ws://..." only to this machine, unless allow_plain
  std::string ca_file{};  ///< PEM certificates that are trusted instead of the system's
  /// "sha256/" and the base64 of the SHA-256 of the server's public key (SubjectPublicKeyInfo). When there are any, the
  /// server's must be one of them, besides a good certificate.
  std::vector<std::string> pins{};
  bool allow_plain = false;  ///< ws:// to other machines: everybody on the way sees which mailboxes are written to
  std::string proxy{};       ///< "http://host:port": asked to CONNECT; the TLS inside stays end to end

  std::size_t max_frame_len = kMaxFrameLen;           ///< bytes received in one frame; longer ones close the connection
  std::size_t queue_bytes = 262'144;                  ///< that may wait to be sent; one frame always may
  std::chrono::milliseconds connect_timeout{20'000};  ///< from the look-up of the name until the connection is open
  std::chrono::milliseconds keep_alive{25'000};       ///< silence after which a ping is sent; twice that ends it
  std::chrono::milliseconds close_timeout{2'000};     ///< for what is queued and for the good-bye
};

/// A connection to a WebSocket server. With wss:// the server's certificate chain and host name are verified and TLS is
/// at least 1.3. Memory: some 40 KB, and the longest frame that was received.
///
/// @param loop  of make_io_thread() or make_loop()
/// @throws Error{Errc::invalid_argument}  an address, a pin or a limit that is none, plain text to another machine, or
///                                        a loop of another kind
/// @throws Error{Errc::tls_failed}        ca_file cannot be read
[[nodiscard]] std::unique_ptr<Transport> make_web_socket_transport(std::shared_ptr<IoLoop> loop,
                                                                   const WebSocketOptions& options);

}  // namespace anochat
