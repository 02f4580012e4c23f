// relay/prekey_record.hpp - the two fields of a prekey record that a relay looks at (docs/protocol.md, section 3).
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>

#include "base/byte_io.hpp"

#include <algorithm>
#include <cstdint>

namespace anochat::relay {

enum class PreKeyKind : std::uint8_t { signed_prekey = 0, one_time = 1, kem_one_time = 2, last_resort = 3 };

inline constexpr std::size_t kPreKeyHeadLen = 20;  ///< bytes: id, created, expires

[[nodiscard]] inline std::uint32_t prekey_id(ByteView record) noexcept { return detail::get_be32(record.data()); }

/// Capped where milliseconds would not fit.
[[nodiscard]] inline UnixTime prekey_expiry(ByteView record) noexcept {
  constexpr std::uint64_t last_second = 9'223'372'036'854'775;
  const std::uint64_t seconds = std::min(detail::get_be64(record.data() + 12), last_second);
  return UnixTime{std::chrono::seconds{static_cast<std::int64_t>(seconds)}};
}

}  // namespace anochat::relay
