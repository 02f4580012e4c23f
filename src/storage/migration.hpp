// storage/migration.hpp - brings a store's schema up to date, one transaction per step.
#pragma once

#include <functional>
#include <span>

#include "storage/connection.hpp"

namespace anochat::storage::detail {

struct Migration {
  const char* name;     ///< for people, in the log of a developer
  const char* sql;      ///< one or more statements
  bool is_destructive;  ///< drops or rewrites data: a snapshot is taken before it
};

/// What migrate() asks for on its way. Both may be empty.
struct MigrationHooks {
  std::function<void(int from)> before_destructive;        ///< take a snapshot of schema `from`
  std::function<void(int from, const char* at)> on_point;  ///< for tests that stop at every point of a step
};

/// The marker in the database header ("AnoC") that tells our databases from others.
inline constexpr int kApplicationId = 0x416e6f43;

/// Runs the steps that the store has not seen yet. Each step and its version number are committed together, so a
/// process killed anywhere finds a store of one version or the next.
///
/// @throws Error{Errc::newer_schema}  the store knows steps that this list does not; nothing was changed
/// @throws Error{Errc::not_a_store}   a database that holds something else; nothing was changed
/// @throws Error{Errc::disk_full}, Error{Errc::io_failed}  the step that failed left nothing behind
void migrate(Connection& connection, std::span<const Migration> steps, const MigrationHooks& hooks = {});

/// PRAGMA user_version.
[[nodiscard]] int schema_version(Connection& connection);

}  // namespace anochat::storage::detail
