// client/resend.hpp - the short log of what was sent, for peers that could not open it.
#pragma once

#include <anochat/framing/content_kinds.hpp>
#include <anochat/storage/records.hpp>
#include <vector>

namespace anochat::client {

class Unit;

/// What a device asks for by name and, with it, what was sent to it lately and never confirmed; oldest first.
[[nodiscard]] std::vector<storage::ResendEntry> wanted_again(Unit& unit, const Address& device, const content::RepairRequest& request);

/// Sends a content once more, marked as the repetition of its envelope.
void resend(Unit& unit, const storage::ResendEntry& entry, bool wait_for_new_session);

/// Ciphertext made in a state that is gone: its content waits for new sessions instead.
void seal_outbox_anew(Unit& unit);

}  // namespace anochat::client
