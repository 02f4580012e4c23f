// tests/support/skipped_rows.hpp - skipped keys as a store keeps them: one row each.
#pragma once

#include <anochat/session/session.hpp>

#include <doctest/doctest.h>

#include <map>
#include <vector>

namespace anochat::testing {

using SkippedRows = std::map<SkippedKeyId, SkippedKeyRecord>;

[[nodiscard]] inline SkippedKeyRecord clone(const SkippedKeyRecord& row) {
  return {row.id, row.since, row.key.clone()};
}

/// Every key is added once, and only what is there is removed.
inline void apply(const SkippedKeyChanges& changes, SkippedRows& rows) {
  for (const SkippedKeyRecord& row : changes.added) REQUIRE(rows.emplace(row.id, clone(row)).second);
  for (const SkippedKeyId& id : changes.removed) REQUIRE(rows.erase(id) == 1);
}

[[nodiscard]] inline std::vector<SkippedKeyRecord> rows_of(const SkippedRows& rows) {
  std::vector<SkippedKeyRecord> list;
  for (const auto& [id, row] : rows) list.push_back(clone(row));
  return list;
}

}  // namespace anochat::testing
