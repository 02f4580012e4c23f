#include "client/signals.hpp"

#include <anochat/base/error.hpp>
#include <anochat/framing/content.hpp>
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "client/addressing.hpp"
#include "client/device_lists.hpp"
#include "client/engine.hpp"
#include "client/history.hpp"
#include "client/profiles.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

constexpr std::size_t kMostWaiting = 1'000;  // signals; more are worth nothing

SecretBytes encode_signal(Engine& engine, content::Kind kind) {
  Content content;
  content.id = MessageId::make(*engine.random);
  content.sent_at = engine.now();
  content.kind = std::move(kind);
  return encode_content(content);
}

/// Seals for one device on its active session, if that was used for sending before.
void send_signal(Engine& engine, const storage::Records& records, BookedSession& session, ByteView content) {
  if (engine.courier.signals.size() >= kMostWaiting) return;
  const Address to = session.session.peer_address();
  Bytes blob;
  try {
    blob = session.session.seal_signal(content, engine.now(), *engine.random);
  } catch (const Error& error) {
    if (error.code() == Errc::wrong_state) return;
    throw;
  }
  Submission out;
  out.envelope = encode_envelope({mailbox_of(to), EnvelopeId::make(*engine.random),
                                  expiry_hour(engine.now() + std::chrono::hours{1}), true, blob});
  out.delivery_token = token_of(records, to.account);
  engine.courier.signals.push_back(std::move(out));
}

bool may_signal(const storage::Records& records, const AccountId& account) {
  if (!is_allowed(records, account)) return false;
  const TrustState trust = trust_of(records, account);
  return trust == TrustState::first_use || trust == TrustState::verified;
}

void send_to_account(Engine& engine, const storage::Records& records, const AccountId& account, ByteView content) {
  const auto devices = known_devices(records, account);
  if (!devices || !may_signal(records, account)) return;
  for (const storage::DeviceNumber device : *devices) {
    BookedSession* const session = engine.book.active(records, {account, device});
    if (session != nullptr) send_signal(engine, records, *session, content);
  }
}

void set_typist(Engine& engine, const AccountId& account, ConversationHandle conversation, bool is_typing) {
  const bool was_typing = engine.signals.typists.contains(account);
  if (is_typing) {
    engine.signals.typists[account] = {conversation, engine.now() + kTypingTime};
  } else {
    engine.signals.typists.erase(account);
  }
  if (was_typing == is_typing) return;
  engine.events.push(event::Typing{conversation, account, is_typing});
  engine.notify();
}

void take_content(Engine& engine, const storage::Records& records, const AccountId& from, const Content& content) {
  if (!is_allowed(records, from)) return;
  if (const auto* typing = std::get_if<content::Typing>(&content.kind)) {
    const auto conversation = records.conversations.find(from);
    if (conversation) set_typist(engine, from, conversation->id, typing->action == content::TypingAction::started);
  }
  if (const auto* presence = std::get_if<content::Presence>(&content.kind)) {
    engine.events.push(event::Presence{from, presence->status, presence->last_seen});
    engine.notify();
  }
}

}  // namespace

std::optional<UnixTime> Signals::next_timer() const {
  std::optional<UnixTime> first;
  for (const auto& [account, typist] : typists) first = first ? std::min(*first, typist.until) : typist.until;
  return first;
}

void set_typing(Engine& engine, ConversationHandle conversation, bool is_typing) {
  const auto told = engine.signals.told.find(conversation);
  const bool is_told = told != engine.signals.told.end() && told->second + kTypingRepeat > engine.now();
  if (is_typing ? is_told : told == engine.signals.told.end()) return;
  const storage::Snapshot snapshot = engine.store.snapshot();
  const storage::Conversation row = require_conversation(*snapshot, conversation);
  if (row.kind != storage::ConversationKind::direct) return;
  if (is_typing) {
    engine.signals.told[conversation] = engine.now();
  } else {
    engine.signals.told.erase(conversation);
  }
  if (engine.courier.link != Courier::Link::online) return;
  AccountId peer{};
  std::copy(row.uid.begin(), row.uid.end(), peer.begin());
  const auto action = is_typing ? content::TypingAction::started : content::TypingAction::stopped;
  send_to_account(engine, *snapshot, peer, encode_signal(engine, content::Typing{action}));
  engine.notify();
}

void set_presence(Engine& engine, content::PresenceStatus status) {
  if (engine.courier.link != Courier::Link::online) return;
  content::Presence presence{status, std::nullopt};
  if (status != content::PresenceStatus::online) presence.last_seen = engine.now();
  const SecretBytes content = encode_signal(engine, presence);
  const storage::Snapshot snapshot = engine.store.snapshot();
  std::set<AccountId> accounts;
  engine.book.each([&](const BookedSession& session) {
    if (session.is_active) accounts.insert(session.session.peer_address().account);
    return false;
  });
  accounts.erase(engine.self().account);
  for (const AccountId& account : accounts) send_to_account(engine, *snapshot, account, content);
  engine.notify();
}

void take_signal(Engine& engine, const EnvelopeView& envelope) {
  if (envelope.blob.size() != kSignalLen) return;
  std::optional<AccountId> from;
  SecretBytes opened;
  engine.book.each([&](BookedSession& session) {
    try {
      opened = session.session.open_signal(envelope.blob, engine.now());
      from = session.session.peer_address().account;
      return true;
    } catch (const Error& error) {
      return error.code() == Errc::replayed;  // it was this session's, and is worth nothing
    }
  });
  if (!from) return;
  try {
    const storage::Snapshot snapshot = engine.store.snapshot();
    take_content(engine, *snapshot, *from, decode_content(opened));
  } catch (const Error& error) {
    if (is_fatal(error.code())) throw;
  }
}

void expire_typing(Engine& engine) {
  std::vector<std::pair<AccountId, ConversationHandle>> over;
  for (const auto& [account, typist] : engine.signals.typists) {
    if (typist.until <= engine.now()) over.emplace_back(account, typist.conversation);
  }
  for (const auto& [account, conversation] : over) set_typist(engine, account, conversation, false);
}

void stop_typing(Engine& engine, const AccountId& account) {
  const auto typist = engine.signals.typists.find(account);
  if (typist != engine.signals.typists.end()) set_typist(engine, account, typist->second.conversation, false);
}

}  // namespace anochat::client
