// tests/scenario/crash_child.hpp - the process that is killed: one client with a store in a file.
#pragma once

#include <anochat/client/client.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

#include "channel.hpp"

namespace scenario {

/// Where the child shall die by itself. No visit: it lives until somebody else kills it.
struct DeathPlan {
  std::string point;       ///< empty: any
  std::uint64_t visit = 0;
};

/// Opens the client in the store, or makes whatever of the two is not there yet.
[[nodiscard]] anochat::Client open_client(const std::filesystem::path& store, const anochat::Clock& clock, anochat::Random& random);

/// Opens or makes the store, and does what the channel says until it is told to quit or dies.
/// @return the process's exit code: 0 after `quit`
int live(Channel& channel, const std::filesystem::path& store, const DeathPlan& plan);

}  // namespace scenario
