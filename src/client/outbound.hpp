// client/outbound.hpp - what the user writes, as changes of the store.
#pragma once

#include <anochat/client/client.hpp>
#include <anochat/client/types.hpp>
#include <anochat/framing/content_kinds.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace anochat::client {

class Unit;

/// One after the other, with the work shared that is the same for all.
std::vector<MessageHandle> send_messages(Unit& unit, std::span<OutgoingMessage> messages);
MessageHandle send_message(Unit& unit, ConversationHandle conversation, content::Kind kind);
MessageHandle send_reply(Unit& unit, MessageHandle to, std::string_view text);
void send_edit(Unit& unit, MessageHandle message, std::string_view text);
void send_deletion(Unit& unit, MessageHandle message);
void send_reaction(Unit& unit, MessageHandle message, std::string_view emoji, content::ReactionAction action);

}  // namespace anochat::client
