#include <anochat/client/client.hpp>

#include <anochat/base/error.hpp>
#include <utility>

#include "client/account.hpp"
#include "client/calls.hpp"
#include "client/engine.hpp"
#include "client/generation.hpp"
#include "client/history.hpp"
#include "client/link.hpp"
#include "client/outbound.hpp"
#include "client/prekey_keeper.hpp"
#include "client/profiles.hpp"
#include "client/receipts.hpp"
#include "client/repair.hpp"
#include "client/timers.hpp"
#include "client/trust.hpp"

namespace anochat {
namespace {

void check(const ClientOptions& options) {
  const bool is_good = options.one_time_prekeys >= 1 && options.one_time_prekeys <= 100 &&
                       options.envelope_lifetime >= std::chrono::hours{1} && options.most_events > 0 &&
                       options.most_sessions > 0 && options.relay.size() <= 255;
  if (!is_good) throw Error(Errc::invalid_argument, "client.options");
}

/// Runs `body(Unit&)` and commits.
template <class Body>
auto commit(client::Engine& engine, Body&& body) {
  client::Unit unit(engine);
  if constexpr (std::is_void_v<std::invoke_result_t<Body, client::Unit&>>) {
    body(unit);
    unit.commit();
  } else {
    auto result = body(unit);
    unit.commit();
    return result;
  }
}

}  // namespace

Client::Client(std::unique_ptr<client::Engine> engine) noexcept : engine_(std::move(engine)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Client Client::create(Store store, ClientOptions options) {
  check(options);
  const SystemClock system_clock;
  const UnixTime now = (options.clock ? *options.clock : static_cast<const Clock&>(system_clock)).now();
  std::optional<SystemRandom> system_random;
  Random& random = options.random ? *options.random : system_random.emplace();
  Device device = store.write([&](storage::Records& records) {
    Device made = client::create_account(records, random, now);
    client::save_profile(records, options.profile);
    return made;
  });
  auto engine = std::make_unique<client::Engine>(std::move(store), std::move(options), std::move(device));
  commit(*engine, [](client::Unit& unit) {
    static_cast<void>(client::rotate_prekeys(unit));
    client::refill_prekeys(unit, {});
  });
  return Client(std::move(engine));
}

Client Client::open(Store store, ClientOptions options) {
  check(options);
  Device device = client::load_device(*store.snapshot());
  const bool was_rolled_back = store.was_rolled_back();
  auto engine = std::make_unique<client::Engine>(std::move(store), std::move(options), std::move(device));
  engine->book.load(*engine->store.snapshot());
  if (was_rolled_back) {
    commit(*engine, [](client::Unit& unit) {
      client::begin_anew(unit);
      client::expect_any_generation(unit);
    });
  }
  return Client(std::move(engine));
}

const Address& Client::address() const noexcept { return engine_->address; }

void Client::connected() { client::link_connected(*engine_); }
void Client::disconnected() { client::link_disconnected(*engine_); }
void Client::receive(ByteView relay_frame) { client::link_receive(*engine_, relay_frame); }
std::vector<Bytes> Client::outgoing() { return client::link_outgoing(*engine_); }
bool Client::is_online() const noexcept { return engine_->courier.link == client::Courier::Link::online; }
std::optional<Goodbye> Client::goodbye() const noexcept {
  const auto& word = engine_->courier.last_word;
  return word ? std::optional<Goodbye>({word->code, word->retry_after}) : std::nullopt;
}
std::optional<UnixTime> Client::next_timer() const { return client::next_timer(*engine_); }
void Client::tick() { client::tick(*engine_); }

std::optional<Event> Client::poll_event() {
  engine_->was_notified = false;
  return engine_->events.pop();
}

std::vector<Event> Client::take_events(std::size_t most) {
  std::vector<Event> out;
  while (out.size() < most) {
    std::optional<Event> next = poll_event();
    if (!next) break;
    out.push_back(*std::move(next));
  }
  return out;
}

void Client::set_notifier(std::function<void()> notify) {
  engine_->notifier = std::move(notify);
  engine_->was_notified = false;
  engine_->notify();
}

ConversationHandle Client::conversation_with(const AccountId& account) {
  if (const auto known = engine_->store.snapshot()->conversations.find(account)) return known->id;
  return commit(*engine_, [&](client::Unit& unit) { return client::direct_conversation(unit, account).id; });
}

MessageHandle Client::send(ConversationHandle conversation, content::Kind content) {
  return commit(*engine_, [&](client::Unit& unit) { return client::send_message(unit, conversation, std::move(content)); });
}

MessageHandle Client::send_text(ConversationHandle conversation, std::string_view text) {
  return send(conversation, content::Text{std::string(text)});
}

std::vector<MessageHandle> Client::send_many(std::span<OutgoingMessage> messages) {
  return commit(*engine_, [&](client::Unit& unit) { return client::send_messages(unit, messages); });
}

MessageHandle Client::reply(MessageHandle to, std::string_view text) {
  return commit(*engine_, [&](client::Unit& unit) { return client::send_reply(unit, to, text); });
}

void Client::edit(MessageHandle message, std::string_view text) {
  commit(*engine_, [&](client::Unit& unit) { client::send_edit(unit, message, text); });
}

void Client::remove_for_all(MessageHandle message) {
  commit(*engine_, [&](client::Unit& unit) { client::send_deletion(unit, message); });
}

void Client::react(MessageHandle message, std::string_view emoji, bool is_on) {
  const auto action = is_on ? content::ReactionAction::add : content::ReactionAction::remove;
  commit(*engine_, [&](client::Unit& unit) { client::send_reaction(unit, message, emoji, action); });
}

void Client::mark_read(ConversationHandle conversation, MessageHandle through) {
  commit(*engine_, [&](client::Unit& unit) { client::mark_read(unit, conversation, through); });
}

void Client::set_expire_timer(ConversationHandle conversation, std::chrono::seconds timer) {
  static_cast<void>(send(conversation, content::TimerChange{timer}));
}

void Client::set_profile(ProfileInfo profile) {
  commit(*engine_, [&](client::Unit& unit) { client::change_profile(unit, profile); });
}

void Client::set_typing(ConversationHandle conversation, bool is_typing) { client::set_typing(*engine_, conversation, is_typing); }
void Client::set_presence(content::PresenceStatus status) { client::set_presence(*engine_, status); }

CallId Client::start_call(ConversationHandle conversation, content::CallMedia media, ByteView offer) {
  return commit(*engine_, [&](client::Unit& unit) {
    const auto row = client::require_conversation(unit.records(), conversation);
    client::require_sendable(unit.records(), client::peer_of(row));
    return client::start_call(unit, row, media, offer);
  });
}

void Client::signal_call(ConversationHandle conversation, const CallId& call, content::CallSignalType type, ByteView payload) {
  commit(*engine_, [&](client::Unit& unit) {
    const auto row = client::require_conversation(unit.records(), conversation);
    client::require_sendable(unit.records(), client::peer_of(row));
    client::signal_call(unit, row, {call, type, std::nullopt, {payload.begin(), payload.end()}});
  });
}

void Client::allow(const AccountId& account) {
  commit(*engine_, [&](client::Unit& unit) { client::set_consent(unit, account, storage::Consent::allowed); });
}
void Client::deny(const AccountId& account) {
  commit(*engine_, [&](client::Unit& unit) { client::set_consent(unit, account, storage::Consent::denied); });
}
void Client::block(const AccountId& account) {
  commit(*engine_, [&](client::Unit& unit) { client::block_account(unit, account); });
}
TrustState Client::trust(const AccountId& account) const { return client::trust_of(*engine_->store.snapshot(), account); }
SafetyNumber Client::safety_number(const AccountId& account) const {
  return client::safety_number(*engine_->store.snapshot(), address().account, account);
}
void Client::mark_verified(const AccountId& account) {
  commit(*engine_, [&](client::Unit& unit) { client::mark_verified(unit, account); });
}
void Client::accept_identity(const AccountId& account) {
  commit(*engine_, [&](client::Unit& unit) { client::accept_identity(unit, account); });
}

}  // namespace anochat
