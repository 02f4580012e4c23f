// net/message_buffer.hpp - one message while it arrives in pieces.
#pragma once

#include <anochat/base/bytes.hpp>

#include <algorithm>
#include <cstddef>

namespace anochat::net {

/// What all messages that have not arrived whole may hold together, beyond the first piece of each.
struct PartialBytes {
  std::size_t most = 0;
  std::size_t used = 0;
};

/// Grows with what has arrived, never with what was announced: at most to twice of it.
class MessageBuffer {
 public:
  explicit MessageBuffer(PartialBytes& shared) noexcept : shared_(shared) {}
  ~MessageBuffer() { give_back(); }
  MessageBuffer(const MessageBuffer&) = delete;
  MessageBuffer& operator=(const MessageBuffer&) = delete;

  /// Room for the next piece, at least one byte; empty when there is no more to be had.
  [[nodiscard]] MutableByteView room() {
    if (len_ == bytes_.size() && !grow()) return {};
    return MutableByteView(bytes_).subspan(len_);
  }
  void add(std::size_t bytes) noexcept { len_ += bytes; }
  [[nodiscard]] ByteView view() const noexcept { return ByteView(bytes_).first(len_); }
  [[nodiscard]] std::size_t size() const noexcept { return len_; }
  /// Ready for the next message. Keeps one small piece.
  void clear() {
    len_ = 0;
    if (bytes_.size() == kFirstPiece) return;
    give_back();
    Bytes(kFirstPiece).swap(bytes_);
  }

 private:
  static constexpr std::size_t kFirstPiece = 512;       // bytes: most frames of an idle connection fit
  static constexpr std::size_t kLongestPiece = 65'536;  // bytes

  bool grow() {
    const std::size_t more = bytes_.empty() ? kFirstPiece : std::min(bytes_.size(), kLongestPiece);
    const std::size_t beyond = bytes_.empty() ? 0 : more;
    if (beyond > shared_.most - std::min(shared_.used, shared_.most)) return false;
    bytes_.reserve(bytes_.size() + more);
    bytes_.resize(bytes_.size() + more);
    shared_.used += beyond;
    held_ += beyond;
    return true;
  }
  void give_back() noexcept {
    shared_.used -= held_;
    held_ = 0;
  }

  PartialBytes& shared_;
  Bytes bytes_;
  std::size_t len_ = 0;
  std::size_t held_ = 0;
};

}  // namespace anochat::net
