// storage/ledger.hpp - keeps the header's word about the WAL true, whatever order the disk writes in.
//
// A WAL that lost its end, or all of itself, looks to SQLite like a store that was never written to. The header says
// how much of which WAL must be there:
//
//   complete(g)   the main file holds everything up to WAL generation g. A WAL of generation g + 1 may exist.
//   active(g, n)  the WAL of generation g is needed and holds at least n good frames.
//
//   first commit in generation g    WAL synced, then active(g, n) synced, then SQLite learns that the commit is durable
//   a checkpoint starts             WAL synced, then active(g, n) synced, then the first page moves
//   a checkpoint is complete        complete(g) written, then it and the moved pages synced together
//   the WAL begins anew, is cut or removed   only under complete(g)
//   frames are written over after a failed commit   active(g, less) synced first
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "storage/header.hpp"
#include "storage/lower_file.hpp"

namespace anochat::storage {

/// Owns both header slots of an open store. Safe to use from several threads. Functions return SQLite result codes;
/// the ones that do are called from inside SQLite.
class Ledger {
 public:
  /// @param file     the store's main file, open for as long as the ledger lives
  /// @param newest   the slot that holds `header`: 0 or 1
  Ledger(const LowerFile& file, KeyView mac_key, const Header& header, int newest) noexcept;

  /// Told once, after the WAL was looked at and before SQLite opens it.
  /// @param frames  good frames up to the last commit; 0 without a WAL
  void adopt_wal(std::uint64_t generation, std::uint32_t frames) noexcept;

  // Called by the WAL's file.
  void wal_opened() noexcept;
  void wal_closed() noexcept;
  int begin_wal(std::uint64_t& generation) noexcept;  ///< before a WAL header is written
  int before_frame(std::uint32_t index) noexcept;     ///< before a frame is written
  void frame_written(std::uint32_t index, bool is_commit) noexcept;
  [[nodiscard]] std::uint32_t last_commit() noexcept;            ///< ask before syncing the WAL ...
  int wal_synced(std::uint32_t last_commit) noexcept;            ///< ... and tell afterwards
  int before_wal_shrinks(std::uint32_t frames_left) noexcept;    ///< before it is cut or removed
  [[nodiscard]] std::uint64_t wal_generation() noexcept;
  /// Frames up to this one were written or checked by this process: they must open.
  [[nodiscard]] std::uint32_t trusted_frames() noexcept;

  // Called by the main file.
  int checkpoint_starts() noexcept;  ///< no page may move before this returned SQLITE_OK
  int sync_main(const LowerFile& file, int flags) noexcept;  ///< at the end of a checkpoint

  // Called by the database object.
  void assume_level() noexcept { is_level_ = true; }
  int level() noexcept;  ///< writes the newest header into the other slot as well, unless it is there
  [[nodiscard]] Header header();
  /// Changes the header through `change` and writes it durably, to one slot or to both.
  template <class Change>
  int update(bool both_slots, Change change) {
    const std::lock_guard guard(mutex_);
    Header next = header_;
    change(next);
    int code = write(next);
    if (code == SQLITE_OK && both_slots) {
      code = write(next);
      is_level_ = code == SQLITE_OK;
    }
    return code;
  }

 private:
  int write(Header next) noexcept;
  int write_slot(Header& next, bool is_synced) noexcept;
  int record_active(std::uint32_t frames) noexcept;
  int make_complete() noexcept;
  int make_level() noexcept;
  [[nodiscard]] bool is_active_now() const noexcept {
    return header_.wal_state == WalState::active && header_.wal_generation == wal_generation_;
  }

  std::mutex mutex_;
  const LowerFile& file_;
  KeyView mac_key_;
  Header header_;                ///< as the newest durable slot has it
  int newest_;                   ///< which slot that is
  bool is_level_ = false;        ///< both slots hold the same
  std::uint64_t sequence_;       ///< the largest ever written, also by attempts that failed
  std::uint64_t wal_generation_; ///< of the WAL on disk
  int open_wals_ = 0;
  std::uint32_t written_ = 0;    ///< highest frame in it that this process wrote or checked
  std::uint32_t last_commit_ = 0;
  std::uint32_t synced_commit_ = 0;
  std::uint32_t claimed_ = 0;    ///< the most frames that any header on disk may ask for in this generation
  bool is_adopted_ = false;      ///< the WAL's commits were there when the store was opened
  bool has_checkpointed_ = false;///< since the WAL was adopted or begun
};

}  // namespace anochat::storage
