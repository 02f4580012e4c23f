#include "storage/key_slot.hpp"

#include <anochat/base/error.hpp>

#include <algorithm>
#include <array>
#include <sodium.h>
#include <string_view>

#include "base/byte_io.hpp"

namespace anochat::storage {
namespace {

using SlotKey = Secret<struct SlotKeyRole, 32>;
constexpr std::string_view kContext = "AnoChat store key slot v1";
constexpr std::size_t kAssociatedSize = 40;  ///< bytes of the slot that stand before the nonce

template <std::size_t N>
void copy_from(ByteView bytes, std::size_t at, ByteArray<N>& out) noexcept {
  const ByteView part = bytes.subspan(at, N);
  std::copy(part.begin(), part.end(), out.begin());
}

template <std::size_t N>
void copy_to(MutableByteView out, std::size_t at, const ByteArray<N>& bytes) noexcept {
  std::copy(bytes.begin(), bytes.end(), out.subspan(at, N).begin());
}

SecretBytes stretch(const KeySlot& slot, const SecretBytes& passphrase) {
  if (!slot.kdf.is_allowed()) throw Error(Errc::kdf_policy, "store.key");
  SecretBytes out(32);
  if (crypto_pwhash(out.data(), out.size(), reinterpret_cast<const char*>(passphrase.data()), passphrase.size(),
                    slot.salt.data(), slot.kdf.passes, std::size_t{slot.kdf.memory_kib} * 1024,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw Error(Errc::out_of_memory, "store.key");
  }
  return out;
}

void check_secret(std::uint8_t kind, const SecretBytes& secret) {
  const bool is_good = kind == static_cast<std::uint8_t>(KeyKind::raw)        ? secret.size() == 32
                       : kind == static_cast<std::uint8_t>(KeyKind::recovery) ? secret.size() == 20
                                                                              : !secret.empty();
  if (!is_good) throw Error(Errc::invalid_argument, "store.key");
}

/// The key that seals the data key: keyed BLAKE2b of the slot's kind and the store's id.
SlotKey slot_key(const KeySlot& slot, const StoreId& store, const SecretBytes& secret) {
  check_secret(slot.kind, secret);
  const bool is_passphrase = slot.kind == static_cast<std::uint8_t>(KeyKind::passphrase);
  const SecretBytes strong = is_passphrase ? stretch(slot, secret) : secret;
  SlotKey key;
  crypto_generichash_state state;
  crypto_generichash_init(&state, strong.data(), strong.size(), 32);
  crypto_generichash_update(&state, as_bytes(kContext).data(), kContext.size());
  crypto_generichash_update(&state, &slot.kind, 1);
  crypto_generichash_update(&state, store.data(), store.size());
  crypto_generichash_final(&state, key.expose_mutable().data(), 32);
  sodium_memzero(&state, sizeof state);
  return key;
}

/// Everything in the slot that stands before the nonce, and the store it belongs to.
ByteArray<kAssociatedSize + 16> associated_data(const KeySlot& slot, const StoreId& store) noexcept {
  std::array<std::uint8_t, kKeySlotSize> whole{};
  slot.encode(whole);
  ByteArray<kAssociatedSize + 16> out{};
  std::copy_n(whole.begin(), kAssociatedSize, out.begin());
  std::copy(store.begin(), store.end(), out.begin() + kAssociatedSize);
  return out;
}

}  // namespace

KeySlot KeySlot::decode(ByteView bytes) noexcept {
  KeySlot slot;
  slot.kind = bytes[0];
  slot.id = load_be<std::uint32_t>(bytes, 4);
  slot.created_ms = static_cast<std::int64_t>(load_be<std::uint64_t>(bytes, 8));
  slot.kdf = {load_be<std::uint32_t>(bytes, 16), load_be<std::uint32_t>(bytes, 20)};
  copy_from(bytes, 24, slot.salt);
  copy_from(bytes, 40, slot.nonce);
  copy_from(bytes, 64, slot.sealed_key);
  return slot;
}

void KeySlot::encode(MutableByteView out) const noexcept {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  out[0] = kind;
  store_be(out, 4, id);
  store_be(out, 8, static_cast<std::uint64_t>(created_ms));
  store_be(out, 16, kdf.memory_kib);
  store_be(out, 20, kdf.passes);
  copy_to(out, 24, salt);
  copy_to(out, 40, nonce);
  copy_to(out, 64, sealed_key);
}

KeySlot seal_key_slot(std::uint32_t id, const StoreId& store, KeyView data_key, KeyProvider& key, Random& random,
                      UnixTime now) {
  KeySlot slot;
  slot.kind = static_cast<std::uint8_t>(key.kind());
  slot.id = id;
  slot.created_ms = now.time_since_epoch().count();
  if (key.kind() == KeyKind::passphrase) {
    slot.kdf = key.kdf();
    slot.salt = random.array<16>();
  }
  slot.nonce = random.array<24>();
  const SlotKey wrapping = slot_key(slot, store, key.secret());
  const auto associated = associated_data(slot, store);
  crypto_aead_xchacha20poly1305_ietf_encrypt(slot.sealed_key.data(), nullptr, data_key.data(), data_key.size(),
                                             associated.data(), associated.size(), nullptr, slot.nonce.data(),
                                             wrapping.expose().data());
  return slot;
}

std::optional<DataKey> open_key_slot(const KeySlot& slot, const StoreId& store, const SecretBytes& secret) {
  const SlotKey wrapping = slot_key(slot, store, secret);
  const auto associated = associated_data(slot, store);
  DataKey key;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(key.expose_mutable().data(), nullptr, nullptr, slot.sealed_key.data(),
                                                 slot.sealed_key.size(), associated.data(), associated.size(),
                                                 slot.nonce.data(), wrapping.expose().data()) != 0) {
    return std::nullopt;
  }
  return key;
}

}  // namespace anochat::storage
