#include "client/history.hpp"

#include <anochat/base/error.hpp>
#include <string_view>
#include <utility>
#include <variant>

#include "client/engine.hpp"

namespace anochat::client {
namespace {

/// What of a content can be read and searched.
struct BodyOf {
  const Content& content;
  std::string_view operator()(const content::Text& kind) const { return kind.text; }
  std::string_view operator()(const content::Reply& kind) const { return kind.text; }
  std::string_view operator()(const content::Attachment& kind) const { return kind.caption; }
  std::string_view operator()(const content::TimerChange& /*kind*/) const { return {}; }
  template <class Other>
  std::string_view operator()(const Other& /*kind*/) const { return content.fallback; }
};

/// Contents that do not fit into the columns are kept whole.
std::optional<Bytes> payload_of(const Content& content) {
  switch (kind_of(content)) {
    case ContentKind::text:
    case ContentKind::attachment: return std::nullopt;
    default: break;
  }
  const SecretBytes encoded = encode_content(content);
  return Bytes(encoded.begin(), encoded.end());
}

void keep_attachment(Unit& unit, MessageHandle message, const content::Attachment& from) {
  storage::Attachment row;
  row.message = message;
  row.name = from.name;
  row.mime = from.mime_type;
  row.size = static_cast<std::int64_t>(from.size);
  row.width = static_cast<std::int32_t>(from.width);
  row.height = static_cast<std::int32_t>(from.height);
  row.duration_ms = from.duration.count();
  std::copy(from.key.expose().begin(), from.key.expose().end(), row.key.expose_mutable().begin());
  row.digest = from.digest;
  row.remote_ref = from.blob_id;
  if (!from.preview.empty()) row.preview = from.preview;
  unit.records().attachments.insert(row);
}

}  // namespace

storage::Conversation direct_conversation(Unit& unit, const AccountId& peer) {
  storage::Records& records = unit.records();
  if (auto known = records.conversations.find(peer)) return *std::move(known);
  const bool is_self = peer == unit.engine.self().account;
  const auto kind = is_self ? storage::ConversationKind::note_to_self : storage::ConversationKind::direct;
  const ConversationHandle id = records.conversations.create(kind, peer, unit.now);
  records.conversations.set_member(id, {peer, 0, unit.now, std::nullopt});
  records.contacts.add(peer, unit.now);
  return require_conversation(records, id);
}

storage::Conversation require_conversation(const storage::Records& records, ConversationHandle id) {
  auto found = records.conversations.find(id);
  if (!found) throw Error(Errc::not_found, "client.conversation");
  return *std::move(found);
}

storage::Message require_message(const storage::Records& records, MessageHandle id) {
  auto found = records.messages.find(id);
  if (!found) throw Error(Errc::not_found, "client.message");
  return *std::move(found);
}

AccountId peer_of(const storage::Conversation& conversation) {
  AccountId peer{};
  if (conversation.kind == storage::ConversationKind::group || conversation.uid.size() != peer.size()) {
    throw Error(Errc::invalid_argument, "client.conversation");
  }
  std::copy(conversation.uid.begin(), conversation.uid.end(), peer.begin());
  return peer;
}

bool is_kept(const Content& content) noexcept {
  switch (kind_of(content)) {
    case ContentKind::text:
    case ContentKind::reply:
    case ContentKind::attachment:
    case ContentKind::custom:
    case ContentKind::timer_change:
    case ContentKind::group_update:
    case ContentKind::unknown: return true;
    default: return false;
  }
}

std::optional<MessageHandle> keep_message(Unit& unit, const storage::Conversation& conversation, const Address& sender,
                                          const Content& content) {
  if (unit.records().messages.find(conversation.id, sender.account, content.id.bytes)) return std::nullopt;
  return add_message(unit, conversation, sender, content);
}

MessageHandle add_message(Unit& unit, const storage::Conversation& conversation, const Address& sender, const Content& content) {
  storage::Records& records = unit.records();
  storage::NewMessage row;
  row.conversation = conversation.id;
  row.uid = content.id.bytes;
  row.sender = sender;
  row.is_outgoing = sender.account == unit.engine.self().account;
  row.kind = static_cast<std::int32_t>(kind_of(content));
  row.body = std::visit(BodyOf{content}, content.kind);
  row.payload = payload_of(content);
  row.sent_at = content.sent_at;
  row.received_at = unit.now;
  if (const auto* reply = std::get_if<content::Reply>(&content.kind)) row.reply_to = reply->target.id.bytes;
  row.expire_after = content.expire_timer;
  row.counts_as_unread = kind_of(content) != ContentKind::timer_change;
  const MessageHandle id = records.messages.insert(row);
  if (const auto* attachment = std::get_if<content::Attachment>(&content.kind)) keep_attachment(unit, id, *attachment);
  unit.count(row.is_outgoing ? storage::Metric::sent : storage::Metric::received, conversation.id);
  return id;
}

namespace {

struct Change {
  Unit& unit;
  const storage::Conversation& conversation;
  const AccountId& author;
  const Content& content;

  [[nodiscard]] std::optional<storage::Message> find(const AccountId& by, const MessageId& id) const {
    return unit.records().messages.find(conversation.id, by, id.bytes);
  }

  bool operator()(const content::Edit& kind) const {
    const auto message = find(author, kind.target);
    if (!message) return false;
    const bool is_text = message->kind == static_cast<std::int32_t>(ContentKind::text) ||
                         message->kind == static_cast<std::int32_t>(ContentKind::reply) ||
                         message->kind == static_cast<std::int32_t>(ContentKind::attachment);
    const bool is_older = message->edited_at && *message->edited_at >= content.sent_at;
    if (message->deleted_at || !is_text || is_older) return true;
    unit.records().messages.edit(message->id, kind.text, message->payload, content.sent_at);
    unit.emit(event::MessageEdited{conversation.id, message->id});
    return true;
  }
  bool operator()(const content::Delete& kind) const {
    const auto message = find(author, kind.target);
    if (!message) return false;
    if (message->deleted_at) return true;
    unit.records().messages.erase_content(message->id, unit.now);
    unit.emit(event::MessageDeleted{conversation.id, message->id});
    return true;
  }
  bool operator()(const content::Reaction& kind) const {
    const auto message = find(kind.target.author, kind.target.id);
    if (!message) return false;
    if (message->deleted_at) return true;
    storage::Reactions& reactions = unit.records().reactions;
    const bool has_changed = kind.action == content::ReactionAction::add
                                 ? reactions.add(message->id, author, kind.emoji, content.sent_at)
                                 : reactions.remove(message->id, author, kind.emoji, content.sent_at);
    if (!has_changed) return true;
    if (kind.action == content::ReactionAction::add) unit.count(storage::Metric::reactions, conversation.id);
    unit.emit(event::ReactionsChanged{conversation.id, message->id});
    return true;
  }
  template <class Other>
  bool operator()(const Other& /*kind*/) const { return true; }
};

}  // namespace

bool apply_change(Unit& unit, const storage::Conversation& conversation, const AccountId& author, const Content& content) {
  return std::visit(Change{unit, conversation, author, content}, content.kind);
}

}  // namespace anochat::client
