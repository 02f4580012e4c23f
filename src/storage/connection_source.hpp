// storage/connection_source.hpp - where a store's connections come from: an encrypted file, or memory.
#pragma once

#include <SQLiteCpp/Database.h>
#include <memory>
#include <string>

#include "storage/encrypted_database.hpp"

namespace anochat::storage::detail {

class ConnectionSource {
 public:
  virtual ~ConnectionSource() = default;
  [[nodiscard]] virtual SQLite::Database open(const ConnectionOptions& options) = 0;
  /// nullptr when there is no file.
  [[nodiscard]] virtual EncryptedDatabase* encrypted() noexcept { return nullptr; }
  [[nodiscard]] virtual bool is_in_memory() const noexcept { return false; }
  /// After the last connection is gone.
  virtual void close() {}
};

/// A database of SQLite's memdb VFS, shared by the connections of this source and by nobody else.
[[nodiscard]] std::unique_ptr<ConnectionSource> memory_source();

[[nodiscard]] std::unique_ptr<ConnectionSource> encrypted_source(EncryptedDatabase database);

/// An ordinary SQLite file, not encrypted: what benchmarks compare with. No function of the library uses it.
[[nodiscard]] std::unique_ptr<ConnectionSource> plain_source(std::string path);

}  // namespace anochat::storage::detail
