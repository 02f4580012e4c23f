// anochat/framing/limits.hpp - every limit of the protocol, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace anochat {

inline constexpr std::size_t kMaxContentLen = 65'536;    ///< bytes of content in one message; larger things are attachments
inline constexpr std::size_t kMaxEnvelopeLen = 98'304;   ///< bytes of one envelope as a relay sees it

inline constexpr std::uint32_t kMaxSkip = 1'000;         ///< keys passed over in one step: bounds the work of one message
inline constexpr std::size_t kMaxSkippedKeys = 2'000;    ///< keys kept, of the EC ratchet and of the PQ ratchet each
inline constexpr std::size_t kMaxSkippedChains = 16;     ///< older receiving chains kept: each costs one trial opening
inline constexpr std::chrono::days kSkippedKeyLifetime{30};

inline constexpr std::size_t kMaxArchivedSessions = 5;   ///< per pair of devices; they only receive
inline constexpr std::chrono::days kArchivedSessionLifetime{7};
inline constexpr std::chrono::days kUnansweredSessionLifetime{30};  ///< then nothing is sent on it any more
inline constexpr std::size_t kMaxPendingHandshakes = 8;  ///< per peer

}  // namespace anochat
