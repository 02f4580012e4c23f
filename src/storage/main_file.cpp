#include "storage/main_file.hpp"

#include <algorithm>
#include <string_view>

#include "base/byte_io.hpp"

namespace anochat::storage {
namespace {

constexpr auto kPage = static_cast<std::int64_t>(kPageSize);
constexpr std::size_t kDatabaseHeaderSize = 100, kReserveAt = 20;

}  // namespace

std::array<std::uint8_t, kPageSize> empty_database_page(std::size_t reserve) noexcept {
  // Field by field as in SQLite's file format documentation, sections 1.3 and 1.6; fields left out are zero.
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::array<std::uint8_t, kPageSize> page{};
  const MutableByteView out(page);
  std::copy(kMagic.begin(), kMagic.end(), out.begin());
  store_be(out, 16, static_cast<std::uint16_t>(kPageSize));
  out[18] = out[19] = 2;  // write and read version: WAL
  out[kReserveAt] = static_cast<std::uint8_t>(reserve);
  out[21] = 64;  // fixed payload fractions
  out[22] = out[23] = 32;
  store_be(out, 24, std::uint32_t{1});            // change counter
  store_be(out, 28, std::uint32_t{1});            // pages in the database
  store_be(out, 44, std::uint32_t{4});            // schema format
  store_be(out, 56, std::uint32_t{1});            // text encoding: UTF-8
  store_be(out, 92, std::uint32_t{1});            // version-valid-for
  store_be(out, 96, std::uint32_t{3'040'001});    // SQLite version of this layout
  out[kDatabaseHeaderSize] = 13;                  // an empty leaf of a table
  store_be(out, kDatabaseHeaderSize + 5, static_cast<std::uint16_t>(kPageSize - reserve));  // where its cells start
  return page;
}

int MainFile::open(sqlite3_filename name, int flags, int* flags_out) {
  const int code = file_.open(core_->lower, name, flags & ~(SQLITE_OPEN_CREATE | SQLITE_OPEN_URI), flags_out);
  if (code != SQLITE_OK) return code;
  // A file that was put in our file's place while the store was open.
  return core_->lock.is_same_file(name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

int MainFile::read_page(std::uint32_t page, MutableByteView out) {
  const std::size_t reserve = core_->main_seal.reserve();
  const int code = file_.read(sealed_, kHeaderArea + (page - 1) * kPage);
  // SQLite never asks for a page of the main file that is not there, so a short file has been cut.
  const bool is_cut = code == SQLITE_IOERR_SHORT_READ;
  if (code != SQLITE_OK && !is_cut) return code;
  count(core_->counters.pages_opened);
  if (is_cut || !core_->main_seal.open({Role::main, page}, sealed_, out.first(kPageSize - reserve))) {
    count(core_->counters.pages_rejected);
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return SQLITE_IOERR_CORRUPTFS;
  }
  const MutableByteView rest = out.last(reserve);
  std::fill(rest.begin(), rest.end(), std::uint8_t{0});
  return SQLITE_OK;
}

int MainFile::read(MutableByteView out, std::int64_t offset) {
  if (out.size() == kPageSize && offset % kPage == 0) {
    return read_page(static_cast<std::uint32_t>(offset / kPage + 1), out);
  }
  if (out.size() == kDatabaseHeaderSize && offset == 0) {
    const auto page = empty_database_page(core_->main_seal.reserve());
    std::copy_n(page.begin(), out.size(), out.begin());
    return SQLITE_OK;
  }
  if (out.size() == 16 && offset == 24) {  // has another process changed the file? Only before the WAL is open
    SecretBytes page(kPageSize);
    const int code = read_page(1, page);
    std::copy_n(page.begin() + 24, out.size(), out.begin());
    return code;
  }
  count(core_->counters.unknown_shapes);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  return SQLITE_IOERR_READ;
}

int MainFile::write_page(std::uint32_t page, ByteView plain) {
  count(core_->counters.pages_sealed);
  core_->main_seal.seal({Role::main, page}, plain.first(kPageSize - core_->main_seal.reserve()), sealed_, nonces_);
  return file_.write(sealed_, kHeaderArea + (page - 1) * kPage);
}

int MainFile::fill_hole(std::int64_t size, std::int64_t offset) {
  static constexpr std::array<std::uint8_t, kPageSize> kZeroes{};
  for (std::int64_t at = size / kPage; at < offset / kPage; ++at) {
    count(core_->counters.holes_filled);
    const int code = write_page(static_cast<std::uint32_t>(at + 1), kZeroes);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int MainFile::write(ByteView bytes, std::int64_t offset) {
  // In WAL mode pages reach this file in checkpoints only.
  if (bytes.size() != kPageSize || offset % kPage != 0 || phase_ != Phase::moving) {
    count(core_->counters.unknown_shapes);
    return SQLITE_IOERR_WRITE;
  }
  // A first page with another reserve comes from a raw copy of some other database; our tag would overwrite its data.
  if (offset == 0 && bytes[kReserveAt] != core_->main_seal.reserve()) return SQLITE_IOERR_WRITE;
  std::int64_t size_now = 0;
  if (const int code = size(size_now); code != SQLITE_OK) return code;
  // The page at 1 GiB, where SQLite keeps its locks, is never written; nor may it be a hole that reads as zeroes.
  if (size_now < offset) {
    if (const int code = fill_hole(size_now, offset); code != SQLITE_OK) return code;
  }
  return write_page(static_cast<std::uint32_t>(offset / kPage + 1), bytes);
}

int MainFile::truncate(std::int64_t size) {
  if (phase_ != Phase::finishing || size % kPage != 0 || size == 0) {
    count(core_->counters.unknown_shapes);
    return SQLITE_IOERR_TRUNCATE;
  }
  return file_.truncate(kHeaderArea + size);
}

int MainFile::sync(int flags) {
  if (phase_ != Phase::finishing) return file_.sync(flags);
  phase_ = Phase::idle;
  return core_->ledger.sync_main(file_, flags);
}

int MainFile::size(std::int64_t& out) {
  if (checkpoint_error_ != SQLITE_OK) return checkpoint_error_;
  std::int64_t disk = 0;
  const int code = file_.size(disk);
  out = std::max<std::int64_t>(0, disk - kHeaderArea);
  return code;
}

int MainFile::file_control(int operation, void* argument) {
  switch (operation) {
    case SQLITE_FCNTL_CKPT_START:
      // SQLite does not look at this result. It does look at the size of the file next, so size() hands it on.
      checkpoint_error_ = core_->ledger.checkpoint_starts();
      phase_ = checkpoint_error_ == SQLITE_OK ? Phase::moving : Phase::idle;
      return checkpoint_error_;
    case SQLITE_FCNTL_CKPT_DONE:
      if (phase_ == Phase::moving) phase_ = Phase::finishing;
      checkpoint_error_ = SQLITE_OK;
      return SQLITE_OK;
    case SQLITE_FCNTL_CHUNK_SIZE:  // would leave holes
    case SQLITE_FCNTL_SIZE_HINT: return SQLITE_OK;
    case SQLITE_FCNTL_MMAP_SIZE:
      *static_cast<sqlite3_int64*>(argument) = 0;
      return SQLITE_OK;
    case SQLITE_FCNTL_BEGIN_ATOMIC_WRITE:
    case SQLITE_FCNTL_COMMIT_ATOMIC_WRITE:
    case SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE: return SQLITE_NOTFOUND;
    default: return file_.methods().xFileControl(file_.file(), operation, argument);
  }
}

}  // namespace anochat::storage
