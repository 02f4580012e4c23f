#include "storage/store_lock.hpp"

#include <anochat/base/error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace anochat::storage {
namespace {

/// The files that this process has open as stores. Never destroyed: a store may outlive static objects.
struct OpenStores {
  std::mutex mutex;
  std::set<std::pair<::dev_t, ::ino_t>> files;
};
OpenStores& open_stores() {
  static auto* const instance = new OpenStores;
  return *instance;
}

/// Closes a descriptor that did not become a lock.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace

void throw_errno(int number, std::string_view where) {
  switch (number) {
    case ENOENT:
    case ENOTDIR: throw Error(Errc::not_found, where);
    case EEXIST: throw Error(Errc::already_exists, where);
    case ELOOP:
    case EISDIR: throw Error(Errc::not_a_store, where);
    case EACCES:
    case EPERM:
    case EROFS: throw Error(Errc::read_only, where);
    case ENOSPC:
    case EDQUOT: throw Error(Errc::disk_full, where);
    case ENOMEM: throw Error(Errc::out_of_memory, where);
    case EWOULDBLOCK: throw Error(Errc::store_busy, where);
    default: throw Error(Errc::io_failed, where);
  }
}

StoreLock StoreLock::acquire(const std::filesystem::path& path) {
  struct ::stat found {};
  if (::lstat(path.c_str(), &found) != 0) throw_errno(errno, "store.open");
  if (!S_ISREG(found.st_mode)) throw Error(Errc::not_a_store, "store.open");
  {
    // Closing a second descriptor would drop the fcntl() locks that SQLite holds, so look before opening.
    const std::lock_guard guard(open_stores().mutex);
    if (open_stores().files.contains({found.st_dev, found.st_ino})) throw Error(Errc::store_busy, "store.open");
  }
  const int descriptor = ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw_errno(errno, "store.open");
  return lock(descriptor);
}

StoreLock StoreLock::create(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) throw_errno(errno, "store.create");
  return lock(descriptor);
}

StoreLock StoreLock::lock(int number) {
  Descriptor descriptor(number);
  struct ::stat found {};
  if (::fstat(number, &found) != 0) throw_errno(errno, "store.lock");
  if (!S_ISREG(found.st_mode)) throw Error(Errc::not_a_store, "store.lock");
  const FileId id{found.st_dev, found.st_ino};
  const std::lock_guard guard(open_stores().mutex);
  if (open_stores().files.contains(id)) throw Error(Errc::store_busy, "store.lock");
  if (::flock(number, LOCK_EX | LOCK_NB) != 0) throw_errno(errno, "store.lock");
  open_stores().files.insert(id);
  return {descriptor.release(), id};
}

StoreLock::StoreLock(StoreLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), id_(std::move(other.id_)), process_(other.process_) {}

StoreLock::~StoreLock() { release(); }

bool StoreLock::is_same_file(const char* path) const noexcept {
  struct ::stat found {};
  return ::lstat(path, &found) == 0 && S_ISREG(found.st_mode) && FileId{found.st_dev, found.st_ino} == id_;
}

int StoreLock::current_process() noexcept { return ::getpid(); }

void StoreLock::release() noexcept {
  if (descriptor_ < 0) return;
  // Unlocking by name frees the file even while a forked child still holds a copy of the descriptor.
  if (process_ == current_process()) ::flock(descriptor_, LOCK_UN);
  {
    const std::lock_guard guard(open_stores().mutex);
    open_stores().files.erase(id_);
  }
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace anochat::storage
