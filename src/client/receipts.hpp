// client/receipts.hpp - who has received and read what.
#pragma once

#include <anochat/client/types.hpp>
#include <anochat/framing/content.hpp>
#include <anochat/storage/records.hpp>
#include <map>
#include <vector>

namespace anochat::client {

class Unit;

/// Receipts collected while envelopes are opened; one content for each sender leaves at the end.
class DeliveryReceipts {
 public:
  void add(const AccountId& sender, const MessageId& message) { messages_[sender].push_back(message); }
  void send(Unit& unit) const;

 private:
  std::map<AccountId, std::vector<MessageId>> messages_;
};

/// Marks as read, starts timers, and tells the senders if the user lets it be told.
void mark_read(Unit& unit, ConversationHandle conversation, MessageHandle through);

/// Another device of this account says what was read there.
void take_own_read(Unit& unit, const storage::Conversation& conversation, const AccountId& sender, const content::Receipt& receipt);

void take_receipt(Unit& unit, const storage::Conversation& conversation, const AccountId& from, const content::Receipt& receipt);

/// Moves an own message forward and tells the application.
void set_status(Unit& unit, MessageHandle message, storage::MessageStatus status, std::optional<Errc> failure = {});

}  // namespace anochat::client
