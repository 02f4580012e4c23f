#include <anochat/framing/frame_reader.hpp>

#include "base/byte_io.hpp"

#include <algorithm>

namespace anochat {
namespace {

constexpr std::size_t kKeptWhenIdle = 4'096;  // bytes; a server has many idle connections

}  // namespace

FrameReader::FrameReader(std::size_t max_frame_len) : max_frame_len_(max_frame_len) {
  if (max_frame_len == 0 || max_frame_len > kMaxFrameLen) throw Error(Errc::invalid_argument, "frame_reader");
}

void FrameReader::feed(ByteView piece) {
  constexpr const char* kWhere = "frame_reader.feed";
  const std::optional<std::size_t> frame_len = front_len(piece, kWhere);
  if (frame_len && *frame_len <= unread()) throw Error(Errc::wrong_state, kWhere);
  store(piece);
}

std::optional<ByteView> FrameReader::next() {
  const std::optional<std::size_t> frame_len = front_len({}, "frame_reader.next");
  if (frame_len && *frame_len <= unread()) {
    const ByteView frame = ByteView(buffer_).subspan(begin_, *frame_len);
    begin_ += frame.size();
    return frame.subspan(kFrameHeadLen);
  }
  if (unread() == 0 && buffer_.capacity() > kKeptWhenIdle) {
    Bytes().swap(buffer_);
    begin_ = 0;
  }
  return std::nullopt;
}

// Bytes of the first frame with its head, as far as the unread bytes followed by `more` tell.
std::optional<std::size_t> FrameReader::front_len(ByteView more, const char* where) {
  if (!failure_) {
    ByteArray<kFrameHeadLen> head;
    const ByteView known = ByteView(buffer_).subspan(begin_).first(std::min(unread(), head.size()));
    const ByteView rest = more.first(std::min(more.size(), head.size() - known.size()));
    if (known.size() + rest.size() < head.size()) return std::nullopt;
    std::copy(rest.begin(), rest.end(), std::copy(known.begin(), known.end(), head.begin()));
    const std::size_t payload_len = detail::get_be32(head.data());
    if (payload_len > 0 && payload_len <= max_frame_len_) return head.size() + payload_len;
    failure_ = payload_len == 0 ? Errc::bad_message : Errc::too_large;
    Bytes().swap(buffer_);
    begin_ = 0;
  }
  throw Error(*failure_, where);
}

// Each byte is moved to the front at most once, and room is doubled only up to one frame.
void FrameReader::store(ByteView piece) {
  const std::size_t needed = unread() + piece.size();
  if (needed > buffer_.capacity()) {
    Bytes larger;
    larger.reserve(std::max(needed, std::min(2 * buffer_.capacity(), kFrameHeadLen + max_frame_len_)));
    larger.assign(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.end());
    buffer_.swap(larger);
  } else {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
  }
  begin_ = 0;
  buffer_.insert(buffer_.end(), piece.begin(), piece.end());
}

}  // namespace anochat
