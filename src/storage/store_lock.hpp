// storage/store_lock.hpp - one owner per store file, in this process and in all others.
#pragma once

#include <filesystem>
#include <string_view>
#include <sys/types.h>
#include <utility>

namespace anochat::storage {

/// Holds an open descriptor of the file under flock(), which a stray open() and close() of the same file elsewhere in
/// the process cannot release (as it would release fcntl() locks), and a note in a process-wide list, so that a second
/// object never even opens the file.
class StoreLock {
 public:
  /// Opens and locks an existing regular file.
  /// @throws Error{Errc::not_found}    no such file
  /// @throws Error{Errc::not_a_store}  not a regular file, or a symbolic link
  /// @throws Error{Errc::read_only}    may not be written
  /// @throws Error{Errc::store_busy}   somebody else has it
  [[nodiscard]] static StoreLock acquire(const std::filesystem::path& path);

  /// Makes a new file that only its owner may read (mode 0600), and locks it.
  /// @throws Error{Errc::already_exists}  there is a file of this name
  [[nodiscard]] static StoreLock create(const std::filesystem::path& path);

  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

  /// Whether the path still names the file that is locked.
  [[nodiscard]] bool is_same_file(const char* path) const noexcept;

 private:
  using FileId = std::pair<::dev_t, ::ino_t>;
  StoreLock(int descriptor, FileId id) noexcept : descriptor_(descriptor), id_(id), process_(current_process()) {}
  static StoreLock lock(int descriptor);
  static int current_process() noexcept;
  void release() noexcept;

  int descriptor_ = -1;
  FileId id_{};
  int process_ = 0;  ///< a forked child must not unlock its parent's file
};

/// Throws the Error that stands for an errno of a file operation.
[[noreturn]] void throw_errno(int number, std::string_view where);

}  // namespace anochat::storage
