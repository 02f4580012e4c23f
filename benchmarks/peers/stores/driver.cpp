// driver.cpp - W9: the same SQL on SQLite, SQLCipher and AnoChat's encrypted store. A message with a search index and
// the state of its session are written together; a commit is in the file when it returns.
//
//   anochat_peer_store <sqlite|sqlcipher|anochat> <folder on the disk to be measured>
#include "../driver.h"

#include "sql.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr std::uint32_t kConversations = 100;
constexpr std::uint32_t kFilled = 50'000;  // messages before anything is timed
constexpr std::size_t kPages = 200;
constexpr std::size_t kSearches = 50;

// FTS4: the oldest of the three libraries has nothing newer.
// The names are none of AnoChat's own tables.
constexpr const char* kSchema =
    "CREATE TABLE peer_messages(id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, sent_at INTEGER NOT NULL, "
    "body TEXT NOT NULL);"
    "CREATE INDEX peer_by_time ON peer_messages(conversation, sent_at);"
    "CREATE TABLE peer_sessions(id INTEGER PRIMARY KEY, state TEXT NOT NULL);"
    "CREATE VIRTUAL TABLE peer_search USING fts4(content=\"peer_messages\", body)";

struct Database {
  std::unique_ptr<peers::Sql> sql;
  peers::SqlStatement begin{*sql, "BEGIN IMMEDIATE"};
  peers::SqlStatement commit{*sql, "COMMIT"};
  peers::SqlStatement insert{*sql, "INSERT INTO peer_messages VALUES(?1, ?2, ?3, ?4)"};
  peers::SqlStatement index{*sql, "INSERT INTO peer_search(docid, body) VALUES(?1, ?2)"};
  peers::SqlStatement save{*sql, "INSERT OR REPLACE INTO peer_sessions VALUES(?1, ?2)"};
  peers::SqlStatement page{*sql,
                           "SELECT id, sent_at, body FROM peer_messages WHERE conversation = ?1 AND sent_at < ?2 "
                           "ORDER BY sent_at DESC LIMIT 50"};
  peers::SqlStatement find{*sql,
                           "SELECT m.id, m.body FROM peer_search JOIN peer_messages m ON m.id = peer_search.docid "
                           "WHERE peer_search MATCH ?1 ORDER BY peer_search.docid DESC LIMIT 20"};
};

std::optional<Database> database;
std::mt19937 rng(3);

std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(rng()) % limit; }

long long last_id = 0;

std::string word(std::uint32_t number) {
  static constexpr std::array<const char*, 16> kParts{"ba", "co", "du", "fe", "gi", "ho", "ju", "ka",
                                                      "le", "mi", "no", "pu", "ra", "se", "ti", "vo"};
  std::string out;
  for (int i = 0; i < 3; ++i, number /= 16) out += kParts[number % 16];
  return out;
}

// About 200 bytes of words; a few are frequent and most are rare, as in real text.
std::string body() {
  std::string out;
  while (out.size() < 200) out += word(std::min(below(4'000), below(4'000))) + ' ';
  return out;
}

void insert_message(const std::string& text) {
  static const std::string state(600, 's');
  const long long conversation = below(kConversations);
  ++last_id;
  database->insert.bind(1, last_id);
  database->insert.bind(2, conversation);
  database->insert.bind(3, last_id * 10);
  database->insert.bind(4, text);
  database->insert.run();
  database->index.bind(1, last_id);
  database->index.bind(2, text);
  database->index.run();
  database->save.bind(1, conversation);
  database->save.bind(2, state);
  database->save.run();
}

std::vector<std::string> bodies;

constexpr std::size_t commits_of(std::size_t group) {
  return group == 1 ? 50 : group == 10 ? 20 : group == 100 ? 5 : 1;
}

void prepare_bodies(std::size_t group) {
  bodies.clear();
  for (std::size_t i = 0; i < group * commits_of(group); ++i) bodies.push_back(body());
}

void insert_groups(std::size_t group) {
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (i % group == 0) database->begin.run();
    insert_message(bodies[i]);
    if (i % group == group - 1) database->commit.run();
  }
}

void read_pages(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    database->page.bind(1, below(kConversations));
    database->page.bind(2, kFilled * 5LL + below(kFilled * 5U));
    require(database->page.count() == 50, "a page has 50 messages");
  }
}

void search(std::size_t count) {
  int found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string words = word(below(2'000)) + " " + word(below(50));
    database->find.bind(1, words);
    found += database->find.count();
  }
  require(found > 0, "a search finds something");
}

constexpr workload inserting(const char* name, std::size_t group) {
  return {name, group * commits_of(group), group, prepare_bodies, insert_groups, nullptr, nullptr};
}

constexpr workload kWorkloads[] = {
    inserting("store, 1 a commit", 1),
    inserting("store, 10 a commit", 10),
    inserting("store, 100 a commit", 100),
    inserting("store, 1,000 a commit", 1'000),
    {"page of 50", kPages, kPages, nullptr, read_pages, nullptr, nullptr},
    {"search", kSearches, kSearches, nullptr, search, nullptr, nullptr},
};

void print_nothing() {}
void keep_nothing(std::size_t) {}

int run(const std::string& engine, const std::string& folder) {
  auto sql = peers::open_sql(engine, folder);
  sql->exec(kSchema);
  const std::string version = "(SQLite " + peers::version_of(*sql) + ")";
  database.emplace(std::move(sql));
  for (std::uint32_t i = 0; i < kFilled / 1'000; ++i) {
    prepare_bodies(1'000);
    insert_groups(1'000);
  }
  const driver d = {engine.c_str(), version.c_str(), kWorkloads, sizeof kWorkloads / sizeof *kWorkloads,
                    print_nothing,  keep_nothing};
  const int result = serve(&d);
  database.reset();
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: anochat_peer_store <sqlite|sqlcipher|anochat> <folder>\n");
    return 2;
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "anochat_peer_store: %s\n", error.what());
    return 1;
  }
}
