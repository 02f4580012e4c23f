// Store::save_copy: the whole store under another key, without what is alive in it.

#include <anochat/base/error.hpp>
#include <anochat/storage/store.hpp>
#include <sqlite3.h>

#include "storage/file_name.hpp"
#include "storage/live_state.hpp"
#include "storage/sqlite_failure.hpp"
#include "storage/store_state.hpp"

namespace anochat::storage {
namespace {

constexpr std::string_view kWhere = "store.save_copy";

void copy_pages(detail::Connection& from, detail::Connection& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) detail::raise(sqlite3_extended_errcode(to.handle()), kWhere);
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE) detail::raise(stepped, kWhere);
  if (finished != SQLITE_OK) detail::raise(finished, kWhere);
}

}  // namespace

namespace detail {

void save_copy(EncryptedDatabase& file, Connection& from, const std::filesystem::path& path, KeyProvider& key,
               const BackupScope& scope, const StoreOptions& options) {
  PartialName name(path, kWhere);
  DatabaseOptions database_options;
  database_options.random = options.random;
  database_options.clock = options.clock;
  database_options.log = options.log;
  database_options.cipher = file.cipher();  // pages are copied whole, so both files reserve the same room in them
  auto target = EncryptedDatabase::create(name.path(), key, database_options);
  {
    Connection to(translated(kWhere, [&] { return target.open_connection({}); }), 16);
    copy_pages(from, to);
    SystemRandom system;
    remove_live_state(to, scope, (options.random ? *options.random : system).array<16>());
    to.drop_statements();
    to.exec("VACUUM", kWhere);  // what was removed shall not lie in free pages
  }
  target.close();
  name.publish();
}

}  // namespace detail

void Store::save_copy(const std::filesystem::path& path, KeyProvider& key, BackupScope scope) const {
  detail::StoreState& s = state();
  if (s.source->encrypted() == nullptr) throw Error(Errc::wrong_state, kWhere);
  auto connection = s.readers->take(s.options.busy_timeout);
  try {
    detail::save_copy(*s.source->encrypted(), *connection, path, key, scope, s.options);
  } catch (...) {
    s.readers->give_back(std::move(connection));
    throw;
  }
  s.readers->give_back(std::move(connection));
}

}  // namespace anochat::storage
