#include "storage/wal_file.hpp"

#include <algorithm>
#include <utility>

#include "base/byte_io.hpp"

namespace anochat::storage {
namespace {

std::uint32_t frame_at(std::int64_t offset) noexcept {
  return static_cast<std::uint32_t>((offset - kWalHeaderSize) / kFrameSize + 1);
}

/// Where SQLite puts a checksum off until the commit, it writes the salts as zero.
bool has_checksum(const FrameHeader& header) noexcept { return load_be<std::uint64_t>(header, 8) != 0; }

bool is_commit(const FrameHeader& header) noexcept {
  return load_be<std::uint32_t>(header, 4) != 0 && has_checksum(header);
}

FrameHeader header_of(ByteView bytes) noexcept {
  FrameHeader header{};
  std::copy_n(bytes.begin(), header.size(), header.begin());
  return header;
}

}  // namespace

WalFile::WalFile(std::shared_ptr<StoreCore> core)
    : core_(std::move(core)), nonces_(core_->random), layout_{core_->wal_seal.reserve()},
      disk_(static_cast<std::size_t>(layout_.disk_frame_size())) {}

int WalFile::open(sqlite3_filename name, int flags, int* flags_out) {
  const int code = file_.open(core_->lower, name, flags, flags_out);
  if (code == SQLITE_OK) core_->ledger.wal_opened();
  return code;
}

int WalFile::close() {
  if (!file_.is_open()) return SQLITE_OK;
  const int code = write_pending();
  core_->ledger.wal_closed();
  const int closed = file_.close();
  return code != SQLITE_OK ? code : closed;
}

int WalFile::unknown_shape(int code) {
  count(core_->counters.unknown_shapes);
  return code;
}

int WalFile::read(MutableByteView out, std::int64_t offset) {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  if (const int code = write_pending(); code != SQLITE_OK) return code;
  if (offset < kWalHeaderSize) {
    const bool is_header = offset == 0 && out.size() == static_cast<std::size_t>(kWalHeaderSize);
    const bool is_checksum = offset == 24 && out.size() == 8;
    if (!is_header && !is_checksum) return unknown_shape(SQLITE_IOERR_READ);
    return file_.read(out, kWalHeadSize + offset);
  }
  const std::uint32_t index = frame_at(offset);
  const auto within = static_cast<std::size_t>((offset - kWalHeaderSize) % kFrameSize);
  if (within == 0 && out.size() == static_cast<std::size_t>(kFrameSize)) return read_frame(index, out, true);
  if (within == kFrameHeaderSize && out.size() == kPageSize) return read_frame(index, out, false);
  if (within == 16 && out.size() == 8) return read_checksum(index, out);
  return unknown_shape(SQLITE_IOERR_READ);
}

int WalFile::read_frame(std::uint32_t index, MutableByteView out, bool with_header) {
  if (const int code = file_.read(disk_, layout_.disk_offset(index)); code != SQLITE_OK) return code;
  FrameHeader header = header_of(disk_);
  const PagePlace place{Role::wal, load_be<std::uint32_t>(header, 0), index, core_->ledger.wal_generation()};
  count(core_->counters.pages_opened);
  if (!core_->wal_seal.open(place, ByteView(disk_).subspan(kFrameHeaderSize), out.last(kPageSize))) {
    // Recovery reads past the end of the log, into frames of older generations: zeroes end it there. Frames that
    // are known to be good, and every page that is read for its content, must open.
    if (with_header && index > core_->ledger.trusted_frames()) return SQLITE_OK;
    count(core_->counters.pages_rejected);
    return SQLITE_IOERR_CORRUPTFS;
  }
  if (with_header) {
    core_->mask.show(index, header);
    std::copy(header.begin(), header.end(), out.begin());
    last_read_ = index;
  }
  return SQLITE_OK;
}

/// SQLite computes the checksums of a transaction anew, from the frame before it onwards.
int WalFile::read_checksum(std::uint32_t index, MutableByteView out) {
  FrameHeader header{};
  if (const int code = file_.read(header, layout_.disk_offset(index)); code != SQLITE_OK) return code;
  core_->mask.show(index, header);
  std::copy(header.begin() + 16, header.end(), out.begin());
  return SQLITE_OK;
}

int WalFile::write(ByteView bytes, std::int64_t offset) {
  if (offset == 0 && bytes.size() == static_cast<std::size_t>(kWalHeaderSize)) return write_wal_header(bytes);
  if (offset < kWalHeaderSize) return unknown_shape(SQLITE_IOERR_WRITE);
  const std::uint32_t index = frame_at(offset);
  const auto within = static_cast<std::size_t>((offset - kWalHeaderSize) % kFrameSize);
  if (within == 0 && bytes.size() == kFrameHeaderSize) return write_frame_header(index, bytes);
  if (within == kFrameHeaderSize && bytes.size() == kPageSize) return write_page(index, bytes);
  return unknown_shape(SQLITE_IOERR_WRITE);
}

int WalFile::write_wal_header(ByteView bytes) {
  pending_.reset();  // of a WAL that ends here
  last_read_ = first_unsummed_ = 0;
  std::uint64_t generation = 0;
  if (const int code = core_->ledger.begin_wal(generation); code != SQLITE_OK) return code;
  WalHeader header{};
  std::copy(bytes.begin(), bytes.end(), header.begin());
  const WalHeadBytes head =
      encode_wal_head({core_->store_id, generation}, header, core_->keys.subkey(Subkey::wal_header));
  ByteArray<kWalHeadSize + kWalHeaderSize> out;
  std::copy(head.begin(), head.end(), out.begin());
  std::copy(header.begin(), header.end(), out.begin() + kWalHeadSize);
  return file_.write(out, 0);
}

int WalFile::write_frame_header(std::uint32_t index, ByteView bytes) {
  if (const int code = write_pending(); code != SQLITE_OK) return code;
  if (const int code = core_->ledger.before_frame(index); code != SQLITE_OK) return code;
  pending_ = Pending{index, header_of(bytes)};
  // After a transaction that spilled, SQLite reads its frames again and writes only their headers, with the final
  // checksums. That must not wait for a page: it may be the last thing SQLite writes before it calls the commit done.
  const bool is_header_only = std::exchange(last_read_, 0) == index;
  note_checksum(index, has_checksum(pending_->header), is_header_only);
  return is_header_only ? write_pending() : SQLITE_OK;
}

/// SQLite comes back to the frames without checksums from a frame that it remembers, to the end. After a rollback to a
/// savepoint that frame may lie behind the first one without; then the commit could not be recovered.
void WalFile::note_checksum(std::uint32_t index, bool is_final, bool is_header_only) noexcept {
  if (!is_final) {
    if (first_unsummed_ == 0 || index < first_unsummed_) first_unsummed_ = index;
    last_unsummed_ = index;
  } else if (is_header_only) {
    if (index == first_unsummed_) first_unsummed_ = index < last_unsummed_ ? index + 1 : 0;
  } else if (index <= first_unsummed_) {
    first_unsummed_ = 0;  // a new transaction writes over the remains of one that was given up
  }
}

int WalFile::write_page(std::uint32_t index, ByteView plain) {
  FrameHeader header{};
  const bool is_whole = pending_ && pending_->index == index;
  if (is_whole) {
    header = pending_->header;
    pending_.reset();
  } else {  // a page of a transaction that spilled, written anew in its place: its header stays
    if (const int code = write_pending(); code != SQLITE_OK) return code;
    if (const int code = file_.read(header, layout_.disk_offset(index)); code != SQLITE_OK) return code;
  }
  const PagePlace place{Role::wal, load_be<std::uint32_t>(header, 0), index, core_->ledger.wal_generation()};
  count(core_->counters.pages_sealed);
  const MutableByteView sealed = MutableByteView(disk_).subspan(kFrameHeaderSize);
  core_->wal_seal.seal(place, plain, sealed, nonces_);
  if (!is_whole) return file_.write(sealed, layout_.disk_offset(index) + static_cast<std::int64_t>(kFrameHeaderSize));
  const bool ends_transaction = is_commit(header);
  core_->mask.hide(index, header);
  std::copy(header.begin(), header.end(), disk_.begin());
  const int code = file_.write(disk_, layout_.disk_offset(index));
  if (code == SQLITE_OK) core_->ledger.frame_written(index, ends_transaction);
  return code;
}

int WalFile::write_pending() {
  if (!pending_) return SQLITE_OK;
  Pending pending = *pending_;
  pending_.reset();
  const bool ends_transaction = is_commit(pending.header);
  core_->mask.hide(pending.index, pending.header);
  const int code = file_.write(pending.header, layout_.disk_offset(pending.index));
  if (code == SQLITE_OK) core_->ledger.frame_written(pending.index, ends_transaction);
  return code;
}

int WalFile::truncate(std::int64_t size) {
  if (const int code = write_pending(); code != SQLITE_OK) return code;
  const std::int64_t kept = layout_.disk_size(size);
  const std::uint32_t frames = size <= kWalHeaderSize ? 0 : frame_at(size + kFrameSize - 1) - 1;
  if (const int code = core_->ledger.before_wal_shrinks(frames); code != SQLITE_OK) return code;
  return file_.truncate(kept);
}

int WalFile::sync(int flags) {
  if (const int code = write_pending(); code != SQLITE_OK) return code;
  if (first_unsummed_ != 0) {
    first_unsummed_ = 0;  // SQLite gives the transaction up now
    core_->log.error("store.commit_refused");
    return SQLITE_IOERR_FSYNC;
  }
  const std::uint32_t commit = core_->ledger.last_commit();
  if (const int code = file_.sync(flags); code != SQLITE_OK) return code;
  return core_->ledger.wal_synced(commit);
}

int WalFile::size(std::int64_t& out) {
  if (const int code = write_pending(); code != SQLITE_OK) return code;
  std::int64_t disk = 0;
  const int code = file_.size(disk);
  out = layout_.seen_size(disk);
  return code;
}

int WalFile::file_control(int operation, void* argument) {
  switch (operation) {
    case SQLITE_FCNTL_CHUNK_SIZE:
    case SQLITE_FCNTL_SIZE_HINT: return SQLITE_OK;
    default: return file_.methods().xFileControl(file_.file(), operation, argument);
  }
}

}  // namespace anochat::storage
