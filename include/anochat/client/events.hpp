// anochat/client/events.hpp - what a client tells its application, in the order in which it became durable.
#pragma once

#include <anochat/client/types.hpp>
#include <anochat/framing/content_kinds.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

namespace anochat {
namespace event {

/// A message is in the history. Sent by this account's other devices when `is_outgoing`.
struct MessageReceived {
  ConversationHandle conversation{};
  MessageHandle message{};
  AccountId sender{};
  bool is_outgoing = false;
};
struct MessageEdited {
  ConversationHandle conversation{};
  MessageHandle message{};
};
struct MessageDeleted {
  ConversationHandle conversation{};
  MessageHandle message{};
};
/// Disappearing messages are gone from the store.
struct MessagesExpired {
  std::vector<MessageHandle> messages;
};
struct ReactionsChanged {
  ConversationHandle conversation{};
  MessageHandle message{};
};
/// An own message moved on: sent, delivered, read or failed.
struct MessageStatus {
  MessageHandle message{};
  storage::MessageStatus status{};
  std::optional<Errc> failure;
};
/// Somebody unknown has written. The messages wait in `conversation`; nothing goes back before allow().
struct ContactRequest {
  AccountId account{};
  ConversationHandle conversation{};
};
struct ProfileChanged {
  AccountId account{};
};
struct TimerChanged {
  ConversationHandle conversation{};
  std::chrono::seconds timer{0};  ///< 0: messages stay
};
/// A device of this account has another identity than before; sending to the account is blocked.
struct IdentityChanged {
  Address device;
};
/// The account signed a list with devices that were not there before.
struct DevicesChanged {
  AccountId account{};
  std::size_t device_count = 0;
};
struct Typing {
  ConversationHandle conversation{};
  AccountId account{};
  bool is_typing = false;
};
struct Presence {
  AccountId account{};
  content::PresenceStatus status{};
  std::optional<UnixTime> last_seen;
};
/// A step in setting up a call; hand `payload` to the media engine.
struct CallSignal {
  ConversationHandle conversation{};
  AccountId peer{};
  content::CallSignal signal;
};
struct CallMissed {
  ConversationHandle conversation{};
  AccountId peer{};
};
/// A message could not be opened. It is on record; repair is automatic where it is possible.
struct DecryptFailure {
  FailureHandle failure{};
  Errc reason{};
  std::optional<Address> sender;  ///< if known
  storage::Repair repair{};
};
/// What could not be opened has arrived after all.
struct FailureRepaired {
  FailureHandle failure{};
};
/// The store is an older copy of itself: `sessions` were retired and new ones are made, and every peer is asked for what it
/// still has, up to 100 messages of 7 days each. What was written here since the copy was made, and what somebody wrote
/// whom the copy does not know, is not in this store.
struct StateRolledBack {
  std::int64_t sessions = 0;
};
/// One-time KEM prekeys had run out when this session began: until the first answer, a later theft of the last-resort
/// prekey opens its first messages.
struct ReducedForwardSecrecy {
  Address device;
  bool is_own_supply = false;  ///< ours had run out; otherwise the peer's
};
struct Online {};
struct Offline {};
/// The relay does not let this device in, or is not the one that was asked for; or, with Errc::rolled_back, it says again and
/// again that this store is an older copy of itself: another one uses the same account, or the relay lies.
struct LoginRefused {
  Errc reason{};
};
/// The application did not fetch events: so many are lost. What they told is in the store.
struct EventsLost {
  std::size_t count = 0;
};

}  // namespace event

using Event =
    std::variant<event::MessageReceived, event::MessageEdited, event::MessageDeleted, event::MessagesExpired,
                 event::ReactionsChanged, event::MessageStatus, event::ContactRequest, event::ProfileChanged,
                 event::TimerChanged, event::IdentityChanged, event::DevicesChanged, event::Typing, event::Presence,
                 event::CallSignal, event::CallMissed, event::DecryptFailure, event::FailureRepaired,
                 event::StateRolledBack, event::ReducedForwardSecrecy, event::Online, event::Offline,
                 event::LoginRefused, event::EventsLost>;

}  // namespace anochat
