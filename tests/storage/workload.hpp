// tests/storage/workload.hpp - random transactions on a store, and the check that none of them was lost or torn.
#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include "storage/encrypted_database.hpp"

namespace anochat::storage::test {

inline constexpr const char* kMarker = "PLAINTEXTMARKER";

/// A raw key that every campaign uses.
[[nodiscard]] RawKey campaign_key();

/// Small and large transactions, deletions, full-text rows, now and then a VACUUM; with an even seed transactions spill
/// out of a 64 KiB cache, with an odd one some roll back to a savepoint. Transaction n sets user_version to n, so a check knows how far it got.
class Workload {
 public:
  Workload(SQLite::Database& db, std::uint32_t seed, bool with_vacuum = true);

  /// The number of the last transaction that is in the store.
  [[nodiscard]] int last() const { return last_; }
  /// Runs the next transaction. When this returns, the commit is acknowledged.
  void step();

 private:
  void insert_rows(int rows);
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  SQLite::Database& db_;
  std::mt19937 random_;
  bool with_vacuum_;
  bool may_spill_;
  int last_ = 0;
};

struct Verdict {
  bool is_ok = false;
  int last = 0;         ///< the last transaction in the store
  std::string problem;  ///< empty when is_ok
  bool is_index_stale = false;  ///< the only problem: the full-text index differs from the rows until it is rebuilt
};

/// Opens the store afresh and checks pages, rows, counts and the full-text index.
[[nodiscard]] Verdict verify(const std::filesystem::path& store, const DatabaseOptions& options = {});

/// The first file of the folder that holds the marker or anything else that should not be readable, or nothing.
[[nodiscard]] std::string find_plaintext(const std::filesystem::path& folder);

}  // namespace anochat::storage::test
