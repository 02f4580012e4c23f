// net/pipe.hpp - an open WebSocket connection: whole messages in and out, its deadlines and its end. Both sides are
// one.
#pragma once

#include <anochat/net/io_loop.hpp>
#include <anochat/net/transport.hpp>

#include "net/message_buffer.hpp"
#include "net/web_socket_stream.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace anochat::net {

struct PipeLimits {
  std::chrono::milliseconds frame_deadline;
  std::chrono::milliseconds write_deadline;
  std::chrono::milliseconds keep_alive;
  std::chrono::milliseconds close_deadline;
  std::size_t control_frames;  ///< in ten seconds
};

/// What the connections of one listener, or the one of a client, have in common.
struct PipeShared {
  PipeLimits limits{};
  PartialBytes partial;
};

enum class PipeEnd : std::uint8_t { other, timed_out, bad_input };

/// Made when the connection is open. Everything happens in the loop; what it tells its heir it never tells inside a
/// call of the heir, but for check().
class Pipe : public WebSocketOwner, public std::enable_shared_from_this<Pipe> {
 public:
  using Time = IoLoop::Time;

  explicit Pipe(std::shared_ptr<PipeShared> shared) noexcept
      : shared_(std::move(shared)), limits_(shared_->limits), message_(shared_->partial) {}

  void send(Bytes message);
  void set_reading(bool is_on);
  /// Sends what is queued, then says good-bye.
  void close(std::uint16_t code);
  [[nodiscard]] bool is_open() const noexcept { return is_open_ && !is_closing_ && !is_over_; }
  [[nodiscard]] std::size_t queued_bytes() const noexcept { return queued_bytes_; }
  /// Whether check() would do something.
  [[nodiscard]] bool is_due(Time now) const noexcept {
    return late(now) != nullptr || wants_ping(now) || says_nothing();
  }
  /// Looks at the deadlines. May tell on_end().
  void check(Time now);

  void on_read(const StreamResult& result, std::size_t bytes, bool is_whole) final;
  void on_written(const StreamResult& result) final;
  void on_pinged(const StreamResult& result) final;
  void on_said_goodbye(const StreamResult& result) final;
  void on_control() final;

 protected:
  virtual void on_message(ByteView message) = 0;
  virtual void on_all_sent() = 0;
  /// Once.
  virtual void on_end(const ConnectionFailure& why, PipeEnd end) = 0;

  void set_stream(std::unique_ptr<WebSocketStream> stream) { stream_ = std::move(stream); }
  [[nodiscard]] WebSocketStream& stream() noexcept { return *stream_; }
  /// After the handshake.
  void begin(Time now);
  /// Lets go of the connection, without a word.
  void end(const ConnectionFailure& why, PipeEnd how = PipeEnd::other);
  /// The same, and tells nobody.
  void abandon() noexcept;
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }
  [[nodiscard]] bool was_open() const noexcept { return is_open_; }

 private:
  void read();
  void write();
  void say_goodbye();
  [[nodiscard]] const char* late(Time now) const noexcept;  // what took too long, or nullptr
  [[nodiscard]] bool wants_ping(Time now) const noexcept;
  [[nodiscard]] bool says_nothing() const noexcept;
  void note_heard() noexcept;
  void end(const StreamResult& result);
  void refuse(std::uint16_t code, const ConnectionFailure& why);

  std::shared_ptr<PipeShared> shared_;
  const PipeLimits& limits_;
  std::unique_ptr<WebSocketStream> stream_;
  MessageBuffer message_;
  std::size_t pieces_ = 0;  // of the message
  std::vector<Bytes> queue_;
  std::size_t first_ = 0;  // in queue_
  std::size_t queued_bytes_ = 0;

  Time heard_{};
  Time message_began_{};
  Time write_began_{};
  Time close_began_{};
  Time control_since_{};
  std::size_t control_count_ = 0;
  std::uint64_t reads_ = 0;  // when something was last heard
  std::uint16_t close_code_ = 0;

  bool is_open_ = false;
  bool is_over_ = false;
  bool is_closing_ = false;
  bool says_goodbye_ = false;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_pinging_ = false;
  bool is_flooded_ = false;
  bool wants_input_ = true;
};

}  // namespace anochat::net
