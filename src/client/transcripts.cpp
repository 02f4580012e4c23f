#include "client/transcripts.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>

#include "client/early_changes.hpp"
#include "client/engine.hpp"
#include "client/history.hpp"
#include "client/receipts.hpp"
#include "client/repair.hpp"

namespace anochat::client {
namespace {

void take_transcript(Unit& unit, const Address& from, const content::SentTranscript& transcript) {
  AccountId peer{};
  if (transcript.recipient.size() != peer.size()) throw Error(Errc::bad_content, "client.transcript");
  std::copy(transcript.recipient.begin(), transcript.recipient.end(), peer.begin());
  const Content content = decode_content(transcript.content);
  const storage::Conversation conversation = direct_conversation(unit, peer);
  if (const auto* receipt = std::get_if<content::Receipt>(&content.kind)) {
    if (receipt->type == content::ReceiptType::read) take_own_read(unit, conversation, peer, *receipt);
    return;
  }
  if (!is_kept(content)) {
    if (!apply_change(unit, conversation, from.account, content)) keep_early_change(unit, conversation, from.account, content);
    return;
  }
  const auto message = keep_message(unit, conversation, from, content);
  if (!message) return;
  unit.records().messages.set_status(*message, storage::MessageStatus::sent);
  unit.records().contacts.set_consent(peer, storage::Consent::allowed, unit.now);  // who is written to is let in
  if (const auto* timer = std::get_if<content::TimerChange>(&content.kind)) {
    unit.records().conversations.set_expire_after(conversation.id, timer->timer);
    unit.emit(event::TimerChanged{conversation.id, timer->timer});
  }
  unit.emit(event::MessageReceived{conversation.id, *message, from.account, true});
  apply_early_changes(unit, conversation, from.account, content.id);
}

}  // namespace

void take_from_own_device(Unit& unit, BookedSession& session, Content& content) {
  if (const auto* transcript = std::get_if<content::SentTranscript>(&content.kind)) {
    take_transcript(unit, session.session.peer_address(), *transcript);
  } else if (kind_of(content) == ContentKind::repair_request) {
    take_repair_request(unit, session, content);
  }
}

}  // namespace anochat::client
