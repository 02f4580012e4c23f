#include "base/stack_wipe.hpp"

#include <anochat/base/bytes.hpp>

#include <array>

namespace anochat::detail {
namespace {

// Not inlined: its array must lie where the callees of its caller had theirs.
template <std::size_t Size>
#if defined(__GNUC__)
[[gnu::noinline]]
#endif
void wipe_below() noexcept {
  std::array<std::uint8_t, Size> below;  // NOLINT(cppcoreguidelines-pro-type-member-init): all of it is written next
  wipe(below);
}

}  // namespace

void wipe_stack_4k() noexcept { wipe_below<4'096>(); }
void wipe_stack_32k() noexcept { wipe_below<32'768>(); }

}  // namespace anochat::detail
