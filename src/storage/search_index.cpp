#include "storage/search_index.hpp"

namespace anochat::storage::detail {

void index_added(Connection& db, std::int64_t first, std::int64_t last) {
  db.query("INSERT INTO messages_fts(rowid, body) SELECT id, body FROM messages WHERE id BETWEEN ?1 AND ?2")
      .bind(first, last)
      .run();
  db.query("INSERT INTO messages_trigrams(rowid, body) SELECT id, body FROM messages "
           "WHERE id BETWEEN ?1 AND ?2 AND substring_indexed = 1")
      .bind(first, last)
      .run();
}

void index_removed(Connection& db, std::int64_t first, std::int64_t last) {
  db.query("INSERT INTO messages_fts(messages_fts, rowid, body) "
           "SELECT 'delete', id, body FROM messages WHERE id BETWEEN ?1 AND ?2")
      .bind(first, last)
      .run();
  db.query("INSERT INTO messages_trigrams(messages_trigrams, rowid, body) "
           "SELECT 'delete', id, body FROM messages WHERE id BETWEEN ?1 AND ?2 AND substring_indexed = 1")
      .bind(first, last)
      .run();
}

}  // namespace anochat::storage::detail
