#include "storage/migration.hpp"

#include <anochat/base/error.hpp>
#include <string>

namespace anochat::storage::detail {
namespace {

constexpr std::string_view kWhere = "storage.migrate";

int pragma_number(Connection& connection, std::string_view sql) {
  Query query = connection.query(sql);
  return query.step() ? static_cast<int>(query.i64(0)) : 0;
}

void run_step(Connection& connection, const Migration& step, int from, const MigrationHooks& hooks) {
  const auto reached = [&](const char* point) {
    if (hooks.on_point) hooks.on_point(from, point);
  };
  WriteScope scope(connection, kWhere);
  reached("begun");
  connection.exec(step.sql, kWhere);
  reached("changed");
  connection.exec("PRAGMA user_version = " + std::to_string(from + 1), kWhere);
  connection.exec("PRAGMA application_id = " + std::to_string(kApplicationId), kWhere);
  reached("numbered");
  scope.commit();
  reached("committed");
}

}  // namespace

int schema_version(Connection& connection) { return pragma_number(connection, "PRAGMA user_version"); }

void migrate(Connection& connection, std::span<const Migration> steps, const MigrationHooks& hooks) {
  const int version = schema_version(connection);
  const int application = pragma_number(connection, "PRAGMA application_id");
  const bool has_tables = pragma_number(connection, "SELECT count(*) FROM sqlite_schema") != 0;
  if (application != kApplicationId && (application != 0 || version != 0 || has_tables)) {
    throw Error(Errc::not_a_store, kWhere);
  }
  if (version < 0 || version > static_cast<int>(steps.size())) throw Error(Errc::newer_schema, kWhere);
  for (int from = version; from < static_cast<int>(steps.size()); ++from) {
    const Migration& step = steps[static_cast<std::size_t>(from)];
    if (step.is_destructive && hooks.before_destructive) hooks.before_destructive(from);
    run_step(connection, step, from, hooks);
  }
}

}  // namespace anochat::storage::detail
