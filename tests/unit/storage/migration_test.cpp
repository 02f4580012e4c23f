// Migrations: the machinery, with steps of the test's own.
#include <doctest/doctest.h>
#include <filesystem>
#include <stdexcept>

#include "fixture.hpp"
#include "store_fixture.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;
using detail::Migration;

namespace {

const Migration kSteps[] = {
    {"notes", "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT; "
              "INSERT INTO notes(text) VALUES('one'), ('two');", false},
    {"split", "ALTER TABLE notes ADD COLUMN length INTEGER NOT NULL DEFAULT 0; UPDATE notes SET length = length(text);",
     false},
    {"rebuild", "CREATE TABLE fresh(id INTEGER PRIMARY KEY, text TEXT NOT NULL, length INTEGER NOT NULL) STRICT; "
                "INSERT INTO fresh SELECT id, upper(text), length FROM notes; DROP TABLE notes; "
                "ALTER TABLE fresh RENAME TO notes;", true},
};

struct File {
  test::TempFolder folder;
  std::string path = (folder / "migration.db").string();
  detail::Connection open() const {
    return detail::Connection(detail::plain_source(path)->open({}), 16);
  }
};

std::string first_note(detail::Connection& db) {
  auto row = db.query("SELECT text FROM notes ORDER BY id LIMIT 1");
  return row.step() ? row.text(0) : "";
}

struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

}  // namespace

TEST_CASE("a new store gets every step, an older one the rest, and a current one none") {
  const File file;
  auto db = file.open();
  migrate(db, std::span(kSteps).first(1));
  CHECK(schema_version(db) == 1);
  CHECK(first_note(db) == "one");
  std::vector<int> snapshots;
  const detail::MigrationHooks hooks{.before_destructive = [&](int from) { snapshots.push_back(from); }, .on_point = {}};
  migrate(db, kSteps, hooks);
  CHECK(schema_version(db) == 3);
  CHECK(first_note(db) == "ONE");
  migrate(db, kSteps, hooks);
  CHECK(snapshots == std::vector{2});
}

TEST_CASE("a migration that dies at any point leaves one schema or the next, and the next start finishes") {
  for (int from = 0; from < 3; ++from) {
    for (const char* point : {"begun", "changed", "numbered", "committed"}) {
      const File file;
      {
        auto db = file.open();
        const detail::MigrationHooks die{.before_destructive = {}, .on_point = [&](int step, const char* at) {
                                           if (step == from && std::string_view(at) == point) throw Killed();
                                         }};
        CHECK_THROWS_AS(migrate(db, kSteps, die), Killed);
      }
      auto db = file.open();
      CHECK(schema_version(db) == from + (std::string_view(point) == "committed" ? 1 : 0));
      migrate(db, kSteps);
      CHECK(schema_version(db) == 3);
      CHECK(first_note(db) == "ONE");
    }
  }
}

TEST_CASE("a step that fails leaves nothing behind") {
  const File file;
  auto db = file.open();
  migrate(db, std::span(kSteps).first(1));
  const Migration bad[] = {kSteps[0], {"bad", "CREATE TABLE half(x); INSERT INTO missing VALUES(1);", false}};
  CHECK_ERROR(migrate(db, bad), Errc::internal);
  CHECK(schema_version(db) == 1);
  auto row = db.query("SELECT count(*) FROM sqlite_schema WHERE name = 'half'");
  REQUIRE(row.step());
  CHECK(row.i64(0) == 0);
}

TEST_CASE("a newer schema and a stranger's database are refused untouched") {
  const File file;
  auto db = file.open();
  migrate(db, kSteps);
  CHECK_ERROR(migrate(db, std::span(kSteps).first(2)), Errc::newer_schema);
  CHECK(first_note(db) == "ONE");
  const File other;
  auto stranger = other.open();
  stranger.exec("CREATE TABLE theirs(x)", "test");
  CHECK_ERROR(migrate(stranger, kSteps), Errc::not_a_store);
  CHECK(schema_version(stranger) == 0);
}

TEST_CASE("schema v1 is good by SQLite's own checks, and search indexes can be built anew") {
  MemoryStore t;
  const auto c = t.conversation();
  t.add(c, "needle 東京タワー");
  CHECK(t.store.check(CheckDepth::full).is_good());
  detail::StoreState& s = detail::StoreAccess::state(t.store);
  {
    detail::WriteScope scope(*s.writer, "test");
    s.writer->exec("INSERT INTO messages_fts(messages_fts) VALUES('delete-all')", "test");
    s.writer->exec("INSERT INTO messages_trigrams(messages_trigrams) VALUES('delete-all')", "test");
    scope.commit();
  }
  CHECK(t.store.snapshot()->search.find({.text = "needle"}).items.empty());
  const auto seen = t.store.check(CheckDepth::quick, false);
  CHECK(seen.search_was_damaged);
  CHECK_FALSE(seen.is_good());
  const auto repaired = t.store.check(CheckDepth::quick, true);
  CHECK(repaired.search_was_rebuilt);
  CHECK(repaired.is_good());
  CHECK(t.store.snapshot()->search.find({.text = "needle"}).items.size() == 1);
  CHECK(t.store.snapshot()->search.find({.text = "東京タワー"}).items.size() == 1);
  t.store.compact(true);
  CHECK(t.store.check(CheckDepth::full).is_good());
}
