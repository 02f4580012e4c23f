// storage/wal_scan.hpp - reads a WAL from its start, as SQLite's recovery does, and tells damage from a torn end.
#pragma once

#include <cstdint>

#include "storage/header.hpp"
#include "storage/lower_file.hpp"
#include "storage/page_seal.hpp"
#include "storage/wal_frame.hpp"

namespace anochat::storage {

struct WalKeys {
  KeyView head_key;
  const PageSeal& seal;
  const FrameMask& mask;
};

enum class WalHeadCondition : std::uint8_t {
  absent,     ///< no file, or too short for a head
  unreadable, ///< torn or damaged: nothing in it can be trusted
  foreign,    ///< of another store
  authentic
};

struct WalScan {
  WalHeadCondition head = WalHeadCondition::absent;
  std::uint64_t generation = 0;
  std::uint32_t frames = 0;   ///< good frames from the start up to the last commit
  bool is_damaged = false;    ///< commits that were durable stand behind a frame that is not good any more
};

/// @param file  the WAL; memory use is constant
/// @throws Error{Errc::io_failed}  it could not be read
[[nodiscard]] WalScan scan_wal(const LowerFile& file, const StoreId& store, const WalKeys& keys);

/// What shall happen with a WAL before SQLite sees it.
enum class WalVerdict : std::uint8_t {
  use,      ///< SQLite recovers from it
  discard,  ///< it holds nothing that was ever acknowledged
  corrupt   ///< what it must hold is not there
};

/// Compares the WAL with what the header says must be in it (storage/ledger.hpp).
/// @param is_slot_damaged  the other header slot is unreadable, so the header may be one change behind
[[nodiscard]] WalVerdict judge_wal(const Header& header, bool is_slot_damaged, const WalScan& scan) noexcept;

}  // namespace anochat::storage
