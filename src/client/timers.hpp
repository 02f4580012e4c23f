// client/timers.hpp - what happens because time goes by.
#pragma once

#include <anochat/base/clock.hpp>
#include <optional>

namespace anochat::client {

struct Engine;

inline constexpr std::chrono::hours kMaintenanceEvery{1};

[[nodiscard]] std::optional<UnixTime> next_timer(const Engine& engine);
void tick(Engine& engine);

}  // namespace anochat::client
