// Store::import_from: an export becomes a new store. Nothing of the file is believed before it fits.

#include <anochat/base/error.hpp>
#include <anochat/storage/store.hpp>
#include <algorithm>
#include <optional>

#include "base/byte_io.hpp"
#include "storage/export_stream.hpp"
#include "storage/export_tables.hpp"
#include "storage/file_name.hpp"
#include "storage/live_state.hpp"
#include "storage/sqlite_failure.hpp"
#include "storage/store_state.hpp"

namespace anochat::storage {
namespace {

constexpr std::string_view kWhere = "store.import";
constexpr std::uint64_t kRowsPerCommit = 10'000;

/// Names in the manifest become part of statements, so only names that this schema has may be there.
void check_plan(detail::Connection& db, const detail::Manifest& manifest) {
  std::vector<std::string> seen;
  for (const detail::TablePlan& plan : manifest.tables) {
    const bool is_known = detail::find_export_table(plan.name) != nullptr && std::ranges::count(seen, plan.name) == 0;
    if (!is_known || plan.columns != detail::columns_of(db, plan.name)) throw Error(Errc::bad_state, kWhere);
    seen.push_back(plan.name);
  }
}

class Importer {
 public:
  Importer(detail::ExportReader& in, detail::Connection& db, const ExportOptions& options)
      : in_(in), db_(db), options_(options) {}

  ExportTotals run() {
    const detail::Manifest manifest = read_manifest();
    std::vector<std::uint64_t> rows(manifest.tables.size());
    for (ByteView record = in_.next(); !is_totals(record); record = in_.next()) {
      insert(record, manifest, rows);
      if (++totals_.records % 1'000 == 0 && options_.progress) options_.progress(totals_.records, manifest.rows());
    }
    in_.expect_end();
    for (std::size_t i = 0; i < rows.size(); ++i) require(rows[i] == manifest.tables[i].rows);
    if (scope_) scope_->commit();
    scope_.reset();
    rebuild();
    totals_.bytes = in_.bytes();
    if (options_.progress) options_.progress(totals_.records, manifest.rows());
    return totals_;
  }

 private:
  static void require(bool is_good) {
    if (!is_good) throw Error(Errc::bad_state, kWhere);
  }

  /// Brings the empty store to the export's schema, so that its columns fit; newer steps run after the rows are in.
  detail::Manifest read_manifest() {
    detail::Manifest manifest = detail::decode_manifest(in_.next());
    const auto steps = detail::schema_steps();
    if (manifest.schema > steps.size()) throw Error(Errc::newer_schema, kWhere);
    require(manifest.schema > 0);
    detail::migrate(db_, steps.first(manifest.schema));
    check_plan(db_, manifest);
    return manifest;
  }

  bool is_totals(ByteView record) const {
    if (record.empty() || record[0] != static_cast<std::uint8_t>(detail::ExportRecord::totals)) return false;
    require(record.size() == 17 && load_be<std::uint64_t>(record, 1) == totals_.records &&
            load_be<std::uint64_t>(record, 9) == totals_.messages);
    return true;
  }

  void insert(ByteView record, const detail::Manifest& manifest, std::vector<std::uint64_t>& rows) {
    require(record.size() > 2 && record[0] == static_cast<std::uint8_t>(detail::ExportRecord::row) &&
            record[1] < manifest.tables.size());
    const detail::TablePlan& plan = manifest.tables[record[1]];
    if (totals_.records % kRowsPerCommit == 0) {
      if (scope_) scope_->commit();
      scope_.reset();
      scope_.emplace(db_, kWhere);
    }
    if (&plan != last_plan_) {
      sql_ = detail::insert_row(plan);
      last_plan_ = &plan;
    }
    try {
      auto row = db_.query(sql_);
      detail::decode_row(record, plan.columns.size(), row);
      row.run();
    } catch (const Error& error) {  // a row that breaks the table's rules
      const Errc code = error.code();
      const bool is_row = code == Errc::already_exists || code == Errc::not_found || code == Errc::invalid_argument;
      throw Error(is_row ? Errc::bad_state : code, kWhere);
    }
    ++rows[record[1]];
    totals_.messages += plan.name == "messages" ? 1U : 0U;
  }

  void rebuild() {
    detail::migrate(db_, detail::schema_steps());
    detail::WriteScope scope(db_, kWhere);
    db_.exec("INSERT INTO messages_fts(messages_fts) VALUES('rebuild'); "
             "INSERT INTO messages_trigrams(messages_trigrams) VALUES('rebuild')", kWhere);
    scope.commit();
  }

  detail::ExportReader& in_;
  detail::Connection& db_;
  const ExportOptions& options_;
  ExportTotals totals_;
  std::optional<detail::WriteScope> scope_;
  const detail::TablePlan* last_plan_ = nullptr;
  std::string sql_;
};

void verify(detail::Connection& db) {
  auto pages = db.query("PRAGMA quick_check");
  const bool is_good = pages.step() && pages.text(0) == "ok";
  const bool has_orphans = db.query("PRAGMA foreign_key_check").step();
  if (!is_good || has_orphans) throw Error(Errc::bad_state, kWhere);
}

}  // namespace

ExportTotals Store::import_from(const std::filesystem::path& file, const ExportOptions& options,
                                const std::filesystem::path& new_store, KeyProvider& key,
                                const StoreOptions& store_options) {
  detail::ExportReader in(file, options.passphrase);
  detail::PartialName name(new_store, kWhere);
  DatabaseOptions database_options;
  database_options.random = store_options.random;
  database_options.clock = store_options.clock;
  database_options.log = store_options.log;
  database_options.cipher = store_options.cipher;
  auto target = EncryptedDatabase::create(name.path(), key, database_options);
  ExportTotals totals;
  {
    detail::Connection db(
        detail::translated(kWhere, [&] { return target.open_connection({.cache_kib = store_options.writer_cache_kib}); }),
        32);
    totals = Importer(in, db, options).run();
    SystemRandom system;
    detail::remove_live_state(db, options.scope, (store_options.random ? *store_options.random : system).array<16>());
    verify(db);
  }
  target.close();
  name.publish();
  return totals;
}

}  // namespace anochat::storage
