// client/history.hpp - contents as rows of a conversation.
#pragma once

#include <anochat/client/types.hpp>
#include <anochat/framing/content.hpp>
#include <anochat/storage/records.hpp>
#include <optional>

namespace anochat::client {

class Unit;

/// The conversation with one account, made when there is none.
[[nodiscard]] storage::Conversation direct_conversation(Unit& unit, const AccountId& peer);
/// @throws Error{Errc::not_found}
[[nodiscard]] storage::Conversation require_conversation(const storage::Records& records, ConversationHandle id);
/// @throws Error{Errc::not_found}
[[nodiscard]] storage::Message require_message(const storage::Records& records, MessageHandle id);
/// The one other account; the own one for the notes to oneself.
[[nodiscard]] AccountId peer_of(const storage::Conversation& conversation);

/// Whether contents of this kind are messages of the history.
[[nodiscard]] bool is_kept(const Content& content) noexcept;

/// Writes a content as a message, attachments included. Nothing when its sender has sent it before.
std::optional<MessageHandle> keep_message(Unit& unit, const storage::Conversation& conversation, const Address& sender,
                                          const Content& content);
/// The same for a content that was made just now: it cannot be there.
MessageHandle add_message(Unit& unit, const storage::Conversation& conversation, const Address& sender, const Content& content);

/// Edits, deletions and reactions: changes of messages that are there already. Only the author of a message may edit or
/// delete it; anything else is ignored. @return whether the message that it names is here
bool apply_change(Unit& unit, const storage::Conversation& conversation, const AccountId& author, const Content& content);

}  // namespace anochat::client
