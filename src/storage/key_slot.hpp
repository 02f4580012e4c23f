// storage/key_slot.hpp - one sealed copy of the data key, opened by a passphrase, a raw key or a recovery key.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/storage/key_provider.hpp>
#include <cstdint>
#include <optional>

#include "storage/key_chain.hpp"

namespace anochat::storage {

inline constexpr std::size_t kKeySlotSize = 128;  ///< bytes in the header
using StoreId = ByteArray<16>;

/// The slot's bytes as docs/storage-format.md lists them; `kind` 0 marks an empty one.
struct KeySlot {
  std::uint8_t kind = 0;
  std::uint32_t id = 0;
  std::int64_t created_ms = 0;  ///< since 1970
  KdfParams kdf{0, 0};          ///< passphrases only
  ByteArray<16> salt{};         ///< passphrases only
  ByteArray<24> nonce{};
  ByteArray<48> sealed_key{};   ///< 32 bytes and a 16-byte tag

  [[nodiscard]] bool is_empty() const noexcept { return kind == 0; }
  friend bool operator==(const KeySlot&, const KeySlot&) = default;

  [[nodiscard]] static KeySlot decode(ByteView bytes) noexcept;
  void encode(MutableByteView out) const noexcept;
};

/// Seals a data key for a provider's key.
/// @throws Error{Errc::kdf_policy}        the provider asks for too little or too much work
/// @throws Error{Errc::invalid_argument}  the provider's secret has a wrong length
/// @throws Error{Errc::out_of_memory}     no memory for the key derivation
[[nodiscard]] KeySlot seal_key_slot(std::uint32_t id, const StoreId& store, KeyView data_key, KeyProvider& key,
                                    Random& random, UnixTime now);

/// @return the data key, or nothing when the secret does not open this slot
/// @throws Error{Errc::kdf_policy}     the slot's own parameters are out of bounds; nothing was allocated for them
/// @throws Error{Errc::out_of_memory}  no memory for the key derivation
[[nodiscard]] std::optional<DataKey> open_key_slot(const KeySlot& slot, const StoreId& store, const SecretBytes& secret);

}  // namespace anochat::storage
