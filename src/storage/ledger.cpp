#include "storage/ledger.hpp"

#include <algorithm>

namespace anochat::storage {

Ledger::Ledger(const LowerFile& file, KeyView mac_key, const Header& header, int newest) noexcept
    : file_(file), mac_key_(mac_key), header_(header), newest_(newest), sequence_(header.sequence),
      wal_generation_(header.wal_generation) {}

void Ledger::adopt_wal(std::uint64_t generation, std::uint32_t frames) noexcept {
  const std::lock_guard guard(mutex_);
  wal_generation_ = generation;
  written_ = last_commit_ = frames;
  synced_commit_ = 0;  // a kill leaves frames in the system's cache that no sync has covered
  claimed_ = is_active_now() ? header_.wal_frames : 0;
  is_adopted_ = frames > 0;
}

int Ledger::begin_wal(std::uint64_t& generation) noexcept {
  const std::lock_guard guard(mutex_);
  if (is_active_now() && header_.wal_frames > 0 && !has_checkpointed_ && !is_adopted_) {
    // The only commits of this WAL failed after they were durable (out of memory), and SQLite has given them up.
    if (const int code = record_active(0); code != SQLITE_OK) return code;
  }
  if (const int code = make_complete(); code != SQLITE_OK) return code;
  // A rolled-back first transaction leaves an empty WAL whose header SQLite writes again: the generation stays.
  const bool is_used = header_.wal_state == WalState::complete && header_.wal_generation == wal_generation_;
  if (is_used) {
    ++wal_generation_;
    claimed_ = 0;
  }
  written_ = last_commit_ = synced_commit_ = 0;
  has_checkpointed_ = is_adopted_ = false;
  generation = wal_generation_;
  return SQLITE_OK;
}

void Ledger::wal_opened() noexcept {
  const std::lock_guard guard(mutex_);
  // SQLite is about to recover: what lies behind the last commit need not be whole.
  if (open_wals_++ == 0) written_ = last_commit_;
}

void Ledger::wal_closed() noexcept {
  const std::lock_guard guard(mutex_);
  --open_wals_;
}

int Ledger::before_frame(std::uint32_t index) noexcept {
  const std::lock_guard guard(mutex_);
  if (index <= claimed_) {
    // SQLite gave up frames that a header on disk still asks for (their commit failed half-way).
    if (const int code = record_active(index - 1); code != SQLITE_OK) return code;
    claimed_ = index - 1;
  }
  if (index <= last_commit_) last_commit_ = index - 1;
  synced_commit_ = std::min(synced_commit_, last_commit_);
  return SQLITE_OK;
}

void Ledger::frame_written(std::uint32_t index, bool is_commit) noexcept {
  const std::lock_guard guard(mutex_);
  written_ = std::max(written_, index);
  if (is_commit) last_commit_ = index;
}

std::uint32_t Ledger::last_commit() noexcept {
  const std::lock_guard guard(mutex_);
  return last_commit_;
}

int Ledger::wal_synced(std::uint32_t last_commit) noexcept {
  const std::lock_guard guard(mutex_);
  synced_commit_ = std::min(last_commit, last_commit_);
  if (synced_commit_ == 0 || (is_active_now() && header_.wal_frames > 0)) return SQLITE_OK;
  return record_active(synced_commit_);
}

int Ledger::before_wal_shrinks(std::uint32_t frames_left) noexcept {
  const std::lock_guard guard(mutex_);
  if (frames_left >= last_commit_ && frames_left > 0) return SQLITE_OK;
  if (const int code = make_complete(); code != SQLITE_OK) return code;
  // Without a WAL nothing else tells that it is not needed any more, so both slots must say it.
  if (const int code = make_level(); code != SQLITE_OK) return code;
  written_ = last_commit_ = synced_commit_ = 0;
  return SQLITE_OK;
}

std::uint64_t Ledger::wal_generation() noexcept {
  const std::lock_guard guard(mutex_);
  return wal_generation_;
}

std::uint32_t Ledger::trusted_frames() noexcept {
  const std::lock_guard guard(mutex_);
  return written_;
}

int Ledger::checkpoint_starts() noexcept {
  const std::lock_guard guard(mutex_);
  const bool is_recorded = is_active_now() && header_.wal_frames >= synced_commit_;
  const int code = is_recorded ? SQLITE_OK : record_active(synced_commit_);
  if (code == SQLITE_OK) has_checkpointed_ = true;
  return code;
}

int Ledger::sync_main(const LowerFile& file, int flags) noexcept {
  const std::lock_guard guard(mutex_);
  // SQLite syncs the main file only after it has moved every frame. A commit that came in between is not moved yet.
  if (!is_active_now() || !has_checkpointed_ || header_.wal_frames != last_commit_) return file.sync(flags);
  Header next = header_;
  next.wal_state = WalState::complete;
  int code = write_slot(next, false);
  if (code == SQLITE_OK) code = file.sync(flags);
  if (code != SQLITE_OK) return code;  // header_ still says active, and the next write goes to the same slot
  header_ = next;
  newest_ = 1 - newest_;
  return SQLITE_OK;
}

int Ledger::level() noexcept {
  const std::lock_guard guard(mutex_);
  return make_level();
}

int Ledger::make_level() noexcept {
  if (is_level_) return SQLITE_OK;
  const int code = write(header_);
  is_level_ = code == SQLITE_OK;
  return code;
}

Header Ledger::header() {
  const std::lock_guard guard(mutex_);
  return header_;
}

int Ledger::write_slot(Header& next, bool is_synced) noexcept {
  is_level_ = false;
  next.sequence = ++sequence_;
  const HeaderBytes bytes = encode_header(next, mac_key_);
  const int code = file_.write(bytes, (1 - newest_) * static_cast<std::int64_t>(kHeaderSize));
  return code == SQLITE_OK && is_synced ? file_.sync() : code;
}

int Ledger::write(Header next) noexcept {
  const int code = write_slot(next, true);
  if (code != SQLITE_OK) return code;
  header_ = next;
  newest_ = 1 - newest_;
  return SQLITE_OK;
}

int Ledger::record_active(std::uint32_t frames) noexcept {
  Header next = header_;
  next.wal_state = WalState::active;
  next.wal_generation = wal_generation_;
  next.wal_frames = frames;
  claimed_ = std::max(claimed_, frames);
  return write(next);
}

int Ledger::make_complete() noexcept {
  // SQLite begins the WAL anew only when all of it was moved. If it never moved anything, it has taken a WAL that is
  // known to hold commits for an empty one, and going on would lose them.
  if (is_adopted_ && !has_checkpointed_) return SQLITE_IOERR_CORRUPTFS;
  if (!is_active_now() || header_.wal_frames == 0) return SQLITE_OK;
  if (const int code = file_.sync(); code != SQLITE_OK) return code;
  Header next = header_;
  next.wal_state = WalState::complete;
  return write(next);
}

}  // namespace anochat::storage
