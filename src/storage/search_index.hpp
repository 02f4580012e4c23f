// storage/search_index.hpp - keeps the two search indexes in step with the messages.
#pragma once

#include <cstdint>

#include "storage/connection.hpp"

namespace anochat::storage::detail {

/// After the rows first..last were inserted or got their new body.
void index_added(Connection& db, std::int64_t first, std::int64_t last);
/// Before the rows first..last are deleted or lose their body: the index needs the old text to find what to remove.
void index_removed(Connection& db, std::int64_t first, std::int64_t last);

}  // namespace anochat::storage::detail
