// sizes.hpp - what is counted instead of timed: bytes on the wire, in saved state and in memory.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

struct Size {
  std::string name;
  std::size_t bytes = 0;
};

[[nodiscard]] std::vector<Size> all_sizes();

}  // namespace bench
