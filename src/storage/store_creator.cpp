#include <anochat/base/error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/file_name.hpp"
#include "storage/main_file.hpp"
#include "storage/sqlite_error.hpp"
#include "storage/store_opener.hpp"
#include "storage/vfs.hpp"

namespace anochat::storage {
namespace {

/// Whether there is a file of this name, be it a link that leads nowhere.
bool is_taken(const std::string& path) {
  struct ::stat found {};
  if (::lstat(path.c_str(), &found) == 0) return true;
  if (errno != ENOENT) throw_errno(errno, "store.create");
  return false;
}

/// The file under its first name, removed again unless it gets its final one.
class DraftFile {
 public:
  explicit DraftFile(std::filesystem::path path) : path_(std::move(path)), lock_(make()) {}
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;
  ~DraftFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Gives the file its name, unless there is a file of that name.
  [[nodiscard]] StoreLock publish(const std::filesystem::path& path) {
    if (::link(path_.c_str(), path.c_str()) != 0) {
      // Some file systems have no links. There the test and the renaming are two steps.
      if (!detail::means_no_links(errno)) throw_errno(errno, "store.create");
      if (is_taken(path)) throw Error(Errc::already_exists, "store.create");
      if (::rename(path_.c_str(), path.c_str()) != 0) throw_errno(errno, "store.create");
    } else {
      ::unlink(path_.c_str());
    }
    path_.clear();
    sync_folder(path.parent_path());
    return std::move(lock_);
  }

 private:
  StoreLock make() {
    try {
      return StoreLock::create(path_);
    } catch (const Error& error) {
      if (error.code() != Errc::already_exists) throw;
    }
    const StoreLock left_over = StoreLock::acquire(path_);  // by a crash; busy if somebody is at it right now
    if (::unlink(path_.c_str()) != 0) throw_errno(errno, "store.create");
    return StoreLock::create(path_);
  }

  static void sync_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // the name is there; only a cut of power right now could still lose it
    ::fsync(descriptor);
    ::close(descriptor);
  }

  std::filesystem::path path_;
  StoreLock lock_;
};

void write_first_bytes(const LowerFile& file, const Header& header, const KeyChain& keys, Random& random) {
  const PageSeal seal(header.cipher, keys.subkey(Subkey::main_page));
  const HeaderBytes slot = encode_header(header, keys.subkey(Subkey::header_mac));
  const auto page = empty_database_page(seal.reserve());
  NonceSource nonces(random);
  Bytes all(kHeaderArea + kPageSize);
  std::copy(slot.begin(), slot.end(), all.begin());
  std::copy(slot.begin(), slot.end(), all.begin() + kHeaderSize);
  seal.seal({Role::main, 1}, ByteView(page).first(kPageSize - seal.reserve()), MutableByteView(all).subspan(kHeaderArea),
            nonces);
  check_sqlite(file.write(all, 0), "store.create");
  check_sqlite(file.sync(), "store.create");
}

DataKey random_data_key(Random& random) {
  DataKey key;
  random.fill(key.expose_mutable());
  return key;
}

LowerFile open_lower(sqlite3_vfs& vfs, const VfsFilename& name) {
  LowerFile file;
  check_sqlite(file.open(vfs, name.get(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, nullptr), "store.create");
  return file;
}

}  // namespace

OpenedStore create_store(const std::filesystem::path& path, KeyProvider& key, const DatabaseOptions& options,
                         const StoreServices& services) {
  sqlite3_vfs& lower = find_vfs(options.base_vfs);
  const StorePaths paths(path.string());
  for (const std::string& name : {paths.main, paths.wal}) {  // a WAL that was left behind would be taken for ours
    if (is_taken(name)) throw Error(Errc::already_exists, "store.create");
  }
  const DataKey data_key = random_data_key(services.random);
  Header header;
  header.sequence = 1;
  header.store_id = services.random.array<16>();
  header.cipher = options.cipher;
  header.generation = 1;
  header.next_slot_id = 2;
  header.key_slots[0] =
      seal_key_slot(1, header.store_id, data_key.expose(), key, services.random, services.clock.now());

  DraftFile draft(paths.main + "-new");
  {
    const VfsFilename name(draft.path().string());
    const LowerFile file = open_lower(lower, name);
    write_first_bytes(file, header, KeyChain(data_key), services.random);
  }
  StoreLock lock = draft.publish(path);
  VfsFilename name(paths.main);
  LowerFile file = open_lower(lower, name);
  auto core = std::make_shared<StoreCore>(lower, paths, std::move(name), std::move(lock), std::move(file), data_key,
                                          header, 0, services.random, services.log);
  core->ledger.assume_level();
  key.save_counter(header.generation);
  return {std::move(core), 1, false};
}

}  // namespace anochat::storage
