#include "client/timers.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "client/calls.hpp"
#include "client/engine.hpp"
#include "client/prekey_keeper.hpp"
#include "client/receipts.hpp"
#include "client/repair.hpp"
#include "client/session_rules.hpp"

namespace anochat::client {
namespace {

constexpr std::chrono::days kFailuresKept{90};

void take_earlier(std::optional<UnixTime>& first, const std::optional<UnixTime>& other) {
  if (other && (!first || *other < *first)) first = other;
}

std::optional<UnixTime> store_timer(const Engine& engine) {
  if (!engine.is_timer_stale) return engine.store_timer;
  const storage::Snapshot snapshot = engine.store.snapshot();
  std::optional<UnixTime> first = snapshot->messages.next_expiry();
  take_earlier(first, next_call_timer(*snapshot));
  // What is due now is outgoing()'s business.
  if (const auto due = snapshot->outbox.next_due(); due && *due > engine.now()) take_earlier(first, due);
  engine.store_timer = first;
  engine.is_timer_stale = false;
  return first;
}

void fail_all(Unit& unit, const std::vector<MessageHandle>& messages) {
  for (const MessageHandle message : messages) {
    if (unit.records().outbox.count_for(message) != 0) continue;
    set_status(unit, message, storage::MessageStatus::failed, Errc::timed_out);
  }
}

void maintain(Unit& unit) {
  storage::Records& records = unit.records();
  const auto lifetime = unit.engine.options.envelope_lifetime;
  fail_all(unit, records.outbox.remove_expired(unit.now));
  fail_all(unit, records.pending_sends.remove_expired(unit.now));
  static_cast<void>(rotate_prekeys(unit));
  forget_old_sessions(unit);
  records.inbox.prune(unit.now - lifetime - std::chrono::days{5});
  records.resend_log.prune(unit.now - kRepairTime, kMostResendable);
  records.decrypt_failures.prune(unit.now - kFailuresKept);
  retry_repairs(unit);
}

void expire_messages(Engine& engine) {
  const auto next = engine.store.snapshot()->messages.next_expiry();
  if (!next || *next > engine.now()) return;
  std::vector<MessageHandle> gone = engine.store.expire();
  engine.is_timer_stale = true;
  if (!gone.empty()) engine.events.push(event::MessagesExpired{std::move(gone)});
}

void retry_outbox(Engine& engine) {
  const auto due = engine.store.snapshot()->outbox.next_due();
  if (due && *due <= engine.now()) engine.courier.reload();
}

}  // namespace

std::optional<UnixTime> next_timer(const Engine& engine) {
  std::optional<UnixTime> first = engine.next_maintenance;
  take_earlier(first, engine.courier.next_timer());
  take_earlier(first, engine.signals.next_timer());
  take_earlier(first, store_timer(engine));
  return first;
}

void tick(Engine& engine) {
  const UnixTime now = engine.now();
  engine.courier.expire(now);
  expire_typing(engine);
  const auto from_store = store_timer(engine);
  if (from_store && *from_store <= now) {
    expire_messages(engine);
    Unit unit(engine);
    expire_calls(unit);
    unit.commit();
    retry_outbox(engine);
  }
  if (engine.courier.next_count <= now) engine.courier.wants_count = true;
  if (engine.next_maintenance <= now) {
    Unit unit(engine);
    maintain(unit);
    unit.commit();
    engine.next_maintenance = now + kMaintenanceEvery;
    retry_outbox(engine);
  }
  engine.notify();
}

}  // namespace anochat::client
