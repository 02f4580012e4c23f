#include "hook_vfs.hpp"

#include <new>
#include <stdexcept>

namespace anochat::storage::test {

struct HookVfs::State {
  std::string name;
  Hooks& hooks;
  sqlite3_vfs* below;
  sqlite3_vfs vfs;
};

const char* name_of(Op op) noexcept {
  constexpr const char* kNames[] = {"read", "write", "sync", "truncate", "size", "lock", "open", "remove"};
  return kNames[static_cast<std::size_t>(op)];
}

namespace {

struct File {
  sqlite3_file base;
  Hooks* hooks;
  std::string* name;
  sqlite3_file* below;  // lies right behind this struct
};

File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* below(sqlite3_file* file) { return of(file).below; }
int before(sqlite3_file* file, Op op) { return of(file).hooks->before(op, *of(file).name); }

int close_it(sqlite3_file* file) {
  const int code = below(file)->pMethods->xClose(below(file));
  delete of(file).name;
  file->pMethods = nullptr;
  return code;
}
int read_it(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const int code = before(file, Op::read);
  return code != SQLITE_OK ? code : below(file)->pMethods->xRead(below(file), out, size, offset);
}
int write_it(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  int code = before(file, Op::write);
  if (code == SQLITE_OK) code = below(file)->pMethods->xWrite(below(file), bytes, size, offset);
  if (code == SQLITE_OK) {
    of(file).hooks->wrote(*of(file).name, {static_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(size)}, offset);
  }
  return code;
}
int truncate_it(sqlite3_file* file, sqlite3_int64 size) {
  int code = before(file, Op::truncate);
  if (code == SQLITE_OK) code = below(file)->pMethods->xTruncate(below(file), size);
  if (code == SQLITE_OK) of(file).hooks->truncated(*of(file).name, size);
  return code;
}
int sync_it(sqlite3_file* file, int flags) {
  int code = before(file, Op::sync);
  if (code == SQLITE_OK && !of(file).hooks->skips_sync()) code = below(file)->pMethods->xSync(below(file), flags);
  if (code == SQLITE_OK) of(file).hooks->synced(*of(file).name);
  return code;
}
int size_it(sqlite3_file* file, sqlite3_int64* out) {
  const int code = before(file, Op::size);
  return code != SQLITE_OK ? code : below(file)->pMethods->xFileSize(below(file), out);
}
int lock_it(sqlite3_file* file, int level) {
  const int code = before(file, Op::lock);
  return code != SQLITE_OK ? code : below(file)->pMethods->xLock(below(file), level);
}
int unlock_it(sqlite3_file* file, int level) { return below(file)->pMethods->xUnlock(below(file), level); }
int reserved_it(sqlite3_file* file, int* out) { return below(file)->pMethods->xCheckReservedLock(below(file), out); }
int control_it(sqlite3_file* file, int op, void* argument) {
  return below(file)->pMethods->xFileControl(below(file), op, argument);
}
int sector_it(sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); }
int device_it(sqlite3_file* file) { return below(file)->pMethods->xDeviceCharacteristics(below(file)); }
int map_it(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  return below(file)->pMethods->xShmMap(below(file), region, size, extend, out);
}
int shm_lock_it(sqlite3_file* file, int offset, int count, int flags) {
  const bool is_locking = (flags & SQLITE_SHM_LOCK) != 0;
  const int code = is_locking ? before(file, Op::lock) : SQLITE_OK;
  return code != SQLITE_OK ? code : below(file)->pMethods->xShmLock(below(file), offset, count, flags);
}
void barrier_it(sqlite3_file* file) { below(file)->pMethods->xShmBarrier(below(file)); }
int unmap_it(sqlite3_file* file, int flag) { return below(file)->pMethods->xShmUnmap(below(file), flag); }

constexpr sqlite3_io_methods kMethods{2, close_it, read_it, write_it, truncate_it, sync_it, size_it, lock_it, unlock_it,
                                      reserved_it, control_it, sector_it, device_it, map_it, shm_lock_it, barrier_it,
                                      unmap_it, nullptr, nullptr};

struct Context {
  Hooks* hooks;
  sqlite3_vfs* below;
};

int open_it(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* out, int flags, int* flags_out) try {
  out->pMethods = nullptr;
  const auto& context = *static_cast<Context*>(vfs->pAppData);
  if (const int code = context.hooks->before(Op::open, name == nullptr ? "" : name); code != SQLITE_OK) return code;
  auto* const lower = reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(out) + 1);
  auto kept_name = std::make_unique<std::string>(name == nullptr ? "" : name);
  const int code = context.below->xOpen(context.below, name, lower, flags, flags_out);
  if (code != SQLITE_OK) return code;
  File& file = of(out);
  file.hooks = context.hooks;
  file.name = kept_name.release();
  file.below = lower;
  file.base.pMethods = &kMethods;
  return SQLITE_OK;
} catch (const std::bad_alloc&) {
  return SQLITE_NOMEM;
}
int delete_it(sqlite3_vfs* vfs, const char* name, int sync_folder) try {
  const auto& context = *static_cast<Context*>(vfs->pAppData);
  if (const int code = context.hooks->before(Op::remove, name); code != SQLITE_OK) return code;
  const int code = context.below->xDelete(context.below, name, sync_folder);
  if (code == SQLITE_OK) context.hooks->removed(name);
  return code;
} catch (const std::bad_alloc&) {
  return SQLITE_NOMEM;
}
int access_it(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  const auto& context = *static_cast<Context*>(vfs->pAppData);
  return context.below->xAccess(context.below, name, flags, out);
}
int sleep_it(sqlite3_vfs* /*vfs*/, int microseconds) { return microseconds; }  // retries need not take real time

int path_it(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  const auto& context = *static_cast<Context*>(vfs->pAppData);
  return context.below->xFullPathname(context.below, name, size, out);
}

}  // namespace

HookVfs::HookVfs(const std::string& name, Hooks& hooks)
    : state_(std::make_unique<State>(State{name, hooks, sqlite3_vfs_find("unix-excl"), {}})) {
  sqlite3_vfs& vfs = state_->vfs;
  vfs = *state_->below;
  vfs.pNext = nullptr;
  vfs.zName = state_->name.c_str();
  vfs.szOsFile = static_cast<int>(sizeof(File)) + state_->below->szOsFile;
  vfs.pAppData = new Context{&hooks, state_->below};
  vfs.xOpen = open_it;
  vfs.xDelete = delete_it;
  vfs.xAccess = access_it;
  vfs.xFullPathname = path_it;
  vfs.xSleep = sleep_it;
  if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) throw std::runtime_error("hook VFS");
}

HookVfs::~HookVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  delete static_cast<Context*>(state_->vfs.pAppData);
}

}  // namespace anochat::storage::test
