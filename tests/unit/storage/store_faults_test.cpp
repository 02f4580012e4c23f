// What a store says when the disk is full, the schema is from the future, or the file is damaged.
#include "fixture.hpp"
#include "storage/hook_vfs.hpp"
#include "storage/sqlite_failure.hpp"
#include "storage/store_lock.hpp"
#include "store_fixture.hpp"

#include <doctest/doctest.h>
#include <cerrno>
#include <sqlite3.h>

#include <map>

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;
using anochat::storage::test::raw_key;
using anochat::storage::test::TempFolder;

namespace {

void limit_pages(Store& store, int pages) {
  detail::StoreAccess::state(store).writer->exec("PRAGMA max_page_count = " + std::to_string(pages), "test");
}

/// A disk that grants some locks, and then no more.
class NoLocks final : public test::Hooks {
 public:
  int before(test::Op op, const std::string& /*file*/) override {
    if (op != test::Op::lock || locks_left == 0) return op == test::Op::lock ? SQLITE_BUSY : SQLITE_OK;
    --locks_left;
    return SQLITE_OK;
  }
  static constexpr int kAll = 1 << 30;
  int locks_left = kAll;
};

void set_schema(const std::filesystem::path& path, int version) {
  RawKey key = raw_key();
  auto file = EncryptedDatabase::open(path, key);
  file.open_connection({}).exec("PRAGMA user_version = " + std::to_string(version));
  file.close();
}

}  // namespace

TEST_CASE("SQLite's codes become ours") {
  const std::pair<int, Errc> expected[] = {
      {SQLITE_FULL, Errc::disk_full},
      {SQLITE_BUSY, Errc::store_busy},
      {SQLITE_BUSY_SNAPSHOT, Errc::store_busy},
      {SQLITE_LOCKED, Errc::store_busy},
      {SQLITE_CORRUPT, Errc::store_corrupt},
      {SQLITE_CORRUPT_VTAB, Errc::store_corrupt},
      {SQLITE_NOTADB, Errc::store_corrupt},
      {SQLITE_READONLY, Errc::read_only},
      {SQLITE_IOERR_WRITE, Errc::io_failed},
      {SQLITE_PROTOCOL, Errc::io_failed},
      {SQLITE_TOOBIG, Errc::too_large},
      {SQLITE_CONSTRAINT_UNIQUE, Errc::already_exists},
      {SQLITE_CONSTRAINT_PRIMARYKEY, Errc::already_exists},
      {SQLITE_CONSTRAINT_FOREIGNKEY, Errc::not_found},
      {SQLITE_CONSTRAINT_CHECK, Errc::invalid_argument},
      {SQLITE_MISMATCH, Errc::invalid_argument},
      {SQLITE_IOERR_CORRUPTFS, Errc::store_corrupt},
      {SQLITE_IOERR_DATA, Errc::store_corrupt},
      {SQLITE_ERROR, Errc::internal},
      {SQLITE_OK, Errc::internal},  // nothing has failed: a caller's mistake
  };
  for (const auto& [code, errc] : expected) CHECK_ERROR(detail::raise(code, "test"), errc);
  CHECK_ERROR(detail::raise(SQLITE_NOMEM, "test"), Errc::out_of_memory);
  CHECK_ERROR(detail::raise(SQLITE_IOERR_NOMEM, "test"), Errc::out_of_memory);
}

TEST_CASE("a database that cannot be opened is an error of ours, not SQLite's") {
  CHECK_ERROR(detail::plain_source("/nowhere/at/all.db")->open({}), Errc::io_failed);
}

TEST_CASE("the system's codes become ours") {
  const std::pair<int, Errc> expected[] = {
      {ENOENT, Errc::not_found},      {ENOTDIR, Errc::not_found},       {EEXIST, Errc::already_exists},
      {ELOOP, Errc::not_a_store},     {EISDIR, Errc::not_a_store},      {EACCES, Errc::read_only},
      {EPERM, Errc::read_only},       {EROFS, Errc::read_only},         {ENOSPC, Errc::disk_full},
      {EDQUOT, Errc::disk_full},      {ENOMEM, Errc::out_of_memory},    {EWOULDBLOCK, Errc::store_busy},
      {EIO, Errc::io_failed},         {EMFILE, Errc::io_failed},
  };
  for (const auto& [number, errc] : expected) CHECK_ERROR(throw_errno(number, "test"), errc);
}

TEST_CASE("a full disk fails the transaction, and the store goes on when there is room") {
  MemoryStore t;
  const auto c = t.conversation();
  t.add(c, "before");
  limit_pages(t.store, 150);
  const auto flood = [&](Records& r) {
    for (int i = 0; i < 200; ++i) r.meta.set_bytes("flood " + std::to_string(i), Bytes(20'000, 1));
  };
  CHECK_ERROR(t.store.write(flood), Errc::disk_full);
  CHECK_ERROR(t.store.submit(flood).get(), Errc::disk_full);
  CHECK_FALSE(t.store.snapshot()->meta.bytes("flood 0").has_value());
  CHECK(t.store.check(CheckDepth::full, false).is_good());
  limit_pages(t.store, 1 << 30);
  t.add(c, "after");
  t.store.write(flood);
  CHECK(t.store.snapshot()->messages.count(c) == 2);
}

TEST_CASE("locks that are never granted are a busy store or a failed file system, and it goes on when they are") {
  TempFolder folder;
  NoLocks hooks;
  const test::HookVfs disk("no-locks", hooks);
  DatabaseOptions options;
  options.base_vfs = "no-locks";
  RawKey key = raw_key();
  auto file = EncryptedDatabase::create(folder / "store.ano", key, options);
  {
    auto db = file.open_connection({});
    test::fill(db, 0, 3);
  }
  std::map<Errc, int> seen;
  bool is_refused = true;
  for (int granted = 0; is_refused; ++granted) {
    hooks.locks_left = granted;
    is_refused = false;
    try {
      static_cast<void>(file.open_connection({}));
    } catch (const Error& error) {
      is_refused = true;
      ++seen[error.code()];
    }
  }
  CHECK(seen[Errc::store_busy] + seen[Errc::io_failed] >= 3);
  CHECK(seen[Errc::io_failed] >= 1);  // SQLite gave up trying: "locking protocol"
  CHECK(seen.size() == 2);
  hooks.locks_left = NoLocks::kAll;
  {
    auto db = file.open_connection({});
    CHECK(test::count_rows(db) == 3);
  }
  file.close();
}

TEST_CASE("a store of the future is refused and left as it was") {
  TempFolder folder;
  World w;
  RawKey key = raw_key();
  const auto path = folder / "store.ano";
  Store::create(path, key, w.options()).close();
  set_schema(path, 99);
  CHECK_ERROR(Store::open(path, key, w.options()), Errc::newer_schema);
  set_schema(path, -1);
  CHECK_ERROR(Store::open(path, key, w.options()), Errc::newer_schema);
  set_schema(path, 1);
  Store store = Store::open(path, key, w.options());
  CHECK(store.schema_version() == 1);
  CHECK(store.check(CheckDepth::full, false).is_good());
}

TEST_CASE("an encrypted database that is no store of ours is refused") {
  TempFolder folder;
  World w;
  RawKey key = raw_key();
  const auto path = folder / "other.ano";
  test::make_store(path, 3);
  CHECK_ERROR(Store::open(path, key, w.options()), Errc::not_a_store);
  auto file = EncryptedDatabase::open(path, key);
  auto db = file.open_connection({});
  CHECK(test::count_rows(db) == 3);
}

TEST_CASE("a destructive step is preceded by a copy of the store") {
  TempFolder folder;
  World w;
  RawKey key = raw_key();
  const auto path = folder / "store.ano";
  const auto copy = folder / "before.anobak";
  Store::create(path, key, w.options()).close();
  const detail::Migration steps[] = {
      detail::schema_steps()[0],
      {"shrink", "DROP TABLE stats_daily; CREATE TABLE stats_daily(day INTEGER PRIMARY KEY) STRICT;", true}};
  auto file = EncryptedDatabase::open(path, key);
  {
    detail::Connection db(file.open_connection({}), 16);
    detail::MigrationHooks hooks;
    hooks.before_destructive = [&](int from) {
      CHECK(from == 1);
      detail::Connection reader(file.open_connection({.access = Access::read}), 16);
      detail::save_copy(file, reader, copy, key, {.with_identity = true}, w.options());
    };
    detail::migrate(db, steps, hooks);
    CHECK(detail::schema_version(db) == 2);
  }
  file.close();
  CHECK_ERROR(Store::open(path, key, w.options()), Errc::newer_schema);
  CHECK(Store::open(copy, key, w.options()).check(CheckDepth::full, false).is_good());
}
