// storage/wal_frame.hpp - where things lie in the WAL, as SQLite sees it and as it is on disk.
//
//   SQLite:   header 32 | frame header 24, page 4,096 | ...
//   on disk:  head 64, header 32 | frame header 24 (checksum masked), sealed page 4,096 + reserve | ...
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "storage/key_slot.hpp"
#include "storage/page_seal.hpp"

namespace anochat::storage {

inline constexpr std::int64_t kWalHeadSize = 64;         ///< bytes of ours before SQLite's WAL header
inline constexpr std::int64_t kWalHeaderSize = 32;       ///< SQLite's WAL header
inline constexpr std::size_t kFrameHeaderSize = 24;      ///< SQLite's frame header
inline constexpr std::int64_t kFrameSize = static_cast<std::int64_t>(kFrameHeaderSize + kPageSize);  ///< SQLite's view

using WalHeader = ByteArray<32>;
using FrameHeader = ByteArray<kFrameHeaderSize>;

/// Translates between SQLite's offsets in the WAL and those on disk.
struct WalLayout {
  std::size_t reserve;

  [[nodiscard]] std::int64_t disk_frame_size() const noexcept {
    return kFrameSize + static_cast<std::int64_t>(reserve);
  }
  /// Where frame `index` (from 1) begins on disk.
  [[nodiscard]] std::int64_t disk_offset(std::uint32_t index) const noexcept {
    return kWalHeadSize + kWalHeaderSize + (static_cast<std::int64_t>(index) - 1) * disk_frame_size();
  }
  /// The size SQLite shall see for a size on disk. A part of a frame stays a part of a frame.
  [[nodiscard]] std::int64_t seen_size(std::int64_t disk_size) const noexcept;
  /// The size on disk for a size SQLite asks for, rounded up to whole frames.
  [[nodiscard]] std::int64_t disk_size(std::int64_t seen_size) const noexcept;
};

/// Hides and shows the checksum words of a frame header: a keyed permutation of 64 bits (four Feistel rounds of
/// SipHash), different for every frame and every other content of the header. Left clear, the words would tell
/// about the plaintext: SQLite's checksum is linear.
class FrameMask {
 public:
  explicit FrameMask(KeyView key) noexcept : key_(key) {}
  void hide(std::uint32_t index, FrameHeader& header) const noexcept { permute(index, header, true); }
  void show(std::uint32_t index, FrameHeader& header) const noexcept { permute(index, header, false); }

 private:
  void permute(std::uint32_t index, FrameHeader& header, bool is_forward) const noexcept;
  KeyView key_;
};

/// Our head of the WAL: it ties SQLite's header, which follows it, to this store and to one generation.
struct WalHead {
  StoreId store_id{};
  std::uint64_t generation = 0;
};
using WalHeadBytes = ByteArray<static_cast<std::size_t>(kWalHeadSize)>;

[[nodiscard]] WalHeadBytes encode_wal_head(const WalHead& head, const WalHeader& header, KeyView key) noexcept;

/// @return what the head says, whether it is authentic or not; nothing when it is no head of ours
[[nodiscard]] std::optional<WalHead> read_wal_head(const WalHeadBytes& bytes) noexcept;
[[nodiscard]] bool is_authentic(const WalHeadBytes& bytes, const WalHeader& header, KeyView key) noexcept;

}  // namespace anochat::storage
