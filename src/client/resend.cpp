#include "client/resend.hpp"

#include <anochat/framing/content.hpp>
#include <algorithm>
#include <set>
#include <utility>

#include "client/addressing.hpp"
#include "client/engine.hpp"
#include "client/repair.hpp"
#include "client/sender.hpp"
#include "client/session_rules.hpp"

namespace anochat::client {
namespace {

constexpr int kMostOutboxRows = 1'000;

/// Whether the message is still here: what was deleted or has disappeared does not come back.
bool is_alive(Unit& unit, const storage::ResendEntry& entry) {
  if (!entry.message) return true;
  const auto message = unit.records().messages.find(*entry.message);
  return message && !message->deleted_at;
}

bool is_unconfirmed(Unit& unit, const storage::ResendEntry& entry) {
  if (!entry.message) return true;
  const auto message = unit.records().messages.find(*entry.message);
  return message && (message->status == storage::MessageStatus::sent || message->status == storage::MessageStatus::queued);
}

Parcel parcel_of(const storage::ResendEntry& entry) {
  Parcel parcel{decode_content(entry.content)};
  parcel.content.repairs = {entry.envelope_id};
  parcel.message = entry.message;
  parcel.with_transcript = false;
  return parcel;
}

/// Takes the content of an outbox row that must not leave, to be sealed for a new session.
void seal_anew(Unit& unit, const storage::OutboxEntry& row) {
  const auto entry = unit.records().resend_log.find(row.recipient, row.envelope_id);
  if (!entry) return;  // a request for repair, which is made anew
  unit.records().resend_log.remove(row.recipient, row.envelope_id);
  Parcel parcel{decode_content(entry->content)};
  parcel.message = row.message;
  parcel.expires = row.expires;
  keep_pending(unit, row.recipient.account, row.recipient.device, entry->content, parcel);
}

}  // namespace

std::vector<storage::ResendEntry> wanted_again(Unit& unit, const Address& device, const content::RepairRequest& request) {
  std::set<storage::EnvelopeId> named;
  for (const ByteArray<32>& hash : request.envelopes) named.insert(envelope_id_of(hash));
  std::vector<storage::ResendEntry> out;
  const bool is_all = named.contains(envelope_id_of(kEverything));
  const bool is_anew = is_all || named.contains(envelope_id_of(kUnconfirmed));
  auto sent = unit.records().resend_log.since(device, unit.now - kRepairTime, static_cast<int>(kMostResendable));
  const bool is_ours = is_anew || std::any_of(sent.begin(), sent.end(), [&named](const auto& entry) {
    return named.contains(entry.envelope_id);
  });
  if (!is_ours) return out;
  for (storage::ResendEntry& entry : sent) {
    const bool is_wanted = is_all || named.contains(entry.envelope_id) || is_unconfirmed(unit, entry);
    if (is_wanted && is_alive(unit, entry)) out.push_back(std::move(entry));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

void resend(Unit& unit, const storage::ResendEntry& entry, bool wait_for_new_session) {
  const Parcel parcel = parcel_of(entry);
  // A copy that still waits in the outbox was sealed for a session that the peer does not use.
  unit.records().outbox.remove(entry.envelope_id);
  unit.records().resend_log.remove(entry.recipient, entry.envelope_id);
  if (wait_for_new_session) {
    keep_pending(unit, entry.recipient.account, entry.recipient.device, encode_content(parcel.content), parcel);
  } else {
    dispatch_to_device(unit, entry.recipient, parcel);
  }
}

void seal_outbox_anew(Unit& unit) {
  storage::Outbox& outbox = unit.records().outbox;
  for (auto rows = outbox.due(UnixTime::max(), kMostOutboxRows); !rows.empty(); rows = outbox.due(UnixTime::max(), kMostOutboxRows)) {
    for (const storage::OutboxEntry& row : rows) {
      outbox.remove(row.row);
      seal_anew(unit, row);
    }
  }
}

}  // namespace anochat::client
