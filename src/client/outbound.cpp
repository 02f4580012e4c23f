#include "client/outbound.hpp"

#include <anochat/base/error.hpp>
#include <anochat/framing/limits.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "client/engine.hpp"
#include "client/history.hpp"
#include "client/profiles.hpp"
#include "client/receipts.hpp"
#include "client/sender.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

bool may_send(const content::Kind& kind) noexcept {
  return std::holds_alternative<content::Text>(kind) || std::holds_alternative<content::Reply>(kind) ||
         std::holds_alternative<content::Attachment>(kind) || std::holds_alternative<content::Custom>(kind) ||
         std::holds_alternative<content::TimerChange>(kind);
}

/// Who is written to is let in, and gets to know this account.
void welcome(Unit& unit, const AccountId& peer) {
  if (peer == unit.engine.self().account) return;
  if (is_allowed(unit.records(), peer)) {
    introduce(unit, peer);
  } else {
    set_consent(unit, peer, storage::Consent::allowed);
  }
}

/// As much of a text as a reply may quote, ending between characters.
std::string excerpt_of(std::string_view text) {
  if (text.size() <= kMaxExcerptLen) return std::string(text);
  std::size_t end = kMaxExcerptLen;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end));
}

storage::Message own_message(Unit& unit, MessageHandle id) {
  storage::Message message = require_message(unit.records(), id);
  if (message.sender.account != unit.engine.self().account || message.deleted_at) {
    throw Error(Errc::invalid_argument, "client.message");
  }
  return message;
}

/// Changes a message here and at the peer.
void send_change(Unit& unit, const storage::Message& message, content::Kind kind) {
  const storage::Conversation conversation = require_conversation(unit.records(), message.conversation);
  const AccountId peer = peer_of(conversation);
  if (peer != unit.engine.self().account) require_sendable(unit.records(), peer);
  const Parcel parcel{make_content(unit, std::move(kind))};
  dispatch(unit, peer, parcel);
  static_cast<void>(apply_change(unit, conversation, unit.engine.self().account, parcel.content));
}

}  // namespace

namespace {

/// Where messages to one conversation go, found once for a batch.
struct Route {
  storage::Conversation conversation;
  Recipients to;
  bool is_to_self = false;
};

Route find_route(Unit& unit, ConversationHandle id) {
  storage::Conversation conversation = require_conversation(unit.records(), id);
  const AccountId peer = peer_of(conversation);
  const bool is_to_self = peer == unit.engine.self().account;
  if (!is_to_self) require_sendable(unit.records(), peer);
  return {std::move(conversation), recipients_of(unit, peer), is_to_self};
}

MessageHandle send_on(Unit& unit, const Route& route, content::Kind kind) {
  Parcel parcel{make_content(unit, std::move(kind))};
  if (const auto* timer = std::get_if<content::TimerChange>(&parcel.content.kind)) {
    unit.records().conversations.set_expire_after(route.conversation.id, timer->timer);
  } else {
    parcel.content.expire_timer = route.conversation.expire_after;
  }
  const MessageHandle message = add_message(unit, route.conversation, unit.engine.self(), parcel.content);
  parcel.message = message;
  dispatch(unit, route.to, parcel);
  if (route.is_to_self) set_status(unit, message, storage::MessageStatus::sent);
  return message;
}

}  // namespace

std::vector<MessageHandle> send_messages(Unit& unit, std::span<OutgoingMessage> messages) {
  std::vector<MessageHandle> sent;
  sent.reserve(messages.size());
  std::optional<Route> route;
  for (OutgoingMessage& message : messages) {
    if (!may_send(message.content)) throw Error(Errc::invalid_argument, "client.send");
    const bool is_new = !route || route->conversation.id != message.conversation;
    if (is_new) route = find_route(unit, message.conversation);
    const bool changes_route = std::holds_alternative<content::TimerChange>(message.content);
    sent.push_back(send_on(unit, *route, std::move(message.content)));
    if (is_new) welcome(unit, route->to.account);
    if (changes_route) route.reset();
  }
  return sent;
}

MessageHandle send_message(Unit& unit, ConversationHandle id, content::Kind kind) {
  OutgoingMessage message{id, std::move(kind)};
  return send_messages(unit, {&message, 1}).front();
}

MessageHandle send_reply(Unit& unit, MessageHandle to, std::string_view text) {
  const storage::Message target = require_message(unit.records(), to);
  content::Reply reply{{target.sender.account, {target.uid}}, std::string(text), excerpt_of(target.body)};
  return send_message(unit, target.conversation, std::move(reply));
}

void send_edit(Unit& unit, MessageHandle id, std::string_view text) {
  const storage::Message message = own_message(unit, id);
  const bool has_text = message.kind == static_cast<std::int32_t>(ContentKind::text) ||
                        message.kind == static_cast<std::int32_t>(ContentKind::reply) ||
                        message.kind == static_cast<std::int32_t>(ContentKind::attachment);
  if (!has_text) throw Error(Errc::invalid_argument, "client.edit");
  send_change(unit, message, content::Edit{{message.uid}, std::string(text)});
}

void send_deletion(Unit& unit, MessageHandle id) {
  const storage::Message message = own_message(unit, id);
  send_change(unit, message, content::Delete{{message.uid}});
}

void send_reaction(Unit& unit, MessageHandle id, std::string_view emoji, content::ReactionAction action) {
  const storage::Message message = require_message(unit.records(), id);
  if (message.deleted_at) throw Error(Errc::invalid_argument, "client.react");
  send_change(unit, message, content::Reaction{{message.sender.account, {message.uid}}, std::string(emoji), action});
}

}  // namespace anochat::client
