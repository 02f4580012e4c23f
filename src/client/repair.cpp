#include "client/repair.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "client/addressing.hpp"
#include "client/engine.hpp"
#include "client/prekey_keeper.hpp"
#include "client/repair_limits.hpp"
#include "client/resend.hpp"
#include "client/sender.hpp"
#include "client/session_rules.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

using Hashes = std::vector<ByteArray<32>>;

constexpr RepairLimit kRequests{"repair.", kMostRepairsADay, kRepairPause};
constexpr RepairLimit kAnswers{"answer.", kMostAnswersADay, std::chrono::minutes{1}};
constexpr int kMostOpenFailures = 1'000;
constexpr std::size_t kMostNamed = kMaxMessageRefs - 1;  // failures in one request, beside kUnconfirmed

bool is_repairable(Errc reason) noexcept {
  switch (reason) {
    case Errc::bad_message:
    case Errc::gap_too_large:
    case Errc::replayed:
    case Errc::prekey_unknown:
    case Errc::bad_state: return true;
    default: return false;  // sending it again would not make it better
  }
}

Parcel request_for(Unit& unit, Hashes hashes) {
  if (hashes.size() > kMaxMessageRefs) hashes.resize(kMaxMessageRefs);
  Parcel parcel{make_content(unit, content::RepairRequest{{}, std::move(hashes)})};
  parcel.with_transcript = false;
  parcel.is_resendable = false;
  return parcel;
}

/// Takes back the requests to a device that still wait for its bundle. @return what they named
Hashes take_waiting_requests(Unit& unit, const Address& device) {
  Hashes named;
  for (const storage::PendingSend& row : unit.records().pending_sends.of(device.account)) {
    if (row.device != device.device) continue;
    const Content content = decode_content(row.content);
    const auto* request = std::get_if<content::RepairRequest>(&content.kind);
    if (request == nullptr) continue;
    named.insert(named.end(), request->envelopes.begin(), request->envelopes.end());
    unit.records().pending_sends.remove(row.row);
  }
  return named;
}

/// A request over a session that is yet to be made. However long that takes, no more than one of them waits for a device.
void request_on_new_session(Unit& unit, const Address& device, Hashes hashes) {
  const auto has = [&hashes](const ByteArray<32>& one) { return std::find(hashes.begin(), hashes.end(), one) != hashes.end(); };
  for (const ByteArray<32>& earlier : take_waiting_requests(unit, device)) {
    if (!has(earlier)) hashes.insert(earlier == kEverything ? hashes.begin() : hashes.end(), earlier);
  }
  const Parcel parcel = request_for(unit, std::move(hashes));
  keep_pending(unit, device.account, device.device, encode_content(parcel.content), parcel);
}

/// A request says that this device is there and listens: a stranger does not learn that.
bool may_ask(Unit& unit, const AccountId& account) {
  return account == unit.engine.self().account || is_allowed(unit.records(), account);
}

/// Asks a device whose session does not work: over a new one.
bool ask_anew(Unit& unit, const Address& device, Hashes hashes) {
  if (!may_ask(unit, device.account) || !take_turn(unit, kRequests, device)) return false;
  hashes.insert(hashes.begin(), kUnconfirmed);  // whatever else is not confirmed may be lost as well
  request_on_new_session(unit, device, std::move(hashes));
  return true;
}

/// Those who may have sent what nobody can open.
std::vector<Address> suspects(Unit& unit) {
  std::vector<Address> devices;
  unit.book().each([&](const BookedSession& session) {
    const Address& device = session.session.peer_address();
    if (session.is_active && is_allowed(unit.records(), device.account)) devices.push_back(device);
    return devices.size() == kMostSuspects;
  });
  return devices;
}

/// Asks a device over the session that there is, if it can be sent on.
bool ask_here(Unit& unit, const Address& device, const ByteArray<32>& hash) {
  BookedSession* const session = sendable_session(unit, device);
  if (session == nullptr) return ask_anew(unit, device, {hash});
  if (!take_turn(unit, kRequests, device)) return false;
  const Parcel parcel = request_for(unit, {hash});
  seal(unit, *session, encode_content(parcel.content), parcel);
  return true;
}

/// Nobody knows who has sent it: asks those who wrote last.
bool ask_suspects(Unit& unit, const ByteArray<32>& hash) {
  bool has_asked = false;
  for (const Address& device : suspects(unit)) has_asked |= ask_here(unit, device, hash);
  return has_asked;
}

/// The same later and over new sessions: it may be the session that does not work, and then both sides fail to read what
/// the other says about it.
bool ask_suspects_anew(Unit& unit, const Hashes& hashes) {
  bool has_asked = false;
  for (const Address& device : suspects(unit)) has_asked |= ask_anew(unit, device, hashes);
  return has_asked;
}

}  // namespace

void note_failure(Unit& unit, const ByteArray<32>& hash, const std::optional<Address>& sender, Errc reason) {
  storage::Records& records = unit.records();
  const auto id = records.decrypt_failures.insert(hash, sender, static_cast<std::int32_t>(reason), unit.now);
  if (!id) return;
  static_cast<void>(records.decrypt_failures.keep_newest(kMostFailures));
  const bool has_asked = is_repairable(reason) && (sender ? ask_anew(unit, *sender, {hash}) : ask_suspects(unit, hash));
  const storage::Repair repair = has_asked ? storage::Repair::requested : storage::Repair::none;
  if (has_asked) records.decrypt_failures.set_repair(*id, repair, unit.now);
  if (sender) {
    if (const auto conversation = records.conversations.find(sender->account)) {
      unit.count(storage::Metric::decrypt_failures, conversation->id);
    }
  }
  unit.emit(event::DecryptFailure{*id, reason, sender, repair});
}

void note_repaired(Unit& unit, const Address& from, const EnvelopeId& envelope) {
  for (const storage::StoredFailure& failure : unit.records().decrypt_failures.latest(kMostOpenFailures)) {
    const bool is_meant = envelope_id_of(failure.hash) == envelope.bytes && (!failure.sender || failure.sender->account == from.account);
    if (!is_meant || failure.repair == storage::Repair::repaired) continue;
    unit.records().decrypt_failures.set_repair(failure.id, storage::Repair::repaired, unit.now);
    unit.emit(event::FailureRepaired{failure.id});
  }
}

void take_repair_request(Unit& unit, BookedSession& session, const Content& content) {
  const Address from = session.session.peer_address();
  // Over a session that the peer began, a request also says: go on here.
  const bool is_preferred = prefer_session(unit, session, content.sent_at);
  if (!take_turn(unit, kAnswers, from)) return;
  const auto& request = std::get<content::RepairRequest>(content.kind);
  std::vector<storage::ResendEntry> entries = wanted_again(unit, from, request);
  if (entries.empty()) return;
  if (!is_preferred && !ask_anew(unit, from, {})) return;
  for (const storage::ResendEntry& entry : entries) resend(unit, entry, /*wait_for_new_session=*/!is_preferred);
}

void announce_restart(Unit& unit, BookedSession& session) {
  const Parcel parcel = request_for(unit, {kUnconfirmed});
  seal(unit, session, encode_content(parcel.content), parcel);
}

void retry_repairs(Unit& unit) {
  storage::DecryptFailures& failures = unit.records().decrypt_failures;
  const auto add = [](std::vector<storage::StoredFailure>& list, const storage::StoredFailure& failure) {
    if (list.size() < kMostNamed) list.push_back(failure);  // the others have their turn after these
  };
  std::map<Address, std::vector<storage::StoredFailure>> open;
  std::vector<storage::StoredFailure> from_somebody;
  for (const storage::StoredFailure& failure : failures.latest(kMostOpenFailures)) {
    const bool is_open = failure.repair == storage::Repair::none || failure.repair == storage::Repair::requested;
    if (!is_open || !is_repairable(static_cast<Errc>(failure.reason))) continue;
    if (failure.at + kRepairTime < unit.now || failure.attempts >= kMostAttempts) {
      failures.set_repair(failure.id, storage::Repair::given_up, unit.now);
    } else if (failure.sender) {
      add(open[*failure.sender], failure);
    } else {
      add(from_somebody, failure);
    }
  }
  const auto hashes_of = [](const std::vector<storage::StoredFailure>& list) {
    Hashes hashes;
    for (const storage::StoredFailure& failure : list) hashes.push_back(failure.hash);
    return hashes;
  };
  const auto note_asked = [&](const std::vector<storage::StoredFailure>& list) {
    for (const storage::StoredFailure& failure : list) failures.set_repair(failure.id, storage::Repair::requested, unit.now);
  };
  for (const auto& [device, list] : open) {
    if (ask_anew(unit, device, hashes_of(list))) note_asked(list);
  }
  if (!from_somebody.empty() && ask_suspects_anew(unit, hashes_of(from_somebody))) note_asked(from_somebody);
}

void begin_anew(Unit& unit) {
  storage::Records& records = unit.records();
  std::set<Address> peers;
  for (const storage::SessionRow row : records.sessions.rows()) {
    if (const auto session = records.sessions.find(row)) peers.insert(session->address);
  }
  records.meta.next_device_epoch();
  const std::int64_t count = retire_all_sessions(unit);
  for (const Address& peer : peers) {  // whatever the limits say: nothing can be sent before
    request_on_new_session(unit, peer, {kEverything});
  }
  seal_outbox_anew(unit);
  replace_prekeys(unit);
  unit.emit(event::StateRolledBack{count});
}

}  // namespace anochat::client
