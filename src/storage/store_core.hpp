// storage/store_core.hpp - what all open files of one store share.
#pragma once

#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>

#include <atomic>
#include <cstdint>
#include <sqlite3.h>
#include <string>
#include <utility>

#include "storage/header.hpp"
#include "storage/key_chain.hpp"
#include "storage/ledger.hpp"
#include "storage/lower_file.hpp"
#include "storage/page_seal.hpp"
#include "storage/store_lock.hpp"
#include "storage/wal_frame.hpp"

namespace anochat::storage {

struct Counters {
  std::atomic<std::uint64_t> pages_sealed{0}, pages_opened{0}, pages_rejected{0}, holes_filled{0}, unknown_shapes{0},
      refused_files{0};
};

inline void count(std::atomic<std::uint64_t>& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }

/// Where a store's files are. The WAL's name is SQLite's choice: the main file's, and "-wal".
struct StorePaths {
  std::string main, wal;
  explicit StorePaths(const std::string& path) : main(path), wal(path + "-wal") {}
};

struct StoreCore {
  StoreCore(sqlite3_vfs& lower_vfs, StorePaths store_paths, VfsFilename file_name, StoreLock store_lock, LowerFile file,
            const DataKey& data_key, const Header& header, int newest_slot, Random& random_source, Log& event_log)
      : lower(lower_vfs), paths(std::move(store_paths)), random(random_source), log(event_log),
        lock(std::move(store_lock)), name(std::move(file_name)), header_file(std::move(file)), keys(data_key),
        store_id(header.store_id), cipher(header.cipher),
        ledger(header_file, keys.subkey(Subkey::header_mac), header, newest_slot) {}

  sqlite3_vfs& lower;
  StorePaths paths;
  Random& random;
  Log& log;
  StoreLock lock;         ///< destroyed after the files below: closing its descriptor drops SQLite's locks
  VfsFilename name;       ///< of header_file
  LowerFile header_file;  ///< the main file, for the header slots only
  KeyChain keys;
  StoreId store_id;
  Cipher cipher;
  PageSeal main_seal{cipher, keys.subkey(Subkey::main_page)};
  PageSeal wal_seal{cipher, keys.subkey(Subkey::wal_frame)};
  FrameMask mask{keys.subkey(Subkey::frame_mask)};
  Counters counters;
  std::atomic<int> open_files{0};
  Ledger ledger;
};

}  // namespace anochat::storage
