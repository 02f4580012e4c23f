// anochat/framing/frame.hpp - writing messages onto a byte stream, each after its length.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/framing/limits.hpp>

#include <cstddef>

namespace anochat {

inline constexpr std::size_t kFrameHeadLen = 4;  ///< bytes: the payload's length, big-endian

/// The bytes to send before a payload, for a caller that sends the payload from where it lies.
///
/// @param payload_len  1 to kMaxFrameLen bytes; an empty frame would say nothing and still cost its receiver work
/// @throws Error{Errc::too_large}         more than kMaxFrameLen
/// @throws Error{Errc::invalid_argument}  0
[[nodiscard]] ByteArray<kFrameHeadLen> frame_head(std::size_t payload_len);

/// Appends one frame to what is to be sent. On an error nothing was appended. @throws as frame_head()
void append_frame(Bytes& out, ByteView payload);

/// One frame. @throws as frame_head()
[[nodiscard]] Bytes encode_frame(ByteView payload);

}  // namespace anochat
