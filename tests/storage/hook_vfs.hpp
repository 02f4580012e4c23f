// tests/storage/hook_vfs.hpp - a SQLite VFS between ours and the disk, where tests watch and break things.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstdint>
#include <memory>
#include <sqlite3.h>
#include <string>

namespace anochat::storage::test {

enum class Op : std::uint8_t { read, write, sync, truncate, size, lock, open, remove, kCount };

[[nodiscard]] const char* name_of(Op op) noexcept;

/// What a test does with the calls that come through. Return SQLITE_OK to let one pass.
class Hooks {
 public:
  virtual ~Hooks() = default;
  virtual int before(Op op, const std::string& file) {
    static_cast<void>(op);
    static_cast<void>(file);
    return SQLITE_OK;
  }
  virtual void wrote(const std::string& /*file*/, ByteView /*bytes*/, std::int64_t /*offset*/) {}
  virtual void truncated(const std::string& /*file*/, std::int64_t /*size*/) {}
  virtual void synced(const std::string& /*file*/) {}
  virtual void removed(const std::string& /*file*/) {}
  virtual bool skips_sync() const { return false; }  ///< save time where the test keeps its own durable image
};

/// Registers the VFS under `name` over "unix-excl" for as long as it lives.
class HookVfs {
 public:
  HookVfs(const std::string& name, Hooks& hooks);
  ~HookVfs();
  HookVfs(const HookVfs&) = delete;
  HookVfs& operator=(const HookVfs&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anochat::storage::test
