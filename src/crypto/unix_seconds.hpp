// crypto/unix_seconds.hpp - times in signed records: whole seconds since 1970.
#pragma once

#include <anochat/base/clock.hpp>

#include <cstdint>
#include <limits>

namespace anochat::crypto {

/// The last second that UnixTime holds, in the year 292,278,994.
inline constexpr std::uint64_t kLastSecond = std::numeric_limits<Milliseconds::rep>::max() / 1'000;

/// Later seconds become the last one: still far in the future, so every comparison with the present holds.
[[nodiscard]] constexpr UnixTime from_unix_seconds(std::uint64_t seconds) noexcept {
  return UnixTime{std::chrono::seconds{static_cast<std::int64_t>(seconds < kLastSecond ? seconds : kLastSecond)}};
}

/// `time` is not before 1970.
[[nodiscard]] constexpr std::uint64_t to_unix_seconds(UnixTime time) noexcept {
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

}  // namespace anochat::crypto
