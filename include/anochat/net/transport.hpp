// anochat/net/transport.hpp - what carries frames between a client and its relay.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/error.hpp>

#include <cstddef>
#include <string>

namespace anochat {

/// Why a connection could not be made or has ended, for people and for programs. Never holds what the other side sent.
struct ConnectionFailure {
  Errc code = Errc::network_failed;  ///< network_failed, timed_out, tls_failed, bad_message, too_large, ...
  std::string text;                  ///< such as "the certificate has expired"
};

/// Hears of one connection. All calls come one at a time, from the loop of the transport; the last is on_closed().
class TransportHandler {
 public:
  virtual ~TransportHandler() = default;
  virtual void on_open() = 0;
  /// One whole frame, 1 to kMaxFrameLen bytes; the view is valid during the call.
  virtual void on_frame(ByteView frame) = 0;
  /// All that was queued has been given to the system, after send() had refused a frame.
  virtual void on_writable() = 0;
  /// Once. The transport may be destroyed in this call.
  virtual void on_closed(const ConnectionFailure& why) = 0;
};

/// One connection, from its attempt to its end. Called in its loop only. It waits for nothing: work goes on between the
/// calls, and what happens is told to the handler, never inside a call of the owner.
class Transport {
 public:
  /// Nothing more is told to the handler.
  virtual ~Transport() = default;
  /// Begins to connect, once. The handler must outlive the transport.
  virtual void start(TransportHandler& handler) = 0;
  /// Queues a frame, 1 to kMaxFrameLen bytes. Frames leave in the order of the calls.
  /// @return false: the queue is full, and the frame was left where it is; on_writable() will be called. Also before
  ///         on_open() and after close().
  [[nodiscard]] virtual bool send(Bytes& frame) = 0;
  /// Stops reading, so that the other side has to wait, or goes on.
  virtual void set_reading(bool is_on) = 0;
  /// Sends what is queued, says good-bye and tells on_closed(), within a bounded time.
  virtual void close() = 0;
  /// Bytes held for sending.
  [[nodiscard]] virtual std::size_t queued_bytes() const noexcept = 0;
};

}  // namespace anochat
