// net/web_socket_stream.hpp - the WebSocket protocol on a byte stream. Beast stands behind it, in one unit.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/net/transport.hpp>

#include "net/byte_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anochat::net {

/// How an operation of a stream ended.
struct StreamResult {
  std::optional<ConnectionFailure> failure;
  bool is_peer_at_fault = false;  ///< it broke the protocol
};

/// Hears of the operations of its stream, and lives until they have ended.
class WebSocketOwner {
 public:
  virtual ~WebSocketOwner() = default;
  virtual void on_handshake(const StreamResult& result) = 0;
  /// A piece of a message; `is_whole` with its last one.
  virtual void on_read(const StreamResult& result, std::size_t bytes, bool is_whole) = 0;
  virtual void on_written(const StreamResult& result) = 0;
  virtual void on_pinged(const StreamResult& result) = 0;
  virtual void on_said_goodbye(const StreamResult& result) = 0;
  /// A ping, pong or close has come, while something is being read.
  virtual void on_control() = 0;
};

using OwnerHandle = std::shared_ptr<WebSocketOwner>;

/// One operation of each kind at a time. The bytes that are read into or written must stay until it has ended.
class WebSocketStream {
 public:
  virtual ~WebSocketStream() = default;
  /// The client's handshake.
  virtual void shake_hands(const std::string& host, const std::string& path, OwnerHandle owner) = 0;
  /// The server's, when the head of the request has been read.
  virtual void accept(std::string_view head, OwnerHandle owner) = 0;
  virtual void read(MutableByteView room, OwnerHandle owner) = 0;
  virtual void write(ByteView message, OwnerHandle owner) = 0;
  virtual void ping(OwnerHandle owner) = 0;
  /// Says good-bye and reads on until the other side has done so too.
  virtual void say_goodbye(std::uint16_t code, OwnerHandle owner) = 0;
  /// The message that is being read is a text.
  [[nodiscard]] virtual bool is_text() const noexcept = 0;
  /// How often bytes were read from below.
  [[nodiscard]] virtual std::uint64_t reads() const noexcept = 0;
  /// All operations end with a failure.
  virtual void abort() noexcept = 0;
};

/// @param owner  for on_control(); it must outlive the stream
[[nodiscard]] std::unique_ptr<WebSocketStream> make_web_socket_stream(ByteStream stream, std::size_t max_message_len,
                                                                      WebSocketOwner& owner);

/// The head of an HTTP request that a listener answers.
struct RequestHead {
  bool is_get = false;
  bool is_upgrade = false;  ///< to a WebSocket
  std::string target;
};

/// Nothing when it is no head of a request without a body.
[[nodiscard]] std::optional<RequestHead> parse_request_head(std::string_view head);

}  // namespace anochat::net
