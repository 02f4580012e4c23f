#include <anochat/base/error.hpp>
#include <anochat/crypto/memory_prekeys.hpp>

#include "base/byte_io.hpp"
#include "crypto/mlkem.hpp"
#include "crypto/unix_seconds.hpp"
#include "crypto/x25519.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace anochat {
namespace {

constexpr std::uint8_t kRecordVersion = 0x01;

AgreementPrivate& private_part(X25519PreKey& key) { return key.private_key; }
KemSeed& private_part(KemPreKey& key) { return key.seed; }
const AgreementPrivate& private_part(const X25519PreKey& key) { return key.private_key; }
const KemSeed& private_part(const KemPreKey& key) { return key.seed; }

void make_public_part(X25519PreKey& key) { key.public_key = crypto::x25519_public(key.private_key); }
void make_public_part(KemPreKey& key) { crypto::kem_public(key.seed, key.public_key); }

// Whether a peer whose clock agrees with ours would accept it.
template <class Key>
bool is_current(const Key& key, UnixTime now) {
  return now < key.expires && key.created <= now + kMaxPreKeyAhead;
}

// The prekeys of one kind, by id. Ids grow, so the newest is the last.
template <class Key>
struct Shelf {
  struct Kept {
    Key key;
    bool is_taken = false;  // a bundle has it; its private part waits for the first message
  };
  std::map<std::uint32_t, Kept> keys;
  std::uint32_t next_id = 1;  // 0 when all are used up

  [[nodiscard]] std::optional<Key> find(std::uint32_t id) const {
    const auto found = keys.find(id);
    if (found == keys.end()) return std::nullopt;
    return found->second.key.clone();
  }

  [[nodiscard]] std::size_t left() const noexcept {
    return static_cast<std::size_t>(
        std::count_if(keys.begin(), keys.end(), [](const auto& entry) { return !entry.second.is_taken; }));
  }

  [[nodiscard]] std::size_t left_at(UnixTime now) const noexcept {
    return static_cast<std::size_t>(std::count_if(keys.begin(), keys.end(), [now](const auto& entry) {
      return !entry.second.is_taken && is_current(entry.second.key, now);
    }));
  }

  [[nodiscard]] Kept* first_free(UnixTime now) {
    for (auto& [id, kept] : keys) {
      if (!kept.is_taken && is_current(kept.key, now)) return &kept;
    }
    return nullptr;
  }

  [[nodiscard]] const Key& newest(UnixTime now) const {
    if (keys.empty() || !is_current(keys.rbegin()->second.key, now)) {
      throw Error(Errc::prekey_expired, "prekeys.bundle");
    }
    return keys.rbegin()->second.key;
  }

  [[nodiscard]] bool needs_new(UnixTime now) const {
    if (keys.empty()) return true;
    const Key& key = keys.rbegin()->second.key;
    return !is_current(key, now) || key.created + kSignedPreKeyRenewal <= now;
  }

  std::size_t expire(UnixTime now) {
    return std::erase_if(keys, [now](const auto& entry) { return entry.second.key.expires <= now; });
  }
};

// `count` new keys, not yet on the shelf, so that a failure half-way leaves no trace.
template <class Key, class Make>
Shelf<Key> make_keys(const Shelf<Key>& shelf, std::size_t count, Make make) {
  Shelf<Key> fresh;
  fresh.next_id = shelf.next_id;
  for (std::size_t i = 0; i < count; ++i) {
    if (fresh.next_id == 0) throw Error(Errc::counter_exhausted, "prekeys.refill");
    const std::uint32_t id = fresh.next_id++;
    fresh.keys[id] = {make(id)};
  }
  return fresh;
}

template <class Key>
void put(Shelf<Key>& shelf, Shelf<Key>& fresh) noexcept {
  shelf.keys.merge(fresh.keys);
  shelf.next_id = fresh.next_id;
}

template <class Key>
void save(detail::ByteWriter<SecretBytes>& out, const Shelf<Key>& shelf) {
  out.be32(shelf.next_id).be32(static_cast<std::uint32_t>(shelf.keys.size()));
  for (const auto& [id, kept] : shelf.keys) {
    out.be32(id)
        .be64(crypto::to_unix_seconds(kept.key.created))
        .be64(crypto::to_unix_seconds(kept.key.expires))
        .u8(kept.is_taken ? 1 : 0)
        .bytes(private_part(kept.key).expose())
        .bytes(kept.key.signature);
  }
}

template <class Key>
void load(detail::ByteReader& in, Shelf<Key>& shelf) {
  shelf.next_id = in.be32();
  std::uint32_t previous = 0;
  for (std::uint32_t left = in.be32(); left > 0; --left) {
    Key key;
    key.id = in.be32();
    in.require(key.id > previous && (key.id < shelf.next_id || shelf.next_id == 0));
    previous = key.id;
    const std::uint64_t created = in.be64();
    const std::uint64_t expires = in.be64();
    in.require(created < expires && expires <= crypto::kLastSecond);
    key.created = crypto::from_unix_seconds(created);
    key.expires = crypto::from_unix_seconds(expires);
    const std::uint8_t is_taken = in.u8();
    in.require(is_taken <= 1);
    in.copy_to(private_part(key).expose_mutable());
    in.copy_to(key.signature);
    make_public_part(key);
    shelf.keys[previous] = {std::move(key), is_taken == 1};
  }
}

}  // namespace

struct MemoryPreKeys::State {
  explicit State(const Certificate& of) : certificate(of) {}

  Certificate certificate;
  Shelf<X25519PreKey> signed_keys;
  Shelf<X25519PreKey> one_time;
  Shelf<KemPreKey> kem_one_time;
  Shelf<KemPreKey> kem_last_resort;
  std::map<ByteArray<32>, std::uint32_t> accepted;  // session id, and the last-resort prekey it was made with

  [[nodiscard]] Shelf<KemPreKey>& kem(KemKind kind) {
    return kind == KemKind::one_time ? kem_one_time : kem_last_resort;
  }
};

MemoryPreKeys::MemoryPreKeys(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
MemoryPreKeys::MemoryPreKeys(MemoryPreKeys&&) noexcept = default;
MemoryPreKeys& MemoryPreKeys::operator=(MemoryPreKeys&&) noexcept = default;
MemoryPreKeys::~MemoryPreKeys() = default;

MemoryPreKeys::MemoryPreKeys(const Device& device, UnixTime now, Random& random, std::size_t one_time_count)
    : state_(std::make_unique<State>(device.certificate())) {
  refill(device, now, random, one_time_count);
}

void MemoryPreKeys::refill(const Device& device, UnixTime now, Random& random, std::size_t one_time_count) {
  if (one_time_count > kMaxOneTime || device.certificate().identity != state_->certificate.identity) {
    throw Error(Errc::invalid_argument, "prekeys.refill");
  }
  const auto missing = [now, one_time_count](const auto& shelf) {
    return one_time_count - std::min(one_time_count, shelf.left_at(now));
  };
  State& state = *state_;
  auto signed_keys = make_keys(state.signed_keys, state.signed_keys.needs_new(now) ? 1 : 0,
                               [&](std::uint32_t id) { return make_signed_prekey(device, id, now, random); });
  auto one_time = make_keys(state.one_time, missing(state.one_time),
                            [&](std::uint32_t id) { return make_one_time_prekey(device, id, now, random); });
  auto kem_one_time = make_keys(state.kem_one_time, missing(state.kem_one_time), [&](std::uint32_t id) {
    return make_kem_prekey(device, KemKind::one_time, id, now, random);
  });
  auto kem_last_resort =
      make_keys(state.kem_last_resort, state.kem_last_resort.needs_new(now) ? 1 : 0,
                [&](std::uint32_t id) { return make_kem_prekey(device, KemKind::last_resort, id, now, random); });
  put(state.signed_keys, signed_keys);
  put(state.one_time, one_time);
  put(state.kem_one_time, kem_one_time);
  put(state.kem_last_resort, kem_last_resort);
}

PreKeyBundle MemoryPreKeys::bundle(UnixTime now) {
  const X25519PreKey& signed_key = state_->signed_keys.newest(now);
  const KemPreKey& last_resort = state_->kem_last_resort.newest(now);
  auto* const one_time = state_->one_time.first_free(now);
  auto* const kem = state_->kem_one_time.first_free(now);
  const PreKeyBundle bundle = PreKeyBundle::assemble(
      state_->certificate, signed_key, one_time != nullptr ? &one_time->key : nullptr,
      kem != nullptr ? KemKind::one_time : KemKind::last_resort, kem != nullptr ? kem->key : last_resort);
  if (one_time != nullptr) one_time->is_taken = true;
  if (kem != nullptr) kem->is_taken = true;
  return bundle;
}

void MemoryPreKeys::consume(const ConsumedPreKeys& consumed) {
  auto& kem = state_->kem(consumed.kem_kind);
  if (!state_->signed_keys.keys.contains(consumed.signed_id) || !kem.keys.contains(consumed.kem_id) ||
      (consumed.one_time_id && !state_->one_time.keys.contains(*consumed.one_time_id))) {
    throw Error(Errc::prekey_unknown, "prekeys.consume");
  }
  if (consumed.kem_kind == KemKind::last_resort) state_->accepted.emplace(consumed.session_id, consumed.kem_id);
  if (consumed.kem_kind == KemKind::one_time) kem.keys.erase(consumed.kem_id);
  if (consumed.one_time_id) state_->one_time.keys.erase(*consumed.one_time_id);
}

std::size_t MemoryPreKeys::expire(UnixTime now) {
  const std::size_t count = state_->signed_keys.expire(now) + state_->one_time.expire(now) +
                            state_->kem_one_time.expire(now) + state_->kem_last_resort.expire(now);
  std::erase_if(state_->accepted,
                [this](const auto& entry) { return !state_->kem_last_resort.keys.contains(entry.second); });
  return count;
}

std::size_t MemoryPreKeys::one_time_left() const noexcept { return state_->one_time.left(); }
std::size_t MemoryPreKeys::kem_one_time_left() const noexcept { return state_->kem_one_time.left(); }

std::optional<X25519PreKey> MemoryPreKeys::signed_prekey(std::uint32_t id) { return state_->signed_keys.find(id); }
std::optional<X25519PreKey> MemoryPreKeys::one_time_prekey(std::uint32_t id) { return state_->one_time.find(id); }
std::optional<KemPreKey> MemoryPreKeys::kem_prekey(KemKind kind, std::uint32_t id) {
  return state_->kem(kind).find(id);
}
bool MemoryPreKeys::was_accepted(const ByteArray<32>& session_id) { return state_->accepted.contains(session_id); }

SecretBytes MemoryPreKeys::save() const {
  SecretBytes bytes;
  detail::ByteWriter out(bytes);
  out.u8(kRecordVersion).bytes(state_->certificate.encode());
  anochat::save(out, state_->signed_keys);
  anochat::save(out, state_->one_time);
  anochat::save(out, state_->kem_one_time);
  anochat::save(out, state_->kem_last_resort);
  out.be32(static_cast<std::uint32_t>(state_->accepted.size()));
  for (const auto& [session_id, kem_id] : state_->accepted) out.bytes(session_id).be32(kem_id);
  return bytes;
}

MemoryPreKeys MemoryPreKeys::load(ByteView saved) try {
  detail::ByteReader in(saved, Errc::bad_state, "prekeys.load");
  if (in.u8() != kRecordVersion) throw Error(Errc::unsupported_state, "prekeys.load");
  auto state = std::make_unique<State>(Certificate::decode(in.take(Certificate::kEncodedLen)));
  anochat::load(in, state->signed_keys);
  anochat::load(in, state->one_time);
  anochat::load(in, state->kem_one_time);
  anochat::load(in, state->kem_last_resort);
  for (std::uint32_t left = in.be32(); left > 0; --left) {
    const ByteArray<32> session_id = in.array<32>();
    const std::uint32_t kem_id = in.be32();
    in.require(state->kem_last_resort.keys.contains(kem_id));
    in.require(state->accepted.empty() || state->accepted.rbegin()->first < session_id);
    state->accepted.emplace(session_id, kem_id);
  }
  in.expect_end();
  return MemoryPreKeys(std::move(state));
} catch (const Error& error) {
  if (error.code() != Errc::bad_signature && error.code() != Errc::bad_key) throw;
  throw Error(Errc::bad_state, "prekeys.load");  // the certificate inside
}

}  // namespace anochat
