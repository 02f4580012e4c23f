// storage/key_chain.hpp - the data key of a store and the subkeys that come from it, in guarded memory.
#pragma once

#include <anochat/base/secret.hpp>
#include <anochat/base/slab.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace anochat::storage {

/// The random key that everything in a store hangs on. Key slots hold sealed copies of it.
using DataKey = Secret<struct DataKeyRole, 32>;
using KeyView = std::span<const std::uint8_t, 32>;

/// One use, one key: crypto_kdf(data key, id, "AnoStore"), 32 bytes each.
enum class Subkey : std::uint8_t {
  main_page = 1,   ///< seals pages of the main file
  wal_frame = 2,   ///< seals pages of the WAL
  frame_mask = 3,  ///< hides the checksums in frame headers; its first 16 bytes are used
  header_mac = 4,  ///< authenticates the header slots
  wal_header = 5,  ///< authenticates the head of the WAL
  derived = 6,     ///< parent of the keys that upper layers ask for
};

/// Lives as long as the store is open. Reading from several threads is fine.
class KeyChain {
 public:
  explicit KeyChain(const DataKey& data_key);

  [[nodiscard]] KeyView data_key() const noexcept { return at(0); }
  [[nodiscard]] KeyView subkey(Subkey which) const noexcept { return at(static_cast<std::size_t>(which)); }

 private:
  static constexpr std::size_t kCount = 7;
  [[nodiscard]] KeyView at(std::size_t index) const noexcept {
    return KeyView(slot_.expose().subspan(index * 32, 32));
  }
  SecretSlab slab_{kCount * 32, 1};
  SecretSlab::Slot slot_ = slab_.take();
};

}  // namespace anochat::storage
