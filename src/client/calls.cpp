#include "client/calls.hpp"

#include <anochat/base/error.hpp>
#include <utility>

#include "client/engine.hpp"
#include "client/history.hpp"
#include "client/sender.hpp"

namespace anochat::client {
namespace {

using content::CallSignalType;
using storage::CallOutcome;

void send_signal(Unit& unit, const storage::Conversation& conversation, const content::CallSignal& signal) {
  Parcel parcel{make_content(unit, signal)};
  parcel.expires = unit.now + kRingTime;  // nobody wants to hear of it later; a missed call is seen from the offer
  if (signal.type == CallSignalType::offer || signal.type == CallSignalType::hangup) parcel.expires.reset();
  parcel.with_transcript = false;
  parcel.is_resendable = false;
  dispatch(unit, peer_of(conversation), parcel);
}

storage::Call row_of(const storage::Conversation& conversation, const AccountId& peer, const content::CallSignal& offer,
                     bool is_outgoing, UnixTime at) {
  storage::Call row;
  row.uid = offer.call.bytes;
  row.conversation = conversation.id;
  row.peer = peer;
  row.is_outgoing = is_outgoing;
  row.media = offer.media == content::CallMedia::video ? storage::CallMedia::video : storage::CallMedia::audio;
  row.started = at;
  return row;
}

/// What a hang-up or busy makes of a call; `by_self`: this side said it.
CallOutcome outcome_of(const storage::Call& call, CallSignalType type, bool by_self) {
  if (call.outcome != CallOutcome::ringing) return call.outcome;
  if (type == CallSignalType::busy) return CallOutcome::busy;
  if (call.is_outgoing) return by_self ? CallOutcome::failed : CallOutcome::declined;
  return by_self ? CallOutcome::declined : CallOutcome::missed;
}

void move_on(Unit& unit, const storage::Call& call, CallSignalType type, bool by_self) {
  if (call.ended) return;
  storage::Calls& calls = unit.records().calls;
  if (type == CallSignalType::answer && call.outcome == CallOutcome::ringing) calls.set_answered(call.id, unit.now);
  if (type != CallSignalType::hangup && type != CallSignalType::busy) return;
  const CallOutcome outcome = outcome_of(call, type, by_self);
  calls.set_ended(call.id, outcome, unit.now);
  if (outcome == CallOutcome::missed) unit.emit(event::CallMissed{call.conversation, call.peer});
}

void take_offer(Unit& unit, const storage::Conversation& conversation, const AccountId& from, Content& content) {
  auto& signal = std::get<content::CallSignal>(content.kind);
  const storage::CallId id = unit.records().calls.insert(row_of(conversation, from, signal, false, unit.now));
  unit.count(storage::Metric::calls, conversation.id);
  if (content.sent_at + kRingTime < unit.now) {
    unit.records().calls.set_ended(id, CallOutcome::missed, unit.now);
    unit.emit(event::CallMissed{conversation.id, from});
    return;
  }
  unit.emit(event::CallSignal{conversation.id, from, std::move(signal)});
}

}  // namespace

CallId start_call(Unit& unit, const storage::Conversation& conversation, content::CallMedia media, ByteView offer) {
  const content::CallSignal signal{CallId::make(unit.random()), CallSignalType::offer, media, {offer.begin(), offer.end()}};
  unit.records().calls.insert(row_of(conversation, peer_of(conversation), signal, true, unit.now));
  unit.count(storage::Metric::calls, conversation.id);
  send_signal(unit, conversation, signal);
  return signal.call;
}

void signal_call(Unit& unit, const storage::Conversation& conversation, const content::CallSignal& signal) {
  const auto call = unit.records().calls.find(conversation.id, signal.call.bytes);
  if (!call) throw Error(Errc::not_found, "client.signal_call");
  if (signal.type == CallSignalType::offer) throw Error(Errc::invalid_argument, "client.signal_call");
  move_on(unit, *call, signal.type, /*by_self=*/true);
  send_signal(unit, conversation, signal);
}

void take_call_signal(Unit& unit, const storage::Conversation& conversation, const AccountId& from, Content& content) {
  auto& signal = std::get<content::CallSignal>(content.kind);
  const auto call = unit.records().calls.find(conversation.id, signal.call.bytes);
  if (!call) {
    // Without its offer a call is nothing: the offer may come later, and has then been missed.
    if (signal.type == CallSignalType::offer) take_offer(unit, conversation, from, content);
    return;
  }
  if (signal.type == CallSignalType::offer || call->ended) return;
  move_on(unit, *call, signal.type, /*by_self=*/false);
  unit.emit(event::CallSignal{conversation.id, from, std::move(signal)});
}

void expire_calls(Unit& unit) {
  std::vector<storage::Call> missed;
  for (const storage::Call& call : unit.records().calls.list(std::nullopt, 50).items) {
    if (call.outcome == CallOutcome::ringing && !call.is_outgoing && call.started < unit.now - kRingTime) missed.push_back(call);
  }
  unit.records().calls.expire_ringing(unit.now - kRingTime);
  for (const storage::Call& call : missed) unit.emit(event::CallMissed{call.conversation, call.peer});
}

std::optional<UnixTime> next_call_timer(const storage::Records& records) {
  std::optional<UnixTime> first;
  for (const storage::Call& call : records.calls.list(std::nullopt, 50).items) {
    if (call.outcome != CallOutcome::ringing) continue;
    const UnixTime at = call.started + kRingTime + Milliseconds{1};
    first = first ? std::min(*first, at) : at;
  }
  return first;
}

}  // namespace anochat::client
