// Store::expire, check and compact: what is done to a store now and then.

#include <anochat/base/error.hpp>
#include <anochat/storage/store.hpp>

#include "storage/store_state.hpp"

namespace anochat::storage {
namespace {

constexpr const char* kIndexes[] = {"messages_fts", "messages_trigrams"};

void command(detail::Connection& db, const std::string& index, const std::string& what) {
  const std::string columns = what == "integrity-check" ? "(" + index + ", rank) VALUES('" + what + "', 1)"
                                                        : "(" + index + ") VALUES('" + what + "')";
  db.exec("INSERT INTO " + index + columns, "store.maintain");
}

bool is_good(detail::Connection& db, const std::string& index) {
  try {
    command(db, index, "integrity-check");
    return true;
  } catch (const Error& error) {
    if (error.code() != Errc::store_corrupt) throw;
    return false;
  }
}

std::int64_t count_rows(detail::Connection& db, std::string_view sql, std::string_view good) {
  auto row = db.query(sql);
  std::int64_t count = 0;
  while (row.step()) count += row.text(0) != good ? 1 : 0;
  return count;
}

/// Folds the log of changes into the file and cuts it to nothing, as far as readers allow.
void fold_log(detail::Connection& db) { db.exec("PRAGMA wal_checkpoint(TRUNCATE)", "store.checkpoint"); }

void optimize_indexes(detail::StoreState& state) {
  detail::WriteScope scope(*state.writer, "store.maintain");
  for (const char* index : kIndexes) command(*state.writer, index, "optimize");
  scope.commit();
}

}  // namespace

std::vector<MessageId> Store::expire() {
  constexpr int kAtOnce = 1'000;  // so that other writers get their turn
  std::vector<MessageId> removed;
  for (bool is_done = false; !is_done;) {
    const auto some = write([&](Records& records) { return records.messages.expire(state().clock().now(), kAtOnce); });
    removed.insert(removed.end(), some.begin(), some.end());
    is_done = some.size() < static_cast<std::size_t>(kAtOnce);
  }
  if (removed.empty()) return removed;
  // SQLite 3.40's FTS5 keeps the words of deleted rows until segments are merged.
  const detail::GatePass pass(state().gate, "store.expire");
  optimize_indexes(state());
  fold_log(*state().writer);
  state().log().info("store.expired", {{"messages", static_cast<std::int64_t>(removed.size())}});
  return removed;
}

CheckReport Store::check(CheckDepth depth, bool repair) {
  detail::StoreState& s = state();
  const detail::GatePass pass(s.gate, "store.check");
  CheckReport report;
  report.page_problems = count_rows(
      *s.writer, depth == CheckDepth::full ? "PRAGMA integrity_check" : "PRAGMA quick_check", "ok");
  report.broken_references = count_rows(*s.writer, "PRAGMA foreign_key_check", "");
  detail::WriteScope scope(*s.writer, "store.check");
  for (const char* index : kIndexes) {
    if (is_good(*s.writer, index)) continue;
    report.search_was_damaged = true;
    if (!repair) continue;
    command(*s.writer, index, "rebuild");
    report.search_was_rebuilt = true;
    s.log().warning("store.search_rebuilt");
  }
  scope.commit();
  return report;
}

void Store::compact(bool vacuum) {
  detail::StoreState& s = state();
  const detail::GatePass pass(s.gate, "store.compact");
  optimize_indexes(s);
  if (vacuum) {
    s.writer->drop_statements();
    s.writer->exec("VACUUM", "store.compact");
  }
  fold_log(*s.writer);
}

}  // namespace anochat::storage
