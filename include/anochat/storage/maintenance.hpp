// anochat/storage/maintenance.hpp - what checking, copying and exporting a store ask for and report.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/storage/key_provider.hpp>
#include <cstdint>
#include <functional>

namespace anochat::storage {

enum class CheckDepth : std::uint8_t {
  quick,  ///< pages and rows
  full,   ///< their indexes too, row by row
};

struct CheckReport {
  std::int64_t page_problems = 0;    ///< found by SQLite's own check; not repairable: restore a copy
  std::int64_t broken_references = 0;
  bool search_was_damaged = false;
  bool search_was_rebuilt = false;

  [[nodiscard]] bool is_good() const noexcept {
    return page_problems == 0 && broken_references == 0 && search_was_damaged == search_was_rebuilt;
  }
};

/// What a copy takes along besides history, contacts and settings.
struct BackupScope {
  bool with_identity = false;  ///< the private identity: whoever opens the copy is this device
};

struct ExportTotals {
  std::uint64_t records = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  ///< of the file
};

struct ExportOptions {
  SecretBytes passphrase;                  ///< 1 byte or more; strengthened by Argon2id
  KdfParams kdf = KdfParams::strong();     ///< for export; import reads them from the file
  BackupScope scope = {};
  /// Called now and then with records done and records in all (0: not known yet). Throwing stops; nothing is left behind.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
  const Clock* clock = nullptr;
};

}  // namespace anochat::storage
