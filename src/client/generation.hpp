// client/generation.hpp - how far this store has come, as its relay remembers it: an older copy finds out before it sends.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace anochat::client {

struct Engine;
class Unit;

inline constexpr std::size_t kMostRecoveriesADay = 3;  ///< that a relay's word alone can cause
inline constexpr std::chrono::minutes kRecoveryPause{1};  ///< between two of them

/// The store began anew without a relay's word: whatever the next relay says is no news.
void expect_any_generation(Unit& unit);

/// Takes what the relay says at the login. If this store has not come so far it is an older copy: all sessions are retired
/// and made anew, in one transaction, before anything is sent.
/// @return false: it is, and it was so too often lately; nothing may be sent now
[[nodiscard]] bool take_generation(Engine& engine, std::uint64_t told);

}  // namespace anochat::client
