// storage/memory_file.hpp - temporary files of SQLite, which must never reach a disk.
#pragma once

#include <anochat/base/secret.hpp>

#include "storage/open_file.hpp"

namespace anochat::storage {

class MemoryFile final : public OpenFile {
 public:
  int close() override { return SQLITE_OK; }
  int read(MutableByteView out, std::int64_t offset) override;
  int write(ByteView bytes, std::int64_t offset) override;
  int truncate(std::int64_t size) override;
  int sync(int /*flags*/) override { return SQLITE_OK; }
  int size(std::int64_t& out) override;
  int file_control(int /*operation*/, void* /*argument*/) override { return SQLITE_NOTFOUND; }

 private:
  SecretBytes bytes_;
};

}  // namespace anochat::storage
