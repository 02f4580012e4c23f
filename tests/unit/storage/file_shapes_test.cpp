// Calls of the VFS that today's SQLite does not make. One that did would meet a refusal and never a guess.
#include "storage/memory_file.hpp"
#include "store_fixture.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <array>

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::test;

namespace {

/// A file of an open connection, called as SQLite calls it.
struct Opened {
  Opened(SQLite::Database& db, int which) {
    REQUIRE(sqlite3_file_control(db.getHandle(), "main", which, &file) == SQLITE_OK);
    REQUIRE(file->pMethods != nullptr);
  }
  int read(int size, sqlite3_int64 offset) {
    buffer.fill(0xaa);
    return file->pMethods->xRead(file, buffer.data(), size, offset);
  }
  int write(int size, sqlite3_int64 offset) { return file->pMethods->xWrite(file, buffer.data(), size, offset); }
  int control(int operation, void* argument) { return file->pMethods->xFileControl(file, operation, argument); }

  sqlite3_file* file = nullptr;
  std::array<std::uint8_t, 8'192> buffer{};
};

struct OpenStore {
  TempFolder folder;
  RawKey key = raw_key();
  EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
};

}  // namespace

TEST_CASE("the main file refuses shapes that SQLite does not have, and everything is there afterwards") {
  OpenStore t;
  {
    SQLite::Database db = t.store.open_connection();
    fill(db, 1, 50);
    Opened main(db, SQLITE_FCNTL_FILE_POINTER);
    CHECK(main.read(100, 4'096) == SQLITE_IOERR_READ);
    CHECK(main.buffer[0] == 0);  // nothing of the page reaches the caller
    CHECK(main.read(4'096, 17) == SQLITE_IOERR_READ);
    CHECK(main.write(4'096, 0) == SQLITE_IOERR_WRITE);  // outside a checkpoint
    CHECK(main.write(10, 0) == SQLITE_IOERR_WRITE);
    CHECK(main.file->pMethods->xTruncate(main.file, 4'096) == SQLITE_IOERR_TRUNCATE);
    CHECK(t.store.counters().unknown_shapes == 5);
    CHECK(main.control(SQLITE_FCNTL_BEGIN_ATOMIC_WRITE, nullptr) == SQLITE_NOTFOUND);
    CHECK(main.file->pMethods->xSectorSize(main.file) == 4'096);
    int is_reserved = 7;
    CHECK(main.file->pMethods->xCheckReservedLock(main.file, &is_reserved) == SQLITE_OK);
    CHECK(is_reserved != 7);
    CHECK(integrity(db) == "ok");
  }
  t.store.close();
  CHECK(look_at(t.folder / "a.db").rows == 50);
}

TEST_CASE("the WAL refuses shapes that SQLite does not have, and everything is there afterwards") {
  OpenStore t;
  {
    SQLite::Database db = t.store.open_connection();
    fill(db, 1, 50);
    Opened wal(db, SQLITE_FCNTL_JOURNAL_POINTER);
    for (const auto& [size, offset] : {std::pair{10, 0}, {8, 8}, {7, 32}, {4'096, 32}}) {
      CHECK(wal.read(size, offset) == SQLITE_IOERR_READ);
      CHECK(wal.buffer[0] == 0);
    }
    for (const auto& [size, offset] : {std::pair{10, 0}, {8, 24}, {7, 32}, {4'096, 32}}) {
      CHECK(wal.write(size, offset) == SQLITE_IOERR_WRITE);
    }
    CHECK(t.store.counters().unknown_shapes == 8);
    sqlite3_int64 hint = 1 << 30;
    CHECK(wal.control(SQLITE_FCNTL_SIZE_HINT, &hint) == SQLITE_OK);  // and makes nothing longer
    int lock_state = -1;
    CHECK(wal.control(SQLITE_FCNTL_LOCKSTATE, &lock_state) == SQLITE_OK);
    CHECK(lock_state >= 0);
    CHECK(wal.file->pMethods->xUnlock(wal.file, SQLITE_LOCK_NONE) == SQLITE_OK);
    fill(db, 51, 50);
    CHECK(integrity(db) == "ok");
  }
  t.store.close();
  CHECK(fs::file_size(t.folder / "a.db") < (1 << 20));
  CHECK(look_at(t.folder / "a.db").rows == 100);
}

TEST_CASE("a log that is cut to a limit keeps every commit") {
  OpenStore t;
  SQLite::Database db = t.store.open_connection();
  fill(db, 1, 2'000);
  const auto long_log = fs::file_size(t.folder / "a.db-wal");
  db.exec("PRAGMA journal_size_limit=20000; PRAGMA wal_checkpoint(PASSIVE)");
  fill(db, 2'001, 5);  // begins the log anew
  CHECK(fs::file_size(t.folder / "a.db-wal") < long_log / 4);
  copy_as_killed(t.folder / "a.db", t.folder / "b.db");
  CHECK(look_at(t.folder / "b.db").rows == 2'005);
}

TEST_CASE("a connection that stops syncing in the middle of a log loses nothing to a kill") {
  OpenStore t;
  SQLite::Database db = t.store.open_connection();
  fill(db, 1, 100);  // synced: the header says that this log counts
  db.exec("PRAGMA synchronous=OFF; PRAGMA wal_checkpoint(PASSIVE)");
  fill(db, 101, 100);  // begins the next log; nobody has synced the main file
  copy_as_killed(t.folder / "a.db", t.folder / "b.db");
  CHECK(look_at(t.folder / "b.db").rows == 200);
}

TEST_CASE("a page of the log that changed under an open store is refused, not read") {
  OpenStore t;
  SQLite::Database db = t.store.open_connection();
  fill(db, 1, 200);
  std::string bytes = read_bytes(t.folder / "a.db-wal");
  for (std::size_t at = 1'000; at < bytes.size(); at += 1'000) bytes[at] = static_cast<char>(bytes[at] ^ 1);
  {
    std::fstream file(t.folder / "a.db-wal", std::ios::binary | std::ios::in | std::ios::out);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  const auto rejected = t.store.counters().pages_rejected;
  CHECK_ERROR(t.store.open_connection({Access::read, 1024, 0}), Errc::store_corrupt);
  CHECK(t.store.counters().pages_rejected > rejected);
}

TEST_CASE("a file in memory reads as a file does, and what is cut off is wiped") {
  MemoryFile file;
  const Bytes bytes{1, 2, 3, 4, 5};
  CHECK(file.write(bytes, 3) == SQLITE_OK);
  std::int64_t size = 0;
  CHECK(file.size(size) == SQLITE_OK);
  CHECK(size == 8);
  Bytes out(4, 9);
  CHECK(file.read(out, 6) == SQLITE_IOERR_SHORT_READ);
  CHECK(out == Bytes{4, 5, 0, 0});
  CHECK(file.read(out, 100) == SQLITE_IOERR_SHORT_READ);
  CHECK(out == Bytes(4));
  CHECK(file.truncate(100) == SQLITE_OK);  // never makes it longer
  CHECK(file.truncate(4) == SQLITE_OK);
  CHECK(file.write(Bytes{7}, 6) == SQLITE_OK);
  out.resize(7);
  CHECK(file.read(out, 0) == SQLITE_OK);
  CHECK(out == Bytes{0, 0, 0, 1, 0, 0, 7});
  CHECK(file.sync(0) == SQLITE_OK);
  CHECK(file.lower() == nullptr);
  CHECK(file.file_control(SQLITE_FCNTL_SIZE_HINT, nullptr) == SQLITE_NOTFOUND);
}
