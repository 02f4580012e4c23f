// The traps that a VFS which changes what SQLite writes can fall into; each was met once.
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <atomic>
#include <sqlite3.h>
#include <unistd.h>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "storage/page_seal.hpp"
#include "storage/sqlite_error.hpp"
#include "store_fixture.hpp"
#include "support/check.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::test;

namespace {

/// Changes rows here and there until pages have left a tiny cache and come back.
void churn(SQLite::Database& db, std::uint32_t seed, int changes) {
  std::mt19937 random(seed);
  for (int i = 0; i < changes; ++i) {
    db.exec("UPDATE secret_table SET body = body || '" + std::string(random() % 50, 'x') + "' WHERE id = " +
            std::to_string(1 + random() % 400));
  }
}

ConnectionOptions tiny_cache() {
  ConnectionOptions options;
  options.cache_kib = 64;
  options.may_spill = true;
  return options;
}

}  // namespace

TEST_CASE("no file of an open store repeats SQLite's checksums in the clear") {
  const TempFolder folder;
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  SQLite::Database db = store.open_connection();
  fill(db, 1, 100);
  CHECK_FALSE(fs::exists(folder / "a.db-shm"));
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 2);
  // Hidden words differ for the same words in another frame and show again only in their own.
  const FrameMask mask(KeyView(key.secret().data(), 32));
  FrameHeader first{}, second{};
  mask.hide(1, first);
  mask.hide(2, second);
  CHECK(first != second);
  CHECK(first != FrameHeader{});
  mask.show(1, second);
  CHECK(second != FrameHeader{});
  mask.show(1, first);
  CHECK(first == FrameHeader{});
}

TEST_CASE("a transaction that spills out of the cache is whole after a kill") {
  const TempFolder folder;
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  SQLite::Database db = store.open_connection(tiny_cache());
  fill(db, 1, 400, 1500);
  SUBCASE("with the commit synced") {}
  SUBCASE("with a commit that nothing follows") { db.exec("PRAGMA synchronous=NORMAL"); }
  {
    SQLite::Transaction transaction(db);
    churn(db, 5, 1000);
    db.exec("INSERT INTO secret_table VALUES(5000, 'last')");
    transaction.commit();
  }
  copy_as_killed(folder / "a.db", folder / "b.db");
  CHECK(look_at(folder / "b.db").rows == 401);
  CHECK(store.counters().unknown_shapes == 0);
}

TEST_CASE("commits after a rollback to a savepoint are there after a kill, even with a tiny cache") {
  const TempFolder folder;
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  ConnectionOptions options = tiny_cache();
  int refused = 0;
  SUBCASE("without spilling, as connections are") { options.may_spill = false; }
  SUBCASE("with spilling, when the store must refuse what could not be recovered") {}
  SQLite::Database db = store.open_connection(options);
  fill(db, 1, 400, 1500);
  for (std::uint32_t round = 0; round < 12; ++round) {
    try {
      db.exec("BEGIN IMMEDIATE; UPDATE secret_table SET body = body || 'y' WHERE id < 3; SAVEPOINT s");
      churn(db, round, 300);
      db.exec("ROLLBACK TO s; RELEASE s");
      churn(db, round + 100, 150);
      db.exec("PRAGMA user_version=" + std::to_string(round + 1) + "; COMMIT");
    } catch (const SQLite::Exception& exception) {
      CHECK(errc_of_sqlite(exception.getExtendedErrorCode()) == Errc::io_failed);
      if (sqlite3_get_autocommit(db.getHandle()) == 0) db.exec("ROLLBACK");
      ++refused;
    }
    const int acknowledged = db.execAndGet("PRAGMA user_version").getInt();
    copy_as_killed(folder / "a.db", folder / "b.db");
    EncryptedDatabase copy = EncryptedDatabase::open(folder / "b.db", key);
    {
      SQLite::Database again = copy.open_connection();
      CHECK(again.execAndGet("PRAGMA user_version").getInt() == acknowledged);
      CHECK(integrity(again) == "ok");
    }
    copy.close();
  }
  CHECK((refused > 0) == options.may_spill);
}

TEST_CASE("an SQLite exception without an extended code still says what went wrong") {
  CHECK_ERROR(throw_sqlite(SQLite::Exception("no more", SQLITE_NOMEM), "test"), Errc::out_of_memory);
  CHECK_ERROR(throw_sqlite(SQLite::Exception("full", SQLITE_FULL), "test"), Errc::disk_full);
}

TEST_CASE("a first page that was torn in a checkpoint does not cost the store") {
  const TempFolder folder;
  RawKey key = raw_key();
  {
    const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
    SQLite::Database db = store.open_connection();
    fill(db, 1, 100);
    copy_as_killed(folder / "a.db", folder / "b.db");
  }
  std::string bytes = read_bytes(folder / "b.db");
  bytes.replace(2 * kHeaderSize, 2048, std::string(2048, 't'));
  write_bytes(folder / "b.db", bytes);
  CHECK(look_at(folder / "b.db").rows == 100);
}

TEST_CASE("temporary files stay in memory whatever a connection asks for") {
  const TempFolder folder;
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  SQLite::Database db = store.open_connection(tiny_cache());
  fill(db, 1, 3000);
  db.exec("PRAGMA temp_store=FILE; CREATE TEMP TABLE t AS SELECT * FROM secret_table; CREATE INDEX temp.ti ON t(body)");
  CHECK(db.execAndGet("SELECT count(*) FROM (SELECT * FROM t ORDER BY body, random())").getInt() == 3000);
  db.exec("VACUUM");
  CHECK_FALSE(has_plaintext(folder.path()));
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 2);
  CHECK_THROWS_AS(db.exec("ATTACH '" + (folder / "other.db").string() + "' AS other; CREATE TABLE other.t(x)"), SQLite::Exception);
  CHECK_FALSE(fs::exists(folder / "other.db"));
}

TEST_CASE("the page that SQLite leaves out for its locks is no hole in the file") {
  // The lock page lies at 1 GiB; SQLite can move it, but only for a whole process.
  const TempFolder folder;
  const ::pid_t child = ::fork();
  if (child == 0) {
    sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, 0x10000);
    bool is_good = false;
    try {
      RawKey key = raw_key();
      EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
      {
        SQLite::Database db = store.open_connection();
        fill(db, 1, 1000);
        db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        is_good = integrity(db) == "ok" && store.counters().holes_filled == 1;
      }
      store.close();
      is_good = is_good && look_at(folder / "a.db").rows == 1000;
    } catch (const std::exception&) {
      is_good = false;
    }
    ::_exit(is_good ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a child process never repeats a nonce of its parent") {
  SystemRandom random;
  NonceSource nonces(random);
  ByteArray<32> warm_up;
  nonces.next(warm_up);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  constexpr int kCount = 400;  // several buffers
  const auto draw = [&] {
    std::vector<ByteArray<32>> out(kCount);
    for (auto& nonce : out) nonces.next(nonce);
    return out;
  };
  const ::pid_t child = ::fork();
  if (child == 0) {
    const auto mine = draw();
    const auto written = ::write(ends[1], mine.data(), kCount * 32);
    ::_exit(written == kCount * 32 ? 0 : 1);
  }
  const auto mine = draw();
  std::vector<ByteArray<32>> theirs(kCount);
  std::size_t got = 0;
  while (got < kCount * 32) {
    const auto part = ::read(ends[0], reinterpret_cast<char*>(theirs.data()) + got, kCount * 32 - got);
    REQUIRE(part > 0);
    got += static_cast<std::size_t>(part);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  std::set<ByteArray<32>> all(mine.begin(), mine.end());
  all.insert(theirs.begin(), theirs.end());
  CHECK(all.size() == 2 * kCount);
}

TEST_CASE("a second process is told that the store is busy") {
  const TempFolder folder;
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  SQLite::Database db = store.open_connection();
  fill(db, 1, 10);
  const ::pid_t child = ::fork();
  if (child == 0) {
    // Not by way of the list that fork() copied: a fresh name for the same file.
    Errc found{};
    try {
      static_cast<void>(EncryptedDatabase::open(folder / "a.db", key));
    } catch (const Error& error) {
      found = error.code();
    }
    ::_exit(found == Errc::store_busy ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
  fill(db, 11, 10);
  CHECK(count_rows(db) == 20);
}

TEST_CASE("readers see whole transactions while a writer commits and another thread checkpoints") {
  const TempFolder folder;
  RawKey key = raw_key();
  EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  std::atomic<bool> is_done{false};
  std::atomic<int> torn{0};
  {
    SQLite::Database writer = store.open_connection({Access::write, 512, 5000});
    fill(writer, 1, 100);
    writer.exec("PRAGMA wal_autocheckpoint=40");
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        SQLite::Database reader = store.open_connection({Access::read, 256, 5000});
        do {
          if (count_rows(reader) % 100 != 0) ++torn;  // the writer adds a hundred rows at a time
        } while (!is_done);
      });
    }
    threads.emplace_back([&] {
      SQLite::Database other = store.open_connection({Access::write, 256, 5000});
      while (!is_done) {
        try {
          other.exec("PRAGMA wal_checkpoint(PASSIVE)");
        } catch (const SQLite::Exception&) {
          ++torn;
        }
        std::this_thread::yield();
      }
    });
    for (int i = 1; i < 40; ++i) fill(writer, 1 + i * 100, 100);
    is_done = true;
    for (std::thread& thread : threads) thread.join();
    CHECK(integrity(writer) == "ok");
  }
  CHECK(torn == 0);
  CHECK(store.counters().unknown_shapes == 0);
  CHECK(store.counters().pages_rejected == 0);
  store.close();
  CHECK(look_at(folder / "a.db").rows == 4000);
}
