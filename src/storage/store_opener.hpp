// storage/store_opener.hpp - from a path and a key to an open store, or to the reason why not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "storage/encrypted_database.hpp"
#include "storage/store_core.hpp"

namespace anochat::storage {

struct OpenedStore {
  std::shared_ptr<StoreCore> core;
  std::uint32_t slot = 0;  ///< the key slot that opened it
  bool is_rolled_back = false;
};

struct StoreServices {
  Random& random;
  const Clock& clock;
  Log& log;
};

/// The two halves of EncryptedDatabase::create() and open() that come before the VFS; the errors are listed there.
[[nodiscard]] OpenedStore create_store(const std::filesystem::path& path, KeyProvider& key,
                                       const DatabaseOptions& options, const StoreServices& services);
[[nodiscard]] OpenedStore open_store(const std::filesystem::path& path, KeyProvider& key,
                                     const DatabaseOptions& options, const StoreServices& services);

}  // namespace anochat::storage
