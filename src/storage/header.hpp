// storage/header.hpp - what the clear header of a store says, and its 4,096 bytes.
//
// The same header stands twice at the start of the file, in slot A and slot B. Changes are written to the older slot
// and synced, so at any moment at least one slot is whole and it is at most one change behind.
#pragma once

#include <anochat/base/bytes.hpp>
#include <array>
#include <cstdint>

#include "storage/encrypted_database.hpp"
#include "storage/key_slot.hpp"

namespace anochat::storage {

inline constexpr std::size_t kHeaderSize = 4096;            ///< bytes of one slot
inline constexpr std::int64_t kHeaderArea = 2 * kHeaderSize; ///< bytes before page 1
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kKeySlotCount = EncryptedDatabase::kMaxKeySlots;

/// How the main file stands to the WAL.
enum class WalState : std::uint8_t {
  complete = 0,  ///< the main file holds everything up to and including `wal_generation`
  active = 1,    ///< the WAL of `wal_generation` is needed and holds at least `wal_frames` good frames
};

struct Header {
  std::uint64_t sequence = 0;  ///< grows with every write; the larger one of two valid slots counts
  StoreId store_id{};
  Cipher cipher = Cipher::aegis256;
  WalState wal_state = WalState::complete;
  std::uint64_t wal_generation = 0;  ///< counts how often the WAL was begun anew
  std::uint32_t wal_frames = 0;
  std::uint32_t next_slot_id = 1;
  std::uint64_t generation = 0;  ///< the store's own counter against roll-back
  std::array<KeySlot, kKeySlotCount> key_slots{};
  friend bool operator==(const Header&, const Header&) = default;
};

using HeaderBytes = std::array<std::uint8_t, kHeaderSize>;

/// What can be said about a slot before a key is known.
enum class SlotCondition : std::uint8_t {
  foreign,  ///< does not begin like a header of ours
  damaged,  ///< begins like one, but its checksum is wrong
  newer,    ///< whole, and of a later format
  whole     ///< whole; authentic only when is_authentic() says so
};

struct SlotReading {
  SlotCondition condition = SlotCondition::foreign;
  Header header;  ///< set when condition is `whole`
};

[[nodiscard]] HeaderBytes encode_header(const Header& header, KeyView mac_key) noexcept;
[[nodiscard]] SlotReading read_header(const HeaderBytes& bytes) noexcept;
[[nodiscard]] bool is_authentic(const HeaderBytes& bytes, KeyView mac_key) noexcept;

}  // namespace anochat::storage
