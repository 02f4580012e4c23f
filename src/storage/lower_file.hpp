// storage/lower_file.hpp - one file of the SQLite VFS below ours.
#pragma once

#include <anochat/base/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <sqlite3.h>
#include <string>

namespace anochat::storage {

/// A file name in the form that SQLite's VFS functions expect (followed by an empty list of URI parameters).
class VfsFilename {
 public:
  /// @throws Error{Errc::out_of_memory}
  explicit VfsFilename(const std::string& path);
  [[nodiscard]] sqlite3_filename get() const noexcept { return name_.get(); }

 private:
  struct Free {
    void operator()(char* name) const noexcept { sqlite3_free_filename(name); }
  };
  std::unique_ptr<char, Free> name_;
};

/// Owns an open sqlite3_file of the lower VFS. Functions return SQLite result codes, as SQLite's own do.
class LowerFile {
 public:
  LowerFile() noexcept = default;
  LowerFile(LowerFile&&) noexcept = default;
  LowerFile& operator=(LowerFile&&) = delete;
  ~LowerFile() { close(); }

  /// @param name  must stay valid while the file is open
  int open(sqlite3_vfs& vfs, sqlite3_filename name, int flags, int* flags_out);
  int close() noexcept;
  [[nodiscard]] bool is_open() const noexcept { return file() != nullptr && file()->pMethods != nullptr; }

  /// SQLITE_IOERR_SHORT_READ when the file ends before `out` is full; the rest of `out` is zero then.
  int read(MutableByteView out, std::int64_t offset) const noexcept {
    return methods().xRead(file(), out.data(), static_cast<int>(out.size()), offset);
  }
  int write(ByteView bytes, std::int64_t offset) const noexcept {
    return methods().xWrite(file(), bytes.data(), static_cast<int>(bytes.size()), offset);
  }
  int truncate(std::int64_t size) const noexcept { return methods().xTruncate(file(), size); }
  int sync(int flags = SQLITE_SYNC_NORMAL) const noexcept { return methods().xSync(file(), flags); }
  int size(std::int64_t& out) const noexcept;

  [[nodiscard]] sqlite3_file* file() const noexcept { return reinterpret_cast<sqlite3_file*>(memory_.get()); }
  [[nodiscard]] const sqlite3_io_methods& methods() const noexcept { return *file()->pMethods; }

 private:
  std::unique_ptr<std::max_align_t[]> memory_;
};

}  // namespace anochat::storage
