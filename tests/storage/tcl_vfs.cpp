// A default VFS for SQLite's own tests, which open many files by names of their own. Built into SQLite's `testfixture`
// by sqlite_tcl.sh, and nowhere else.
//
//   ANOCHAT_TCL_VFS=sealed   every database file is a store of its own: made by create_store(), opened by open_store()
//                            with one fixed key, and read and written by a Vfs of its own, all of them the library's
//   ANOCHAT_TCL_VFS=plain    SQLite's "unix-excl", the VFS below ours; a new file gets the same first page (WAL mode,
//                            4,096 bytes a page, the same reserve), so that both sides begin with equal databases
#include <anochat/base/clock.hpp>
#include <anochat/base/error.hpp>
#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>

#include <cstdlib>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <sqlite3.h>
#include <string>
#include <string_view>

#include "storage/main_file.hpp"
#include "storage/store_opener.hpp"
#include "storage/vfs.hpp"

namespace anochat::storage::test {
namespace {

constexpr const char* kLower = "unix-excl";
constexpr const char* kOurs = "anochat-tcl";

RawKey fixed_key() {
  StoreKey key;
  for (std::uint8_t& byte : key.expose_mutable()) byte = 0x5a;
  return RawKey(std::move(key));
}

/// What the production code asks for and a test of SQLite has no opinion on.
class Services {
 public:
  StoreServices get() { return {random_, clock_, log_}; }

 private:
  SystemRandom random_;
  SystemClock clock_;
  NullLog log_;
};

/// One database file that is open, with the VFS that is for it alone.
class Store {
 public:
  Store(const std::string& path, bool is_new, Services& services)
      : core_(make(path, is_new, services)), vfs_(core_), registered_(find_vfs(vfs_.name())) {}

  [[nodiscard]] sqlite3_vfs& vfs() noexcept { return registered_; }
  [[nodiscard]] bool is_in_use() const noexcept { return core_->open_files > 0; }
  /// The main file, its WAL, or the journal that the VFS refuses.
  [[nodiscard]] bool has(std::string_view name) const noexcept {
    return name == core_->paths.main || name == core_->paths.wal ||
           (name.starts_with(core_->paths.main) && name.substr(core_->paths.main.size()) == "-journal");
  }
  /// False when a test has deleted the file, or put another one in its place, while it was open.
  [[nodiscard]] bool is_current() const noexcept { return core_->lock.is_same_file(core_->paths.main.c_str()); }

 private:
  static std::shared_ptr<StoreCore> make(const std::string& path, bool is_new, Services& services) {
    RawKey key = fixed_key();
    DatabaseOptions options;
    options.base_vfs = kLower;
    options.cipher = Cipher::aegis256;
    return (is_new ? create_store(path, key, options, services.get()) : open_store(path, key, options, services.get())).core;
  }

  std::shared_ptr<StoreCore> core_;
  Vfs vfs_;
  sqlite3_vfs& registered_;
};

bool is_missing_or_empty(const char* path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  return failed || size == 0;
}

int code_of(Errc code) noexcept {
  switch (code) {
    case Errc::store_busy: return SQLITE_BUSY;
    case Errc::out_of_memory: return SQLITE_NOMEM;
    case Errc::io_failed: return SQLITE_IOERR;
    case Errc::disk_full: return SQLITE_FULL;
    default: return SQLITE_CANTOPEN;
  }
}

/// SQLite puts a new VFS second in its list, and the second becomes the default when a test takes its own one away. It
/// must be the one for all names, and not that of a single store.
void stay_next_to_default(const char* name) {
  sqlite3_vfs& ours = find_vfs(name);
  sqlite3_vfs_register(&ours, sqlite3_vfs_find(nullptr) == &ours ? 1 : 0);
}

class Folder {
 public:
  /// Which VFS a name belongs to; the lower one's when it is no open store's.
  sqlite3_vfs& vfs_for(const char* name) {
    const std::lock_guard guard(mutex_);
    stores_.remove_if([](const Store& store) { return !store.is_in_use(); });
    Store* const store = find(name);
    return store == nullptr ? lower() : store->vfs();
  }

  int open(const char* name, sqlite3_file* out, int flags, int* flags_out) {
    const std::lock_guard guard(mutex_);
    sqlite3_vfs* vfs = nullptr;
    if (name == nullptr || (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) == 0) {
      vfs = &scratch().vfs();
    } else {
      stores_.remove_if([](const Store& store) { return !store.is_in_use(); });
      if ((flags & SQLITE_OPEN_MAIN_DB) != 0 && !has_store(name, (flags & SQLITE_OPEN_CREATE) != 0)) {
        return lower().xOpen(&lower(), name, out, flags, flags_out);
      }
      Store* const store = find(name);
      if (store == nullptr) return SQLITE_CANTOPEN;
      vfs = &store->vfs();
    }
    return vfs->xOpen(vfs, name, out, flags, flags_out);
  }

  static sqlite3_vfs& lower() { return find_vfs(kLower); }

 private:
  Store* find(std::string_view name) {
    for (Store& store : stores_) {
      if (store.has(name)) return &store;
    }
    return nullptr;
  }

  /// Finds, makes or opens the store. False when the file is damaged: open_store() refuses it, where SQLite opens any
  /// file and complains about the first statement. Then SQLite gets the file as it is, and does just that.
  bool has_store(const char* path, bool may_create) {
    if (Store* const store = find(path); store != nullptr && store->is_current()) return true;
    const bool is_new = is_missing_or_empty(path);
    if (is_new && !may_create) throw Error(Errc::not_found, "tcl.open");
    if (is_new) std::filesystem::remove(path);
    try {
      stores_.emplace_front(path, is_new, services_);  // in front: found before one whose file is gone
      stay_next_to_default(kOurs);
    } catch (const Error& error) {
      if (error.code() != Errc::store_corrupt && error.code() != Errc::not_a_store) throw;
      return false;
    }
    return true;
  }

  /// Temporary files have no store of their own, but the VFS that keeps them in memory has.
  Store& scratch() {
    if (!scratch_) {
      std::string folder = (std::filesystem::temp_directory_path() / "anochat-tcl-XXXXXX").string();
      if (::mkdtemp(folder.data()) == nullptr) throw Error(Errc::io_failed, "tcl.scratch");
      scratch_ = std::make_unique<Store>(folder + "/scratch", true, services_);
      std::filesystem::remove_all(folder);
      stay_next_to_default(kOurs);
    }
    return *scratch_;
  }

  std::mutex mutex_;
  Services services_;
  std::list<Store> stores_;
  std::unique_ptr<Store> scratch_;
};

Folder& folder() {
  static auto* const one = new Folder;  // outlives everything: SQLite's tests leave files open when they exit
  return *one;
}

int open_sealed(sqlite3_vfs* /*vfs*/, sqlite3_filename name, sqlite3_file* out, int flags, int* flags_out) {
  out->pMethods = nullptr;
  try {
    return folder().open(name, out, flags, flags_out);
  } catch (const Error& error) {
    return code_of(error.code());
  } catch (...) {
    return SQLITE_CANTOPEN;
  }
}

int delete_sealed(sqlite3_vfs* /*vfs*/, const char* name, int sync_folder) {
  sqlite3_vfs& vfs = folder().vfs_for(name);
  return vfs.xDelete(&vfs, name, sync_folder);
}

int access_sealed(sqlite3_vfs* /*vfs*/, const char* name, int flags, int* out) {
  sqlite3_vfs& vfs = folder().vfs_for(name);
  return vfs.xAccess(&vfs, name, flags, out);
}

int open_plain(sqlite3_vfs* /*vfs*/, sqlite3_filename name, sqlite3_file* out, int flags, int* flags_out) {
  sqlite3_vfs& lower = Folder::lower();
  constexpr int kMakes = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_CREATE;
  const bool is_new = name != nullptr && (flags & kMakes) == kMakes && is_missing_or_empty(name);
  const int code = lower.xOpen(&lower, name, out, flags, flags_out);
  if (code != SQLITE_OK || !is_new) return code;
  const auto page = empty_database_page(reserve_of(Cipher::aegis256));
  return out->pMethods->xWrite(out, page.data(), static_cast<int>(page.size()), 0);
}

}  // namespace
}  // namespace anochat::storage::test

/// SQLite calls this at the end of sqlite3_initialize(): -DSQLITE_EXTRA_INIT=anochat_tcl_init.
extern "C" int anochat_tcl_init(const char* /*unused*/) {
  using namespace anochat::storage;
  const char* const wanted = std::getenv("ANOCHAT_TCL_VFS");
  const std::string_view which = wanted == nullptr ? "" : wanted;
  if (which.empty()) return SQLITE_OK;
  static sqlite3_vfs vfs;
  vfs = test::Folder::lower();
  vfs.pNext = nullptr;
  vfs.zName = test::kOurs;
  vfs.xOpen = which == "plain" ? test::open_plain : test::open_sealed;
  if (which != "plain") {
    vfs.xDelete = test::delete_sealed;
    vfs.xAccess = test::access_sealed;
  }
  return sqlite3_vfs_register(&vfs, 1);
}
