// anochat/framing/frame_reader.hpp - taking whole frames out of a byte stream that arrives in any pieces.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/error.hpp>
#include <anochat/framing/frame.hpp>
#include <anochat/framing/limits.hpp>

#include <cstddef>
#include <optional>

namespace anochat {

/// Finds the frames in a byte stream. It owns no socket: whoever reads the stream feeds it.
///
///     reader.feed(received);
///     while (const auto frame = reader.next()) handle(*frame);
///
/// Memory: never more than one frame and the piece fed last, whatever the stream says; a length over the limit is
/// refused before anything is stored for it, and a drained reader keeps at most 4,096 bytes. Time: linear in the bytes
/// fed, down to single bytes. A stream that was refused stays refused, because nobody knows where its next frame would
/// begin; close the connection.
///
/// One thread at a time per object.
class FrameReader {
 public:
  /// @param max_frame_len  bytes of the largest payload to accept, 1 to kMaxFrameLen; fewer for peers not yet known
  /// @throws Error{Errc::invalid_argument}  out of range
  explicit FrameReader(std::size_t max_frame_len = kMaxFrameLen);

  /// Takes the next piece of the stream, of any length.
  ///
  /// @throws Error{Errc::wrong_state}  a whole frame is still waiting: call next() until it is empty; nothing was taken
  /// @throws Error{Errc::too_large}    a frame is longer than the limit; the reader has failed
  /// @throws Error{Errc::bad_message}  a frame is empty; the reader has failed
  void feed(ByteView piece);

  /// The payload of the next whole frame, 1 to max_frame_len bytes, or nothing until more has been fed. The view is
  /// valid until the next call to this object.
  ///
  /// @throws Error{Errc::too_large}    a frame is longer than the limit; the reader has failed
  /// @throws Error{Errc::bad_message}  a frame is empty; the reader has failed
  [[nodiscard]] std::optional<ByteView> next();

  /// Whether the stream may end here: no frame is waiting, whole or in part, and none was refused.
  [[nodiscard]] bool is_at_boundary() const noexcept { return !failure_ && unread() == 0; }

  /// Bytes of memory held for the stream.
  [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.capacity(); }

 private:
  [[nodiscard]] std::size_t unread() const noexcept { return buffer_.size() - begin_; }
  [[nodiscard]] std::optional<std::size_t> front_len(ByteView more, const char* where);
  void store(ByteView piece);

  std::size_t max_frame_len_;
  Bytes buffer_;           // from begin_ on: what no frame has been made of
  std::size_t begin_ = 0;  // bytes
  std::optional<Errc> failure_;
};

}  // namespace anochat
