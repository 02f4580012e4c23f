#include "client/prekey_keeper.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>
#include <optional>

#include "client/engine.hpp"

namespace anochat::client {
namespace {

using storage::PreKeyKind;

constexpr int kMostPerFrame = 100;  // of one kind, below kMaxPublishedPreKeys
constexpr const char* kReplacesAll = "prekeys_replace_all";

template <class Key>
storage::PreKey to_row(PreKeyKind kind, const Key& key, ByteView secret) {
  storage::PreKey row;
  row.kind = kind;
  row.id = key.id;
  row.private_key.assign(secret.begin(), secret.end());
  row.public_key.assign(key.public_key.begin(), key.public_key.end());
  row.signature.assign(key.signature.begin(), key.signature.end());
  row.created = key.created;
  row.expires = key.expires;
  return row;
}

template <class Key, class Secret>
Key from_row(const storage::PreKey& row, Secret Key::*secret) {
  Key key;
  if (row.private_key.size() != Secret::kSize || row.public_key.size() != key.public_key.size() ||
      row.signature.size() != key.signature.size()) {
    throw Error(Errc::bad_state, "client.prekey");
  }
  key.id = row.id;
  key.created = row.created;
  key.expires = row.expires;
  std::copy(row.private_key.begin(), row.private_key.end(), (key.*secret).expose_mutable().begin());
  std::copy(row.public_key.begin(), row.public_key.end(), key.public_key.begin());
  std::copy(row.signature.begin(), row.signature.end(), key.signature.begin());
  return key;
}

X25519PreKey to_x25519(const storage::PreKey& row) { return from_row<X25519PreKey>(row, &X25519PreKey::private_key); }
KemPreKey to_kem(const storage::PreKey& row) { return from_row<KemPreKey>(row, &KemPreKey::seed); }

PreKeyKind kind_of(KemKind kind) noexcept {
  return kind == KemKind::one_time ? PreKeyKind::one_time_kem : PreKeyKind::last_resort_kem;
}

std::optional<storage::PreKey> find_row(const storage::Records& records, PreKeyKind kind, std::uint32_t id) {
  try {
    return records.prekeys.find(kind, id);
  } catch (const Error& error) {
    if (error.code() != Errc::prekey_unknown) throw;
    return std::nullopt;
  }
}

void make_prekeys(Unit& unit, PreKeyKind kind, std::uint32_t count) {
  if (count == 0) return;
  storage::PreKeys& rows = unit.records().prekeys;
  const Device& device = unit.engine.device;
  std::uint32_t id = rows.take_ids(kind, count);
  for (const std::uint32_t end = id + count; id != end; ++id) {
    switch (kind) {
      case PreKeyKind::signed_ec: {
        const X25519PreKey key = make_signed_prekey(device, id, unit.now, unit.random());
        rows.insert(to_row(kind, key, key.private_key.expose()));
        break;
      }
      case PreKeyKind::one_time_ec: {
        const X25519PreKey key = make_one_time_prekey(device, id, unit.now, unit.random());
        rows.insert(to_row(kind, key, key.private_key.expose()));
        break;
      }
      case PreKeyKind::one_time_kem:
      case PreKeyKind::last_resort_kem: {
        const KemKind kem = kind == PreKeyKind::one_time_kem ? KemKind::one_time : KemKind::last_resort;
        const KemPreKey key = make_kem_prekey(device, kem, id, unit.now, unit.random());
        rows.insert(to_row(kind, key, key.seed.expose()));
        break;
      }
    }
  }
}

bool is_due(Unit& unit, PreKeyKind kind) {
  const auto newest = unit.records().prekeys.newest(kind);
  return !newest || newest->created + kSignedPreKeyRenewal <= unit.now;
}

}  // namespace

bool rotate_prekeys(Unit& unit) {
  // A bundle fetched on a prekey's last day makes a message that may wait as long as envelopes live.
  static_cast<void>(unit.records().prekeys.remove_expired(unit.now - unit.engine.options.envelope_lifetime));
  bool has_new = false;
  for (const PreKeyKind kind : {PreKeyKind::signed_ec, PreKeyKind::last_resort_kem}) {
    if (!is_due(unit, kind)) continue;
    make_prekeys(unit, kind, 1);
    has_new = true;
  }
  if (has_new) unit.after_commit([](Engine& engine) { engine.courier.wants_prekeys = true; });
  return has_new;
}

void refill_prekeys(Unit& unit, const PreKeyCount& left) {
  const std::uint32_t wanted = unit.engine.options.one_time_prekeys;
  const auto refill = [&](PreKeyKind kind, std::uint32_t count) {
    if (count >= std::min(kRefillBelow, wanted)) return;
    const auto waiting = static_cast<std::uint32_t>(unit.records().prekeys.unpublished(kind, kMostPerFrame).size());
    // What was handed out stays until it is used or too old: neither the relay nor who asks it may fill the store.
    const bool has_room = unit.records().prekeys.count(kind) + wanted <= std::int64_t{kMostSupplies} * wanted;
    if (count + waiting < wanted && has_room) make_prekeys(unit, kind, wanted - count - waiting);
    unit.after_commit([](Engine& engine) { engine.courier.wants_prekeys = true; });
  };
  refill(PreKeyKind::one_time_ec, left.one_time);
  refill(PreKeyKind::one_time_kem, left.kem_one_time);
}

void replace_prekeys(Unit& unit) {
  storage::PreKeys& rows = unit.records().prekeys;
  const std::uint32_t one_time = unit.engine.options.one_time_prekeys;
  const std::pair<PreKeyKind, std::uint32_t> wanted[] = {{PreKeyKind::signed_ec, 1},
                                                         {PreKeyKind::last_resort_kem, 1},
                                                         {PreKeyKind::one_time_ec, one_time},
                                                         {PreKeyKind::one_time_kem, one_time}};
  for (const auto& [kind, count] : wanted) {
    // Those of the older copy may have been published, and used, since it was made. They only open what still comes.
    for (auto old = rows.unpublished(kind, kMostPerFrame); !old.empty(); old = rows.unpublished(kind, kMostPerFrame)) {
      for (const storage::PreKey& row : old) rows.mark_published(kind, row.id, unit.now);
    }
    make_prekeys(unit, kind, count);
  }
  unit.records().meta.set_number(kReplacesAll, 1);
  unit.after_commit([](Engine& engine) { engine.courier.wants_prekeys = true; });
}

void note_replaced(Unit& unit) { unit.records().meta.remove(kReplacesAll); }

PreKeyUpload unpublished_prekeys(const storage::Records& records) {
  PreKeyUpload upload;
  upload.ask.replaces_all = upload.frame.replaces_all = records.meta.number(kReplacesAll).has_value();
  const auto take = [&](PreKeyKind kind, const auto& use) {
    for (const storage::PreKey& row : records.prekeys.unpublished(kind, kMostPerFrame)) {
      upload.ask.keys.emplace_back(kind, row.id);
      use(row);
    }
  };
  const auto bytes = [](const auto& record) { return Bytes(record.begin(), record.end()); };
  take(PreKeyKind::signed_ec, [&](const auto& row) { upload.frame.signed_prekey = bytes(to_x25519(row).encode_record()); });
  take(PreKeyKind::last_resort_kem, [&](const auto& row) { upload.frame.last_resort = bytes(to_kem(row).encode_record()); });
  take(PreKeyKind::one_time_ec, [&](const auto& row) { upload.frame.one_time.push_back(bytes(to_x25519(row).encode_record())); });
  take(PreKeyKind::one_time_kem, [&](const auto& row) { upload.frame.kem_one_time.push_back(bytes(to_kem(row).encode_record())); });
  return upload;
}

std::optional<X25519PreKey> StoredPreKeys::signed_prekey(std::uint32_t id) {
  const auto row = find_row(records_, PreKeyKind::signed_ec, id);
  return row ? std::optional(to_x25519(*row)) : std::nullopt;
}

std::optional<X25519PreKey> StoredPreKeys::one_time_prekey(std::uint32_t id) {
  const auto row = find_row(records_, PreKeyKind::one_time_ec, id);
  return row ? std::optional(to_x25519(*row)) : std::nullopt;
}

std::optional<KemPreKey> StoredPreKeys::kem_prekey(KemKind kind, std::uint32_t id) {
  const auto row = find_row(records_, kind_of(kind), id);
  return row ? std::optional(to_kem(*row)) : std::nullopt;
}

bool StoredPreKeys::was_accepted(const ByteArray<32>& session_id) { return records_.sessions.find(session_id).has_value(); }

void consume_prekeys(storage::Records& records, const ConsumedPreKeys& consumed) {
  if (consumed.one_time_id) static_cast<void>(records.prekeys.consume(PreKeyKind::one_time_ec, *consumed.one_time_id));
  if (consumed.kem_kind == KemKind::one_time) {
    static_cast<void>(records.prekeys.consume(PreKeyKind::one_time_kem, consumed.kem_id));
    return;
  }
  const auto expires = records.prekeys.find(PreKeyKind::last_resort_kem, consumed.kem_id).expires;
  if (!records.prekeys.note_session(consumed.session_id, expires)) throw Error(Errc::replayed, "client.accept");
}

}  // namespace anochat::client
