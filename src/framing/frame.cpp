#include <anochat/base/error.hpp>
#include <anochat/framing/frame.hpp>

#include "base/byte_io.hpp"

#include <algorithm>
#include <cstdint>

namespace anochat {

ByteArray<kFrameHeadLen> frame_head(std::size_t payload_len) {
  constexpr const char* kWhere = "frame.encode";
  if (payload_len > kMaxFrameLen) throw Error(Errc::too_large, kWhere);
  if (payload_len == 0) throw Error(Errc::invalid_argument, kWhere);
  ByteArray<kFrameHeadLen> head;
  detail::put_be32(head.data(), static_cast<std::uint32_t>(payload_len));
  return head;
}

void append_frame(Bytes& out, ByteView payload) {
  const ByteArray<kFrameHeadLen> head = frame_head(payload.size());
  const std::size_t before = out.size();
  out.resize(before + head.size() + payload.size());
  const auto at = std::copy(head.begin(), head.end(), out.begin() + static_cast<std::ptrdiff_t>(before));
  std::copy(payload.begin(), payload.end(), at);
}

Bytes encode_frame(ByteView payload) {
  Bytes frame;
  append_frame(frame, payload);
  return frame;
}

}  // namespace anochat
