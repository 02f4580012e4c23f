// storage/vfs.hpp - the SQLite VFS of one open store.
#pragma once

#include <memory>
#include <sqlite3.h>
#include <string>

#include "storage/store_core.hpp"

namespace anochat::storage {

/// Registers a VFS under a name that no other store has, for as long as this object lives. It knows exactly two files,
/// the store's main file and its WAL, and keeps temporary files in memory. It refuses everything else, above all
/// rollback journals, and says that they do not exist: a planted one is neither read nor removed.
///
/// A program that asks for a VFS by name cannot get another one: when the name is unknown, opening fails.
class Vfs {
 public:
  /// @throws Error{Errc::internal}  SQLite would not register it
  explicit Vfs(std::shared_ptr<StoreCore> core);
  ~Vfs();
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::shared_ptr<StoreCore> core_;
  std::string name_;
  sqlite3_vfs vfs_{};
};

/// The VFS of this name that SQLite knows.
/// @throws Error{Errc::internal}       there is none
/// @throws Error{Errc::out_of_memory}  SQLite could not start
[[nodiscard]] sqlite3_vfs& find_vfs(const std::string& name);

}  // namespace anochat::storage
