// storage/schema.hpp - the ordered list of steps that bring any older store to this library's schema.
#pragma once

#include "storage/migration.hpp"

namespace anochat::storage::detail {

extern const char* const kSchemaV1;

/// Step i brings a store from schema i to schema i + 1. The list only ever grows.
[[nodiscard]] std::span<const Migration> schema_steps() noexcept;

}  // namespace anochat::storage::detail
