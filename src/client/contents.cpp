#include "client/contents.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>
#include <utility>
#include <variant>

#include "client/calls.hpp"
#include "client/device_lists.hpp"
#include "client/early_changes.hpp"
#include "client/engine.hpp"
#include "client/history.hpp"
#include "client/profiles.hpp"
#include "client/repair.hpp"
#include "client/transcripts.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

void take_list_of(Unit& unit, const AccountId& from, const Content& content) {
  if (content.device_list.empty()) return;
  try {
    take_device_list(unit, from, content.device_list);
  } catch (const Error& error) {
    // An old list in a late message is nothing unusual; the message itself is authentic.
    if (is_fatal(error.code())) throw;
    unit.engine.log->info("client.device_list_refused", {{"code", static_cast<std::int64_t>(error.code())}});
  }
}

/// A message for the history of the conversation with its sender.
bool take_message(Unit& unit, const Address& from, const Content& content) {
  storage::Records& records = unit.records();
  const storage::Conversation conversation = direct_conversation(unit, from.account);
  if (!is_allowed(records, from.account)) {
    if (unit.engine.options.allow_strangers) {
      set_consent(unit, from.account, storage::Consent::allowed);
    } else if (!conversation.last_message) {
      unit.emit(event::ContactRequest{from.account, conversation.id});
    }
  }
  const auto message = keep_message(unit, conversation, from, content);
  if (!message) return false;
  unit.emit(event::MessageReceived{conversation.id, *message, from.account, false});
  if (const auto* timer = std::get_if<content::TimerChange>(&content.kind)) {
    records.conversations.set_expire_after(conversation.id, timer->timer);
    unit.emit(event::TimerChanged{conversation.id, timer->timer});
  }
  apply_early_changes(unit, conversation, from.account, content.id);
  unit.after_commit([account = from.account](Engine& engine) { stop_typing(engine, account); });
  return true;
}

/// Everything else that somebody else says.
void take_other(Unit& unit, BookedSession& session, const AccountId& from, Content& content) {
  storage::Records& records = unit.records();
  switch (kind_of(content)) {
    case ContentKind::profile: return take_profile(unit, from, content);
    case ContentKind::repair_request: return take_repair_request(unit, session, content);
    case ContentKind::edit:
    case ContentKind::deletion:
    case ContentKind::reaction: {
      const storage::Conversation conversation = direct_conversation(unit, from);
      if (!apply_change(unit, conversation, from, content)) keep_early_change(unit, conversation, from, content);
      return;
    }
    case ContentKind::receipt:
      if (const auto conversation = records.conversations.find(from)) {
        take_receipt(unit, *conversation, from, std::get<content::Receipt>(content.kind));
      }
      return;
    case ContentKind::call_signal:
      if (is_allowed(records, from)) take_call_signal(unit, direct_conversation(unit, from), from, content);
      return;
    default: return;  // typing and presence have a lane of their own; transcripts come from own devices only
  }
}

}  // namespace

std::optional<ReceiptDue> take_content(Unit& unit, BookedSession& session, Content content) {
  const Address from = session.session.peer_address();
  session.peer_sent_at = std::max(session.peer_sent_at, content.sent_at);
  if (is_denied(unit.records(), from.account)) return std::nullopt;
  take_list_of(unit, from.account, content);
  if (content.repairs.is_set()) note_repaired(unit, from, content.repairs);
  if (from.account == unit.engine.self().account) {
    take_from_own_device(unit, session, content);
    return std::nullopt;
  }
  if (!is_kept(content)) {
    take_other(unit, session, from.account, content);
    return std::nullopt;
  }
  const bool is_told = kind_of(content) != ContentKind::timer_change;
  take_message(unit, from, content);
  return is_told ? std::optional(ReceiptDue{from.account, content.id}) : std::nullopt;
}

}  // namespace anochat::client
