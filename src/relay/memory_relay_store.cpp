#include <anochat/relay/memory_relay_store.hpp>

#include "relay/prekey_record.hpp"
#include "relay/undo_table.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace anochat {
namespace {

using relay::PreKeyKind;
using relay::UndoTable;
using AccountKey32 = ByteArray<32>;

struct PreKeyRow {
  UnixTime expires;
  std::shared_ptr<const Bytes> record;  // none: used up, the id is remembered
};

// A device's mailbox is 32 bytes; rows of its envelopes name it by a number of this process.
using Box = std::uint64_t;

struct BoxRow {
  MailboxRoom used;
  std::uint64_t last = 0;  // the highest number an envelope had
};

struct EnvelopeRow {
  std::uint64_t number = 0;
  UnixHour keep_until;
  std::size_t bytes = 0;
  bool is_waiting = false;  // otherwise acknowledged, and the id is remembered
};

struct WaitingRow {
  EnvelopeId id;
  std::shared_ptr<const Bytes> encoded;
};

using PreKeyName = std::tuple<MailboxId, PreKeyKind, std::uint32_t>;
using EnvelopeName = std::pair<Box, EnvelopeId>;
using EnvelopeNumber = std::pair<Box, std::uint64_t>;
struct Nothing {};

}  // namespace

struct MemoryRelayStore::State {
  relay::UndoLog undo;
  UndoTable<AccountKey32, RelayAccount> accounts{undo};
  UndoTable<MailboxId, RelayDevice> devices{undo};
  UndoTable<std::pair<AccountKey32, std::uint32_t>, MailboxId> by_number{undo};
  UndoTable<MailboxId, std::uint64_t> generations{undo};
  UndoTable<PreKeyName, PreKeyRow> prekeys{undo};
  UndoTable<std::pair<UnixTime, PreKeyName>, Nothing> prekeys_by_time{undo};
  UndoTable<EnvelopeName, EnvelopeRow> envelopes{undo};
  UndoTable<EnvelopeNumber, WaitingRow> waiting{undo};
  UndoTable<std::pair<UnixHour, EnvelopeNumber>, EnvelopeId> envelopes_by_time{undo};
  UndoTable<MailboxId, Box> boxes{undo};
  UndoTable<Box, BoxRow> box_rows{undo};
  UndoTable<Key, Key> handles{undo};
  Box next_box = 1;

  void erase_prekey(const PreKeyName& name) {
    const PreKeyRow* row = prekeys.find(name);
    if (row == nullptr) return;
    prekeys_by_time.erase({row->expires, name});
    prekeys.erase(name);
  }
  void put_prekey(const PreKeyName& name, PreKeyRow row) {
    erase_prekey(name);
    prekeys_by_time.put({row.expires, name}, {});
    prekeys.put(name, std::move(row));
  }
  void erase_prekeys(const MailboxId& mailbox, PreKeyKind first, PreKeyKind last) {
    for (;;) {
      const auto row = prekeys.rows().lower_bound({mailbox, first, 0});
      if (row == prekeys.rows().end() ||
          row->first > PreKeyName{mailbox, last, std::numeric_limits<std::uint32_t>::max()})
        return;
      erase_prekey(PreKeyName(row->first));
    }
  }
  // The record with the lowest id that may be handed out.
  [[nodiscard]] const PreKeyName* first_prekey(const MailboxId& mailbox, PreKeyKind kind, UnixTime now) const {
    for (auto row = prekeys.rows().lower_bound({mailbox, kind, 0}); row != prekeys.rows().end(); ++row) {
      if (std::get<0>(row->first) != mailbox || std::get<1>(row->first) != kind) break;
      if (row->second.record != nullptr && row->second.expires > now) return &row->first;
    }
    return nullptr;
  }
  [[nodiscard]] std::uint32_t count_prekeys(const MailboxId& mailbox, PreKeyKind kind, UnixTime now) const {
    std::uint32_t count = 0;
    for (auto row = prekeys.rows().lower_bound({mailbox, kind, 0}); row != prekeys.rows().end(); ++row) {
      if (std::get<0>(row->first) != mailbox || std::get<1>(row->first) != kind) break;
      if (row->second.record != nullptr && row->second.expires > now) ++count;
    }
    return count;
  }
  void add_one_time(const MailboxId& mailbox, PreKeyKind kind, const std::vector<Bytes>& records) {
    for (const Bytes& record : records) {
      const PreKeyName name{mailbox, kind, relay::prekey_id(record)};
      if (prekeys.find(name) == nullptr) {
        put_prekey(name, {relay::prekey_expiry(record), std::make_shared<const Bytes>(record)});
      }
    }
  }
  Bytes take(const PreKeyName& name) {
    const PreKeyRow row = *prekeys.find(name);
    put_prekey(name, {row.expires, nullptr});
    return *row.record;
  }

  void put_envelope(const EnvelopeName& name, const EnvelopeRow& row) {
    const EnvelopeNumber number{name.first, row.number};
    const EnvelopeRow* old = envelopes.find(name);
    if (old == nullptr || old->keep_until != row.keep_until) {
      if (old != nullptr) envelopes_by_time.erase({old->keep_until, number});
      envelopes_by_time.put({row.keep_until, number}, name.second);
    }
    envelopes.put(name, row);
  }
  void take_out(Box box, const EnvelopeRow& row) {
    waiting.erase({box, row.number});
    BoxRow left = *box_rows.find(box);
    --left.used.envelopes;
    left.used.bytes -= row.bytes;
    box_rows.put(box, left);
  }
  void drop_envelope(const EnvelopeName& name) {
    const EnvelopeRow row = *envelopes.find(name);
    if (row.is_waiting) take_out(name.first, row);
    envelopes_by_time.erase({row.keep_until, {name.first, row.number}});
    envelopes.erase(name);
  }
  void drop_box(const MailboxId& mailbox) {
    const Box box = *boxes.find(mailbox);
    for (;;) {
      const auto row = envelopes.rows().lower_bound({box, EnvelopeId{}});
      if (row == envelopes.rows().end() || row->first.first != box) break;
      drop_envelope(EnvelopeName(row->first));
    }
    box_rows.erase(box);
    boxes.erase(mailbox);
  }
};

MemoryRelayStore::MemoryRelayStore() : state_(std::make_unique<State>()) {}
MemoryRelayStore::~MemoryRelayStore() = default;

// --- accounts and devices ---

std::optional<RelayAccount> MemoryRelayStore::account(const ByteArray<32>& id) {
  const RelayAccount* found = state_->accounts.find(id);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

void MemoryRelayStore::put_account(const ByteArray<32>& id, const RelayAccount& account) {
  state_->accounts.put(id, account);
}

std::optional<RelayDevice> MemoryRelayStore::device(const MailboxId& mailbox) {
  const RelayDevice* found = state_->devices.find(mailbox);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::vector<RelayDevice> MemoryRelayStore::devices(const ByteArray<32>& account) {
  std::vector<RelayDevice> list;
  const auto& rows = state_->by_number.rows();
  for (auto row = rows.lower_bound({account, 0}); row != rows.end() && row->first.first == account; ++row) {
    list.push_back(*state_->devices.find(row->second));
  }
  return list;
}

void MemoryRelayStore::put_device(const RelayDevice& device) {
  state_->by_number.put({device.account, device.device}, device.mailbox);
  state_->devices.put(device.mailbox, device);
  if (state_->boxes.find(device.mailbox) != nullptr) return;
  const Box box = state_->next_box++;
  state_->boxes.put(device.mailbox, box);
  state_->box_rows.put(box, {});
}

void MemoryRelayStore::remove_device(const MailboxId& mailbox) {
  const auto known = device(mailbox);
  if (!known) return;
  drop_prekeys(mailbox);
  state_->drop_box(mailbox);
  state_->by_number.erase({known->account, known->device});
  state_->devices.erase(mailbox);
  state_->generations.erase(mailbox);
}

std::uint64_t MemoryRelayStore::generation(const MailboxId& mailbox) {
  const std::uint64_t* known = state_->generations.find(mailbox);
  return known == nullptr ? 0 : *known;
}

void MemoryRelayStore::set_generation(const MailboxId& mailbox, std::uint64_t generation) {
  if (state_->devices.find(mailbox) != nullptr) state_->generations.put(mailbox, generation);
}

// --- prekeys ---

void MemoryRelayStore::add_prekeys(const MailboxId& mailbox, const PublishPreKeys& records) {
  if (state_->devices.find(mailbox) == nullptr) return;
  const auto replace = [&](PreKeyKind kind, const Bytes& record) {
    state_->erase_prekeys(mailbox, kind, kind);
    state_->put_prekey({mailbox, kind, relay::prekey_id(record)},
                       {relay::prekey_expiry(record), std::make_shared<const Bytes>(record)});
  };
  if (records.signed_prekey) replace(PreKeyKind::signed_prekey, *records.signed_prekey);
  if (records.last_resort) replace(PreKeyKind::last_resort, *records.last_resort);
  state_->add_one_time(mailbox, PreKeyKind::one_time, records.one_time);
  state_->add_one_time(mailbox, PreKeyKind::kem_one_time, records.kem_one_time);
}

void MemoryRelayStore::drop_prekeys(const MailboxId& mailbox) {
  state_->erase_prekeys(mailbox, PreKeyKind::signed_prekey, PreKeyKind::last_resort);
}

PreKeyCount MemoryRelayStore::count_prekeys(const MailboxId& mailbox, UnixTime now) {
  return {state_->count_prekeys(mailbox, PreKeyKind::one_time, now),
          state_->count_prekeys(mailbox, PreKeyKind::kem_one_time, now)};
}

std::optional<TakenPreKeys> MemoryRelayStore::take_prekeys(const MailboxId& mailbox, bool one_time, UnixTime now) {
  const auto first = [&](PreKeyKind kind) { return state_->first_prekey(mailbox, kind, now); };
  const PreKeyName* signed_prekey = first(PreKeyKind::signed_prekey);
  const PreKeyName* last_resort = first(PreKeyKind::last_resort);
  if (signed_prekey == nullptr || last_resort == nullptr) return std::nullopt;
  TakenPreKeys taken;
  taken.signed_prekey = *state_->prekeys.find(*signed_prekey)->record;
  const PreKeyName* small = one_time ? first(PreKeyKind::one_time) : nullptr;
  if (small != nullptr) taken.one_time = state_->take(PreKeyName(*small));
  const PreKeyName* kem = one_time ? first(PreKeyKind::kem_one_time) : nullptr;
  taken.is_last_resort = kem == nullptr;
  taken.kem = kem == nullptr ? *state_->prekeys.find(*last_resort)->record : state_->take(PreKeyName(*kem));
  return taken;
}

// --- mailboxes ---

std::optional<RelayRecipient> MemoryRelayStore::recipient(const MailboxId& mailbox, UnixTime now) {
  const RelayDevice* device = state_->devices.find(mailbox);
  if (device == nullptr) return std::nullopt;
  RelayRecipient recipient;
  if (const RelayAccount* account = state_->accounts.find(device->account))
    recipient.delivery_token = account->delivery_token;
  recipient.takes_first_contact = device->is_listed &&
                                  state_->first_prekey(mailbox, PreKeyKind::signed_prekey, now) != nullptr &&
                                  state_->first_prekey(mailbox, PreKeyKind::last_resort, now) != nullptr;
  return recipient;
}

RelayStore::Appended MemoryRelayStore::append(const EnvelopeView& envelope, ByteView encoded, UnixHour keep_until,
                                              const MailboxRoom& room) {
  const Box* box = state_->boxes.find(envelope.mailbox);
  if (box == nullptr) throw Error(Errc::not_found, "relay_store.append");
  const EnvelopeName name{*box, envelope.id};
  if (state_->envelopes.find(name) != nullptr) return {Append::repeated};
  BoxRow row = *state_->box_rows.find(*box);
  ++row.last;
  ++row.used.envelopes;
  row.used.bytes += encoded.size();
  if (row.used.envelopes > room.envelopes || row.used.bytes > room.bytes) return {Append::full};
  state_->put_envelope(name, {row.last, keep_until, encoded.size(), true});
  state_->waiting.put({*box, row.last}, {envelope.id, std::make_shared<const Bytes>(encoded.begin(), encoded.end())});
  state_->box_rows.put(*box, row);
  return {Append::stored, row.last};
}

std::vector<LeasedEnvelope> MemoryRelayStore::lease(const MailboxId& mailbox, std::uint64_t after,
                                                    const MailboxRoom& most) {
  std::vector<LeasedEnvelope> leased;
  const Box* box = state_->boxes.find(mailbox);
  if (box == nullptr) return leased;
  std::size_t bytes = 0;
  const auto& rows = state_->waiting.rows();
  for (auto row = rows.upper_bound({*box, after}); row != rows.end() && row->first.first == *box; ++row) {
    const Bytes& encoded = *row->second.encoded;
    bytes += encoded.size();
    if (leased.size() >= most.envelopes || (bytes > most.bytes && !leased.empty())) break;
    leased.push_back({row->first.second, encoded});
  }
  return leased;
}

std::size_t MemoryRelayStore::acknowledge(const MailboxId& mailbox, std::span<const ByteArray<16>> ids,
                                          UnixHour remember_until) {
  const Box* box = state_->boxes.find(mailbox);
  if (box == nullptr) return 0;
  std::size_t count = 0;
  for (const auto& id : ids) {
    const EnvelopeName name{*box, EnvelopeId{id}};
    const EnvelopeRow* known = state_->envelopes.find(name);
    if (known == nullptr || !known->is_waiting) continue;
    const EnvelopeRow row = *known;
    state_->take_out(*box, row);
    state_->put_envelope(name, {row.number, std::min(row.keep_until, remember_until), row.bytes, false});
    ++count;
  }
  return count;
}

MailboxRoom MemoryRelayStore::used(const MailboxId& mailbox) {
  const Box* box = state_->boxes.find(mailbox);
  return box == nullptr ? MailboxRoom{} : state_->box_rows.find(*box)->used;
}

std::size_t MemoryRelayStore::expire(UnixTime now, std::size_t most) {
  std::size_t count = 0;
  const auto& envelopes = state_->envelopes_by_time.rows();
  for (; count < most && !envelopes.empty() && envelopes.begin()->first.first <= now; ++count) {
    state_->drop_envelope({envelopes.begin()->first.second.first, envelopes.begin()->second});
  }
  const auto& prekeys = state_->prekeys_by_time.rows();
  for (; count < most && !prekeys.empty() && prekeys.begin()->first.first <= now; ++count) {
    state_->erase_prekey(PreKeyName(prekeys.begin()->first.second));
  }
  return count;
}

// --- the group ---

bool MemoryRelayStore::has_changes() const noexcept { return !state_->undo.is_empty(); }
void MemoryRelayStore::commit() { state_->undo.forget(); }
void MemoryRelayStore::roll_back() noexcept { state_->undo.run(); }

// --- handles ---

bool MemoryRelayStore::claim_handle(const Key& handle_hash, const Key& account, std::size_t most) {
  if (const Key* owner = state_->handles.find(handle_hash)) return *owner == account;
  const auto& rows = state_->handles.rows();
  const auto has = std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row.second == account; });
  if (static_cast<std::size_t>(has) >= most) return false;
  state_->handles.put(handle_hash, account);
  return true;
}

std::optional<Directory::Key> MemoryRelayStore::find_handle(const Key& handle_hash) {
  const Key* owner = state_->handles.find(handle_hash);
  return owner == nullptr ? std::nullopt : std::optional(*owner);
}

bool MemoryRelayStore::release_handle(const Key& handle_hash, const Key& account) {
  const Key* owner = state_->handles.find(handle_hash);
  if (owner == nullptr || *owner != account) return false;
  return state_->handles.erase(handle_hash);
}

}  // namespace anochat
