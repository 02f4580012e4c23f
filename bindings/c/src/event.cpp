// Events as a C struct.
#include "call.hpp"
#include "list.hpp"

#include <algorithm>
#include <variant>

namespace anochat::c {

static_assert(static_cast<int>(content::CallSignalType::busy) == ANOCHAT_CALL_BUSY);
static_assert(static_cast<int>(content::CallMedia::video) == ANOCHAT_MEDIA_VIDEO);
static_assert(static_cast<int>(content::PresenceStatus::offline) == ANOCHAT_PRESENCE_OFFLINE);
static_assert(static_cast<int>(storage::Repair::given_up) == ANOCHAT_REPAIR_GIVEN_UP);
static_assert(static_cast<int>(storage::MessageStatus::received) == ANOCHAT_MESSAGE_RECEIVED);
static_assert(std::variant_size_v<Event> == ANOCHAT_EVENT_EVENTS_LOST, "a new event needs a number in anochat.h");
static_assert(sizeof(MessageHandle) == sizeof(std::int64_t));

namespace {

/// Fields that many events have under one name.
template <class From>
void set_common(anochat_event& to, const From& from) {
  if constexpr (requires { from.conversation; }) to.conversation = static_cast<std::int64_t>(from.conversation);
  if constexpr (requires { from.message; }) to.message = static_cast<std::int64_t>(from.message);
  if constexpr (requires { from.failure; }) {
    if constexpr (std::is_same_v<decltype(from.failure), FailureHandle>)
      to.failure = static_cast<std::int64_t>(from.failure);
  }
  const auto set_account = [&](const AccountId& id) { std::copy(id.begin(), id.end(), to.account.bytes); };
  if constexpr (requires { from.account; }) set_account(from.account);
  if constexpr (requires { from.peer; }) set_account(from.peer);
  if constexpr (requires { from.device.account; }) {
    set_account(from.device.account);
    to.device = from.device.device;
  }
  if constexpr (requires { from.reason; }) to.status = static_cast<anochat_status>(from.reason);
}

struct Special {
  anochat_event& to;

  void operator()(const event::MessageReceived& from) const {
    std::copy(from.sender.begin(), from.sender.end(), to.account.bytes);
    to.flag = from.is_outgoing ? 1 : 0;
  }
  void operator()(const event::MessagesExpired& from) const {
    // A handle is an enumeration over std::int64_t, and an array of it is read as what it is made of, byte for byte.
    to.messages = reinterpret_cast<const std::int64_t*>(from.messages.data());
    to.message_count = from.messages.size();
  }
  void operator()(const event::MessageStatus& from) const {
    to.value = static_cast<std::int64_t>(from.status);
    if (from.failure) to.status = static_cast<anochat_status>(*from.failure);
  }
  void operator()(const event::TimerChanged& from) const { to.value = from.timer.count(); }
  void operator()(const event::DevicesChanged& from) const { to.value = static_cast<std::int64_t>(from.device_count); }
  void operator()(const event::Typing& from) const { to.flag = from.is_typing ? 1 : 0; }
  void operator()(const event::Presence& from) const {
    to.value = static_cast<std::int64_t>(from.status);
    to.time_ms = optional_time(from.last_seen);
  }
  void operator()(const event::CallSignal& from) const {
    std::copy(from.signal.call.bytes.begin(), from.signal.call.bytes.end(), to.call.bytes);
    to.value = static_cast<std::int64_t>(from.signal.type);
    to.media = from.signal.media ? static_cast<std::int32_t>(*from.signal.media) : 0;
    to.payload = from.signal.payload.data();
    to.payload_len = from.signal.payload.size();
  }
  void operator()(const event::DecryptFailure& from) const {
    to.value = static_cast<std::int64_t>(from.repair);
    if (!from.sender) return;
    std::copy(from.sender->account.begin(), from.sender->account.end(), to.account.bytes);
    to.device = from.sender->device;
  }
  void operator()(const event::StateRolledBack& from) const { to.value = from.sessions; }
  void operator()(const event::ReducedForwardSecrecy& from) const { to.flag = from.is_own_supply ? 1 : 0; }
  void operator()(const event::EventsLost& from) const { to.value = static_cast<std::int64_t>(from.count); }
  template <class Other>
  void operator()(const Other& /*from*/) const {}
};

}  // namespace

anochat_event event_of(const Event& from) {
  anochat_event to{};
  to.kind = static_cast<std::int32_t>(from.index()) + 1;  // the numbers of anochat.h are the order of the variant
  std::visit([&](const auto& it) { set_common(to, it); }, from);
  std::visit(Special{to}, from);
  return to;
}

}  // namespace anochat::c

const char* anochat_event_name(int32_t kind) {
  static constexpr std::array<const char*, ANOCHAT_EVENT_EVENTS_LOST + 1> kNames = {"none",
                                                                                    "message_received",
                                                                                    "message_edited",
                                                                                    "message_deleted",
                                                                                    "messages_expired",
                                                                                    "reactions_changed",
                                                                                    "message_status",
                                                                                    "contact_request",
                                                                                    "profile_changed",
                                                                                    "timer_changed",
                                                                                    "identity_changed",
                                                                                    "devices_changed",
                                                                                    "typing",
                                                                                    "presence",
                                                                                    "call_signal",
                                                                                    "call_missed",
                                                                                    "decrypt_failure",
                                                                                    "failure_repaired",
                                                                                    "state_rolled_back",
                                                                                    "reduced_forward_secrecy",
                                                                                    "online",
                                                                                    "offline",
                                                                                    "login_refused",
                                                                                    "events_lost"};
  return kind >= 0 && kind <= ANOCHAT_EVENT_EVENTS_LOST ? kNames[static_cast<std::size_t>(kind)] : "unknown";
}
