#include <anochat/storage/search.hpp>

#include <anochat/base/error.hpp>
#include <algorithm>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"
#include "storage/message_rows.hpp"
#include "storage/text_scan.hpp"

namespace anochat::storage {
namespace {

constexpr int kMostHits = 200;

/// "word" as FTS5 wants it: inside quotes nothing is syntax, and a quote is written twice.
std::string fts_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

/// %text% with LIKE's own signs escaped.
std::string like_pattern(std::string_view text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + '%';
}

struct Plan {
  std::string match;                // FTS5 expression; empty: no index can help
  std::vector<std::string> likes;   // substrings that must be there besides
  bool is_substring = false;        // which of the two indexes
};

/// Words only: the word index. As soon as there is unspaced writing, every term is looked for as a substring: by
/// trigrams from three code points on, by LIKE below.
Plan plan_of(const std::vector<detail::SearchTerm>& terms) {
  Plan plan;
  plan.is_substring = std::ranges::any_of(terms, [](const auto& term) { return term.is_unspaced; });
  for (const auto& term : terms) {
    if (plan.is_substring && detail::code_point_count(term.text) < 3) {
      plan.likes.push_back(like_pattern(term.text));
      continue;
    }
    if (!plan.match.empty()) plan.match += " AND ";
    plan.match += fts_string(term.text);
  }
  if (!plan.is_substring && !plan.match.empty()) plan.match += " *";  // the last word may be unfinished
  return plan;
}

const char* index_of(const Plan& plan) { return plan.is_substring ? "messages_trigrams" : "messages_fts"; }

/// Which messages, in which order, without their text: a sorter that carried bodies and snippets would compute them for
/// every hit, not only for those that are shown.
std::string hits_sql(const Plan& plan, const SearchQuery& query) {
  const bool has_index = !plan.match.empty();
  const bool reads_rows = !has_index || query.sender || query.from || query.until || !plan.likes.empty();
  const std::string id = has_index ? "f.rowid" : "m.id";
  const std::string time = "(" + id + " & 2199023255551)";  // the 41 bits below the conversation
  const bool by_rank = has_index && query.order == SearchOrder::relevance;
  std::string sql = "SELECT " + id + (by_rank ? ", f.rank FROM " : ", 0.0 FROM ");
  if (has_index) sql += std::string(index_of(plan)) + " f";
  if (has_index && reads_rows) sql += " JOIN messages m ON m.id = f.rowid";
  if (!has_index) sql += "messages m";
  sql += " WHERE ";
  sql += has_index ? std::string(index_of(plan)) + " MATCH ?1" : "m.substring_indexed = 1 AND ?1 IS NULL";
  sql += " AND " + id + " BETWEEN ?2 AND ?3";
  if (query.sender) sql += " AND m.sender = ?4";
  if (query.from) sql += " AND m.sent_at >= ?5";
  if (query.until) sql += " AND m.sent_at < ?6";
  if (query.after) sql += " AND (" + time + ", " + id + ") < (?7, ?8)";
  for (std::size_t i = 0; i < plan.likes.size(); ++i) {
    sql += " AND m.body LIKE ?" + std::to_string(10 + i) + " ESCAPE '\\'";
  }
  if (by_rank) {
    sql += " ORDER BY f.rank";
  } else if (query.conversation) {
    sql += " ORDER BY " + id + " DESC";  // the index's own order: stops at the limit
  } else {
    sql += " ORDER BY " + time + " DESC, " + id + " DESC";
  }
  return sql + " LIMIT ?9";
}

std::string hit_sql(const Plan& plan) {
  if (plan.match.empty()) {
    return "SELECT " ANOCHAT_MESSAGE_COLUMNS ", substr(m.body, 1, 120) FROM messages m WHERE ?1 IS NULL AND m.id = ?2";
  }
  const std::string index = index_of(plan);
  return "SELECT " ANOCHAT_MESSAGE_COLUMNS ", snippet(" + index + ", 0, char(57344), char(57345), '…', " +
         (plan.is_substring ? "40" : "16") + ") FROM " + index + " f JOIN messages m ON m.id = f.rowid WHERE " + index +
         " MATCH ?1 AND f.rowid = ?2";
}

struct Found {
  std::int64_t id;
  double rank;
};

std::vector<Found> find_ids(detail::Connection& db, const Plan& plan, const SearchQuery& query,
                            const std::optional<std::string_view>& match) {
  detail::CursorValue place;
  if (query.after) place = detail::decode_cursor(detail::CursorKind::search, *query.after);
  const ConversationId lowest = query.conversation.value_or(ConversationId{0});
  const ConversationId highest = query.conversation.value_or(ConversationId{detail::kMostConversation});
  auto row = db.query(hits_sql(plan, query));
  row.bind_at(1, match);
  row.bind_at(2, detail::first_id_of(lowest));
  row.bind_at(3, detail::last_id_of(highest));
  if (query.sender) row.bind_at(4, *query.sender);
  if (query.from) row.bind_at(5, *query.from);
  if (query.until) row.bind_at(6, *query.until);
  if (query.after) row.bind_at(7, place.a);
  if (query.after) row.bind_at(8, place.b);
  row.bind_at(9, query.limit + 1);
  for (std::size_t i = 0; i < plan.likes.size(); ++i) row.bind_at(10 + static_cast<int>(i), plan.likes[i]);
  std::vector<Found> found;
  while (row.step()) found.push_back({row.i64(0), row.real(1)});
  return found;
}

}  // namespace

SearchPage Search::find(const SearchQuery& query) const {
  detail::require_limit(query.limit, kMostHits);
  if (query.after && query.order != SearchOrder::newest) throw Error(Errc::invalid_argument, "search.find");
  if (query.after) static_cast<void>(detail::decode_cursor(detail::CursorKind::search, *query.after));
  SearchPage page;
  const auto terms = detail::split_query(query.text);
  if (terms.empty()) return page;
  const Plan plan = plan_of(terms);
  const auto match = plan.match.empty() ? std::nullopt : std::optional<std::string_view>(plan.match);
  std::vector<Found> found = find_ids(db(), plan, query, match);
  if (found.size() > static_cast<std::size_t>(query.limit)) {
    found.pop_back();
    const std::int64_t last = found.back().id;
    if (query.order == SearchOrder::newest) {
      page.next = detail::encode_cursor(detail::CursorKind::search, {last & detail::kTimeMask, last, 0});
    }
  }
  for (const Found& hit : found) {
    auto row = db().query(hit_sql(plan));
    row.bind(match, hit.id);
    if (row.step()) page.items.push_back({detail::read_message(row), row.text(detail::kMessageColumns), hit.rank});
  }
  return page;
}

}  // namespace anochat::storage
