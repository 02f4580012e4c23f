#include "base/is_zero.hpp"

#include <sodium.h>

namespace anochat::detail {

bool is_zero_ct(ByteView bytes) noexcept { return bytes.empty() || sodium_is_zero(bytes.data(), bytes.size()) != 0; }

}  // namespace anochat::detail
