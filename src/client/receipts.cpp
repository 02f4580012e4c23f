#include "client/receipts.hpp"

#include <anochat/framing/limits.hpp>
#include <algorithm>
#include <utility>

#include "client/engine.hpp"
#include "client/sender.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

/// What is read, this account's other devices learn in any case. @param is_told  the sender learns it too
void send_receipts(Unit& unit, const AccountId& to, content::ReceiptType type, const std::vector<MessageId>& messages,
                   bool is_told = true) {
  for (std::size_t at = 0; at < messages.size(); at += kMaxMessageRefs) {
    const auto first = messages.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(kMaxMessageRefs, messages.size() - at));
    Parcel parcel{make_content(unit, content::Receipt{type, {first, last}})};
    parcel.with_transcript = false;
    if (type == content::ReceiptType::read) tell_own_devices(unit, to, parcel.content);
    if (is_told) dispatch(unit, to, parcel);
  }
}

/// Nothing goes to who is blocked, changed, or has not been let in yet.
bool may_tell(Unit& unit, const AccountId& account) {
  if (!is_allowed(unit.records(), account) || account == unit.engine.self().account) return false;
  const TrustState trust = trust_of(unit.records(), account);
  return trust == TrustState::first_use || trust == TrustState::verified;
}

}  // namespace

void DeliveryReceipts::send(Unit& unit) const {
  if (!unit.engine.options.send_delivery_receipts) return;
  for (const auto& [sender, messages] : messages_) {
    if (may_tell(unit, sender)) send_receipts(unit, sender, content::ReceiptType::delivered, messages);
  }
}

void mark_read(Unit& unit, ConversationHandle conversation, MessageHandle through) {
  const std::vector<MessageHandle> read = unit.records().conversations.mark_read(conversation, through, unit.now);
  std::map<AccountId, std::vector<MessageId>> by_sender;
  for (const MessageHandle handle : read) {
    const auto message = unit.records().messages.find(handle);
    if (message && !message->deleted_at) by_sender[message->sender.account].push_back({message->uid});
  }
  for (const auto& [sender, messages] : by_sender) {
    if (sender == unit.engine.self().account) continue;
    const bool is_told = unit.engine.options.send_read_receipts && may_tell(unit, sender);
    send_receipts(unit, sender, content::ReceiptType::read, messages, is_told);
  }
}

void take_own_read(Unit& unit, const storage::Conversation& conversation, const AccountId& sender, const content::Receipt& receipt) {
  MessageHandle through{};
  for (const MessageId& id : receipt.messages) {
    const auto message = unit.records().messages.find(conversation.id, sender, id.bytes);
    if (message) through = std::max(through, message->id);
  }
  if (through == MessageHandle{}) return;
  static_cast<void>(unit.records().conversations.mark_read(conversation.id, through, unit.now));
}

void take_receipt(Unit& unit, const storage::Conversation& conversation, const AccountId& from, const content::Receipt& receipt) {
  storage::Records& records = unit.records();
  MessageHandle through{};
  for (const MessageId& id : receipt.messages) {
    const auto message = records.messages.find(conversation.id, unit.engine.self().account, id.bytes);
    if (!message || message->deleted_at) continue;
    through = std::max(through, message->id);
    if (receipt.type == content::ReceiptType::read) {
      records.receipts.note_read(message->id, from, unit.now);
      set_status(unit, message->id, storage::MessageStatus::read);
    } else {
      records.receipts.note_delivered(message->id, from, unit.now);
      set_status(unit, message->id, storage::MessageStatus::delivered);
    }
  }
  if (through == MessageHandle{}) return;
  if (receipt.type == content::ReceiptType::read) {
    records.receipts.set_read(conversation.id, from, through);
  } else {
    records.receipts.set_delivered(conversation.id, from, through);
  }
}

void set_status(Unit& unit, MessageHandle message, storage::MessageStatus status, std::optional<Errc> failure) {
  const auto code = failure ? std::optional(static_cast<std::int32_t>(*failure)) : std::nullopt;
  if (unit.records().messages.set_status(message, status, code)) unit.emit(event::MessageStatus{message, status, failure});
}

}  // namespace anochat::client
