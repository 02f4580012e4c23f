#include "storage/schema.hpp"

namespace anochat::storage::detail {

std::span<const Migration> schema_steps() noexcept {
  static const Migration kSteps[] = {
      {.name = "first schema", .sql = kSchemaV1, .is_destructive = false},
  };
  return kSteps;
}

}  // namespace anochat::storage::detail
