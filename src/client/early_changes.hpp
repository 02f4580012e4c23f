// client/early_changes.hpp - edits, deletions and reactions that overtook the message they are about.
#pragma once

#include <anochat/framing/content.hpp>
#include <anochat/storage/records.hpp>

namespace anochat::client {

class Unit;

inline constexpr std::size_t kMostEarlyLen = 131'072;  ///< bytes kept for one message that is not here yet
inline constexpr std::int64_t kMostEarly = 1'000;      ///< messages that are waited for

void keep_early_change(Unit& unit, const storage::Conversation& conversation, const AccountId& author, const Content& content);
/// The message is here now.
void apply_early_changes(Unit& unit, const storage::Conversation& conversation, const AccountId& author, const MessageId& id);

}  // namespace anochat::client
