#include "client/receipts.hpp"

#include <anochat/framing/limits.hpp>
#include <algorithm>
#include <utility>

#include "client/engine.hpp"
#include "client/sender.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

void send_receipts(Unit& unit, const AccountId& to, content::ReceiptType type, const std::vector<MessageId>& messages) {
  for (std::size_t at = 0; at < messages.size(); at += kMaxMessageRefs) {
    const auto first = messages.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(kMaxMessageRefs, messages.size() - at));
    Parcel parcel{make_content(unit, content::Receipt{type, {first, last}})};
    parcel.with_transcript = false;
    dispatch(unit, to, parcel);
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
  if (!unit.engine.options.send_read_receipts) return;
  std::map<AccountId, std::vector<MessageId>> by_sender;
  for (const MessageHandle handle : read) {
    const auto message = unit.records().messages.find(handle);
    if (message && !message->deleted_at) by_sender[message->sender.account].push_back({message->uid});
  }
  for (const auto& [sender, messages] : by_sender) {
    if (may_tell(unit, sender)) send_receipts(unit, sender, content::ReceiptType::read, messages);
  }
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
