// base/is_zero.hpp - a look at secret bytes that takes the same time whatever they are.
#pragma once

#include <anochat/base/bytes.hpp>

namespace anochat::detail {

/// Whether all bytes are zero. Takes time that depends on the length only.
[[nodiscard]] bool is_zero_ct(ByteView bytes) noexcept;

}  // namespace anochat::detail
