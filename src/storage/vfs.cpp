#include "storage/vfs.hpp"

#include <anochat/base/error.hpp>

#include <cstring>
#include <new>
#include <string_view>

#include "storage/main_file.hpp"
#include "storage/memory_file.hpp"
#include "storage/sqlite_error.hpp"
#include "storage/wal_file.hpp"

namespace anochat::storage {
namespace {

/// What SQLite allocates for a file. `base` comes first, so that SQLite's pointer to it is a pointer to this.
struct Handle {
  sqlite3_file base;
  OpenFile* file;
  StoreCore* core;  ///< nullptr for files in memory
};

/// No exception may cross SQLite's C code.
template <class Body>
int guarded(int fallback, Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (...) {
    return fallback;
  }
}

OpenFile& file_of(sqlite3_file* file) noexcept { return *reinterpret_cast<Handle*>(file)->file; }

int close_file(sqlite3_file* file) noexcept {
  auto* const handle = reinterpret_cast<Handle*>(file);
  const std::unique_ptr<OpenFile> owner(handle->file);
  const int code = guarded(SQLITE_IOERR_CLOSE, [&] { return owner->close(); });
  if (handle->core != nullptr) --handle->core->open_files;
  handle->base.pMethods = nullptr;
  return code;
}

int read_file(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) noexcept {
  return guarded(SQLITE_IOERR_READ, [&] {
    return file_of(file).read({static_cast<std::uint8_t*>(out), static_cast<std::size_t>(size)}, offset);
  });
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) noexcept {
  return guarded(SQLITE_IOERR_WRITE, [&] {
    return file_of(file).write({static_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(size)}, offset);
  });
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) noexcept {
  return guarded(SQLITE_IOERR_TRUNCATE, [&] { return file_of(file).truncate(size); });
}

int sync_file(sqlite3_file* file, int flags) noexcept {
  return guarded(SQLITE_IOERR_FSYNC, [&] { return file_of(file).sync(flags); });
}

int size_file(sqlite3_file* file, sqlite3_int64* out) noexcept {
  return guarded(SQLITE_IOERR_FSTAT, [&] {
    std::int64_t size = 0;
    const int code = file_of(file).size(size);
    *out = size;
    return code;
  });
}

int control_file(sqlite3_file* file, int operation, void* argument) noexcept {
  return guarded(SQLITE_IOERR, [&] { return file_of(file).file_control(operation, argument); });
}

// Locks and the wal-index are the lower file's affair. Files in memory have one user and need none.
int lock_file(sqlite3_file* file, int level) noexcept {
  sqlite3_file* const lower = file_of(file).lower();
  return lower == nullptr ? SQLITE_OK : lower->pMethods->xLock(lower, level);
}

int unlock_file(sqlite3_file* file, int level) noexcept {
  sqlite3_file* const lower = file_of(file).lower();
  return lower == nullptr ? SQLITE_OK : lower->pMethods->xUnlock(lower, level);
}

int check_reserved_lock(sqlite3_file* file, int* out) noexcept {
  sqlite3_file* const lower = file_of(file).lower();
  *out = 0;
  return lower == nullptr ? SQLITE_OK : lower->pMethods->xCheckReservedLock(lower, out);
}

int map_shm(sqlite3_file* file, int region, int size, int is_write, void volatile** out) noexcept {
  sqlite3_file* const lower = file_of(file).lower();
  return lower == nullptr ? SQLITE_IOERR_SHMMAP : lower->pMethods->xShmMap(lower, region, size, is_write, out);
}

int lock_shm(sqlite3_file* file, int offset, int count, int flags) noexcept {
  sqlite3_file* const lower = file_of(file).lower();
  return lower == nullptr ? SQLITE_IOERR_SHMLOCK : lower->pMethods->xShmLock(lower, offset, count, flags);
}

void shm_barrier(sqlite3_file* file) noexcept {
  sqlite3_file* const lower = file_of(file).lower();
  if (lower != nullptr) lower->pMethods->xShmBarrier(lower);
}

int unmap_shm(sqlite3_file* file, int delete_flag) noexcept {
  sqlite3_file* const lower = file_of(file).lower();
  return lower == nullptr ? SQLITE_OK : lower->pMethods->xShmUnmap(lower, delete_flag);
}

int sector_size(sqlite3_file* /*file*/) noexcept { return static_cast<int>(kPageSize); }

// SQLite may count on one thing: a cut of power in a write leaves the bytes beside it alone. Were it to hear of less,
// it would pad transactions with frames; were it to hear of more, it would use writes that our pages do not have.
int device_characteristics(sqlite3_file* /*file*/) noexcept { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

constexpr sqlite3_io_methods kMethods{
    2,  // no xFetch: SQLite cannot map the file into memory
    close_file, read_file, write_file, truncate_file, sync_file, size_file, lock_file, unlock_file, check_reserved_lock,
    control_file, sector_size, device_characteristics, map_shm, lock_shm, shm_barrier, unmap_shm, nullptr, nullptr};

StoreCore& core_of(sqlite3_vfs* vfs) noexcept { return **static_cast<std::shared_ptr<StoreCore>*>(vfs->pAppData); }

void adopt(sqlite3_file* file, std::unique_ptr<OpenFile> opened, StoreCore* core) noexcept {
  auto* const handle = reinterpret_cast<Handle*>(file);
  handle->file = opened.release();
  handle->core = core;
  handle->base.pMethods = &kMethods;
  if (core != nullptr) ++core->open_files;
}

template <class File>
int open_file(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* out, int flags, int* flags_out) {
  auto& core = *static_cast<std::shared_ptr<StoreCore>*>(vfs->pAppData);
  auto file = std::make_unique<File>(core);
  const int code = file->open(name, flags, flags_out);
  if (code != SQLITE_OK) {
    file->close();
    return code;
  }
  adopt(out, std::move(file), core.get());
  return SQLITE_OK;
}

int open_any(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* out, int flags, int* flags_out) noexcept {
  out->pMethods = nullptr;
  constexpr int kTemporary = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;
  return guarded(SQLITE_CANTOPEN, [&]() -> int {
    StoreCore& core = core_of(vfs);
    if (name == nullptr || (flags & kTemporary) != 0) {
      adopt(out, std::make_unique<MemoryFile>(), nullptr);
      if (flags_out != nullptr) *flags_out = flags;
      return SQLITE_OK;
    }
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0 && name == core.paths.main) {
      return open_file<MainFile>(vfs, name, out, flags, flags_out);
    }
    if ((flags & SQLITE_OPEN_WAL) != 0 && name == core.paths.wal) {
      return open_file<WalFile>(vfs, name, out, flags, flags_out);
    }
    count(core.counters.refused_files);
    return SQLITE_CANTOPEN;
  });
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_folder) noexcept {
  StoreCore& core = core_of(vfs);
  if (name != core.paths.wal) return SQLITE_IOERR_DELETE_NOENT;
  const int code = core.ledger.before_wal_shrinks(0);
  return code != SQLITE_OK ? code : core.lower.xDelete(&core.lower, name, sync_folder);
}

int access_file(sqlite3_vfs* vfs, const char* name, int flags, int* out) noexcept {
  StoreCore& core = core_of(vfs);
  *out = 0;
  const bool is_ours = name == core.paths.main || name == core.paths.wal;
  return is_ours ? core.lower.xAccess(&core.lower, name, flags, out) : SQLITE_OK;
}

/// Paths are absolute already; the last part must not be followed if it is a symbolic link.
int full_pathname(sqlite3_vfs* /*vfs*/, const char* name, int size, char* out) noexcept {
  const std::size_t length = std::strlen(name);
  if (length + 1 > static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, name, length + 1);
  return SQLITE_OK;
}

int last_error(sqlite3_vfs* vfs, int size, char* out) noexcept {
  StoreCore& core = core_of(vfs);
  return core.lower.xGetLastError == nullptr ? 0 : core.lower.xGetLastError(&core.lower, size, out);
}

std::string unique_name(Random& random) {
  // Random, because two copies of this library may share one SQLite.
  return "anochat-" + to_hex(random.array<8>());
}

}  // namespace

sqlite3_vfs& find_vfs(const std::string& name) {
  check_sqlite(sqlite3_initialize(), "store.vfs");  // finding a VFS would do it too, but hides why it failed
  sqlite3_vfs* const vfs = sqlite3_vfs_find(name.c_str());
  if (vfs == nullptr) throw Error(Errc::internal, "store.vfs");
  return *vfs;
}

Vfs::Vfs(std::shared_ptr<StoreCore> core) : core_(std::move(core)), name_(unique_name(core_->random)) {
  vfs_ = core_->lower;  // time, sleep, randomness and extensions stay the lower one's
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.szOsFile = static_cast<int>(sizeof(Handle));
  vfs_.pAppData = &core_;
  vfs_.xOpen = open_any;
  vfs_.xDelete = delete_file;
  vfs_.xAccess = access_file;
  vfs_.xFullPathname = full_pathname;
  vfs_.xGetLastError = last_error;
  check_sqlite(sqlite3_vfs_register(&vfs_, 0), "store.vfs");
}

Vfs::~Vfs() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace anochat::storage
