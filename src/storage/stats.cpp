#include <anochat/storage/stats.hpp>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"

namespace anochat::storage {
namespace {

std::int64_t day_number(std::chrono::sys_days day) { return day.time_since_epoch().count(); }

std::int64_t count_of(detail::Connection& db, std::string_view sql) {
  auto row = db.query(sql);
  row.step();
  return row.i64(0);
}

}  // namespace

void Stats::add(Metric metric, ConversationId conversation, UnixTime at, std::int64_t by) {
  db().query("INSERT INTO stats_daily(day, conversation, metric, value) VALUES(?1, ?2, ?3, ?4) "
             "ON CONFLICT DO UPDATE SET value = value + ?4")
      .bind(day_number(std::chrono::floor<std::chrono::days>(at)), conversation, metric, by)
      .run();
}

std::vector<DailyFigure> Stats::daily(Metric metric, std::optional<ConversationId> conversation,
                                      std::chrono::sys_days from, std::chrono::sys_days until) const {
  auto row = db().query("SELECT day, sum(value) FROM stats_daily WHERE day >= ?1 AND day < ?2 AND metric = ?3 "
                        "AND (?4 IS NULL OR conversation = ?4) GROUP BY day ORDER BY day");
  row.bind(day_number(from), day_number(until), metric, conversation);
  std::vector<DailyFigure> out;
  while (row.step()) out.push_back({std::chrono::sys_days{std::chrono::days{row.i64(0)}}, row.i64(1)});
  return out;
}

std::vector<std::pair<ConversationId, std::int64_t>> Stats::top(Metric metric, std::chrono::sys_days from,
                                                                int limit) const {
  detail::require_limit(limit, 1'000);
  auto row = db().query("SELECT conversation, sum(value) AS total FROM stats_daily WHERE day >= ?1 AND metric = ?2 "
                        "GROUP BY conversation ORDER BY total DESC, conversation LIMIT ?3");
  row.bind(day_number(from), metric, limit);
  std::vector<std::pair<ConversationId, std::int64_t>> out;
  while (row.step()) out.emplace_back(row.as<ConversationId>(0), row.i64(1));
  return out;
}

StoreTotals Stats::totals() const {
  StoreTotals out;
  out.conversations = count_of(db(), "SELECT count(*) FROM conversations");
  out.messages = count_of(db(), "SELECT count(*) FROM messages");
  out.contacts = count_of(db(), "SELECT count(*) FROM contacts");
  out.attachments = count_of(db(), "SELECT count(*) FROM attachments");
  out.outbox = count_of(db(), "SELECT count(*) FROM outbox");
  out.pages = count_of(db(), "PRAGMA page_count");
  out.free_pages = count_of(db(), "PRAGMA freelist_count");
  return out;
}

}  // namespace anochat::storage
