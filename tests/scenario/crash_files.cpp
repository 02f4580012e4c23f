#include "crash_files.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <atomic>
#include <cstddef>
#include <cstdio>

// The program's own definitions come before the C library's, for SQLite as well. They make the system call themselves.

namespace {

std::atomic<anochat::testing::CrashPoints*> watcher{nullptr};

void reach(const char* point) {
  if (auto* const points = watcher.load()) points->reach(point);
}

ssize_t write_at(int file, const void* bytes, std::size_t length, off_t offset) {
  reach("file.write");
  const std::size_t half = length / 2;
  if (watcher.load() == nullptr || half == 0) return ::syscall(SYS_pwrite64, file, bytes, length, offset);
  const ssize_t first = ::syscall(SYS_pwrite64, file, bytes, half, offset);
  if (first != static_cast<ssize_t>(half)) return first;
  reach("file.half");
  const ssize_t second = ::syscall(SYS_pwrite64, file, static_cast<const char*>(bytes) + half, length - half,
                                   offset + static_cast<off_t>(half));
  return second < 0 ? second : first + second;
}

// SIGKILL leaves the page cache alone, so a process that is watched does not wait for the disk.
int sync(long call, int file) {
  const bool is_watched = watcher.load() != nullptr;
  reach("file.sync");
  const int result = is_watched ? 0 : static_cast<int>(::syscall(call, file));
  reach("file.synced");
  return result;
}

}  // namespace

namespace scenario {

void watch_files(anochat::testing::CrashPoints* points) noexcept { watcher = points; }

}  // namespace scenario

extern "C" {

ssize_t pwrite(int file, const void* bytes, size_t length, off_t offset) { return write_at(file, bytes, length, offset); }
ssize_t pwrite64(int file, const void* bytes, size_t length, off64_t offset) { return write_at(file, bytes, length, offset); }
int fsync(int file) { return sync(SYS_fsync, file); }
int fdatasync(int file) { return sync(SYS_fdatasync, file); }
int ftruncate(int file, off_t length) noexcept {
  reach("file.truncate");
  return static_cast<int>(::syscall(SYS_ftruncate, file, length));
}
int ftruncate64(int file, off64_t length) noexcept {
  reach("file.truncate");
  return static_cast<int>(::syscall(SYS_ftruncate, file, length));
}
int unlink(const char* path) noexcept {
  reach("file.remove");
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}
int rename(const char* from, const char* to) noexcept {
  reach("file.rename");
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
}
