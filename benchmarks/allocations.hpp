// allocations.hpp - what this program has asked of the heap. Counted by replacing operator new.
#pragma once

#include <cstddef>

namespace bench {

/// Calls of operator new since the program began.
[[nodiscard]] std::size_t allocation_count() noexcept;

/// Bytes of the heap in use, with what the allocator adds to round them up.
[[nodiscard]] std::size_t heap_bytes() noexcept;

}  // namespace bench
