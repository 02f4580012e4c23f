// client/calls.hpp - setting up calls, and the call log.
#pragma once

#include <anochat/client/types.hpp>
#include <anochat/framing/content.hpp>
#include <anochat/storage/records.hpp>
#include <chrono>

namespace anochat::client {

class Unit;

inline constexpr std::chrono::seconds kRingTime{60};  ///< an offer older than this was missed

CallId start_call(Unit& unit, const storage::Conversation& conversation, content::CallMedia media, ByteView offer);
/// @throws Error{Errc::not_found}
void signal_call(Unit& unit, const storage::Conversation& conversation, const content::CallSignal& signal);
void take_call_signal(Unit& unit, const storage::Conversation& conversation, const AccountId& from, Content& content);
/// Calls that rang for too long.
void expire_calls(Unit& unit);
/// When a call that rings now will have rung for too long.
[[nodiscard]] std::optional<UnixTime> next_call_timer(const storage::Records& records);

}  // namespace anochat::client
