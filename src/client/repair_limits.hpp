// client/repair_limits.hpp - how often one device is asked, and answered.
#pragma once

#include <anochat/crypto/address.hpp>

#include <chrono>
#include <cstddef>

namespace anochat::client {

class Unit;

struct RepairLimit {
  const char* name;
  std::size_t most_a_day;
  std::chrono::milliseconds pause;
};

/// Whether once more is allowed now; if so it counts.
[[nodiscard]] bool take_turn(Unit& unit, const RepairLimit& limit, const Address& device);

}  // namespace anochat::client
