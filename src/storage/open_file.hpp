// storage/open_file.hpp - one file that SQLite has open through our VFS.
#pragma once

#include <cstdint>
#include <sqlite3.h>

#include "storage/lower_file.hpp"

namespace anochat::storage {

/// What sqlite3_io_methods asks of a file. Functions return SQLite result codes and may throw: the VFS shim turns
/// exceptions into codes. Offsets and sizes are SQLite's view. One thread at a time, as SQLite promises.
class OpenFile {
 public:
  virtual ~OpenFile() = default;

  virtual int close() = 0;
  virtual int read(MutableByteView out, std::int64_t offset) = 0;
  virtual int write(ByteView bytes, std::int64_t offset) = 0;
  virtual int truncate(std::int64_t size) = 0;
  virtual int sync(int flags) = 0;
  virtual int size(std::int64_t& out) = 0;
  virtual int file_control(int operation, void* argument) = 0;

  /// The file below, for locks and shared memory; nullptr for files in memory.
  [[nodiscard]] virtual sqlite3_file* lower() noexcept { return nullptr; }
};

}  // namespace anochat::storage
