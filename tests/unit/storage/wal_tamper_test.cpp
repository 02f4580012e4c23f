// The WAL of a store that was not closed: what must be in it is, or the store says so.
#include <doctest/doctest.h>

#include <functional>

#include "store_fixture.hpp"
#include "support/check.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::test;

namespace {

constexpr std::size_t kFirstFrame = 96, kDiskFrame = 24 + 4096 + 64;

/// A store as a kill leaves it: `commits` transactions of 10 rows, the later ones in the WAL only.
struct Killed {
  TempFolder folder;
  fs::path path = folder / "killed.db";
  std::string main, wal;

  explicit Killed(int commits, const std::function<void(SQLite::Database&)>& extra = {}) {
    RawKey key = raw_key();
    const EncryptedDatabase store = EncryptedDatabase::create(folder / "live.db", key);
    SQLite::Database db = store.open_connection();
    for (int i = 0; i < commits; ++i) fill(db, i * 10, 10);
    if (extra) extra(db);
    copy_as_killed(folder / "live.db", path);
    main = read_bytes(path);
    wal = read_bytes(wal_path());
  }
  [[nodiscard]] fs::path wal_path() const { return path.string() + "-wal"; }
  void put(const std::string& new_main, const std::string& new_wal) const {
    write_bytes(path, new_main);
    write_bytes(wal_path(), new_wal);
  }
  void check_corrupt() const {
    const std::string main_before = read_bytes(path), wal_before = read_bytes(wal_path());
    RawKey key = raw_key();
    CHECK_ERROR(EncryptedDatabase::open(path, key), Errc::store_corrupt);
    CHECK(read_bytes(path) == main_before);
    CHECK(read_bytes(wal_path()) == wal_before);
  }
};

}  // namespace

TEST_CASE("a store that was killed has every commit") {
  const Killed killed(10);
  CHECK(look_at(killed.path).rows == 100);
}

TEST_CASE("a removed, emptied or garbled WAL is corruption, not a step back in time") {
  const Killed killed(10);
  SUBCASE("removed") { fs::remove(killed.wal_path()); }
  SUBCASE("emptied") { killed.put(killed.main, ""); }
  SUBCASE("cut in its header") { killed.put(killed.main, killed.wal.substr(0, 95)); }
  SUBCASE("cut in its first frame") { killed.put(killed.main, killed.wal.substr(0, kFirstFrame + 1000)); }
  SUBCASE("its head overwritten") { killed.put(killed.main, std::string(96, 'x') + killed.wal.substr(96)); }
  killed.check_corrupt();
}

TEST_CASE("a flipped bit in the WAL is found, wherever it is, unless it is in the very last commit") {
  const Killed killed(12);
  const std::size_t last_commits = killed.wal.size() - 12 * kDiskFrame;
  for (std::size_t at = 0; at < last_commits; at += at < 96 ? 5 : 977) {
    std::string changed = killed.wal;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    killed.put(killed.main, changed);
    killed.check_corrupt();
  }
}

TEST_CASE("a WAL with a torn end loses the commit that was never acknowledged and no other") {
  const Killed killed(10);
  const std::string torn = killed.wal.substr(0, killed.wal.size() - 1000);
  killed.put(killed.main, torn);
  CHECK(look_at(killed.path).rows == 90);
}

TEST_CASE("after a checkpoint began, the WAL must have every frame it had then") {
  const Killed killed(10, [](SQLite::Database& db) { db.exec("PRAGMA wal_checkpoint(PASSIVE)"); });
  CHECK(look_at(killed.path).rows == 100);
  // Passive and complete: the main file has everything, so the WAL may even be gone ...
  killed.put(killed.main, killed.wal);
  fs::remove(killed.wal_path());
  CHECK(look_at(killed.path).rows == 100);
  // ... and one that was cut is not read: it would put older pages over newer ones.
  killed.put(killed.main, killed.wal.substr(0, kFirstFrame + 4 * kDiskFrame));
  CHECK(look_at(killed.path).rows == 100);
}

TEST_CASE("a WAL of another store is refused and stays") {
  const Killed killed(5), other(7);
  killed.put(killed.main, other.wal);
  killed.check_corrupt();
  make_store(killed.folder / "closed.db", 20);
  write_bytes(killed.folder / "closed.db-wal", other.wal);
  RawKey key = raw_key();
  CHECK_ERROR(EncryptedDatabase::open(killed.folder / "closed.db", key), Errc::store_corrupt);
  CHECK(read_bytes(killed.folder / "closed.db-wal") == other.wal);
}

TEST_CASE("main file and WAL from different times do not mix") {
  TempFolder folder;
  RawKey key = raw_key();
  const fs::path live = folder / "live.db", early = folder / "early.db", late = folder / "late.db";
  {
    const EncryptedDatabase store = EncryptedDatabase::create(live, key);
    SQLite::Database db = store.open_connection();
    fill(db, 0, 10);
    copy_as_killed(live, early);
    for (int round = 1; round <= 3; ++round) {
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      fill(db, round * 100, 10);
    }
    copy_as_killed(live, late);
  }
  const std::string early_wal = read_bytes(early.string() + "-wal"), late_wal = read_bytes(late.string() + "-wal");
  REQUIRE_FALSE(early_wal.empty());
  fs::copy_file(late.string() + "-wal", early.string() + "-wal", fs::copy_options::overwrite_existing);
  CHECK_ERROR(EncryptedDatabase::open(early, key), Errc::store_corrupt);
  write_bytes(late.string() + "-wal", early_wal);
  CHECK_ERROR(EncryptedDatabase::open(late, key), Errc::store_corrupt);
  write_bytes(early.string() + "-wal", early_wal);
  write_bytes(late.string() + "-wal", late_wal);
  CHECK(look_at(early).rows == 10);
  CHECK(look_at(late).rows == 40);
}

TEST_CASE("leftovers that hold nothing acknowledged are dropped when the store opens") {
  const TempFolder folder;
  make_store(folder / "a.db", 30);
  write_bytes(folder / "a.db-wal", std::string(50'000, 'z'));
  CHECK(look_at(folder / "a.db").rows == 30);
}

TEST_CASE("a symbolic link in the WAL's place is refused and its target is left alone") {
  const TempFolder folder;
  make_store(folder / "a.db", 30);
  write_bytes(folder / "letter", "dear all");
  fs::create_symlink(folder / "letter", folder / "a.db-wal");
  RawKey key = raw_key();
  CHECK_ERROR(EncryptedDatabase::open(folder / "a.db", key), Errc::store_corrupt);
  CHECK(read_bytes(folder / "letter") == "dear all");
}

TEST_CASE("one lost header slot costs no commit, at any moment of the WAL's life") {
  for (int moment = 0; moment < 5; ++moment) {
    const Killed killed(4, [moment](SQLite::Database& db) {
      if (moment >= 1) db.exec("PRAGMA wal_checkpoint(PASSIVE)");
      if (moment >= 2) fill(db, 100, 10);
      if (moment >= 3) db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      if (moment >= 4) fill(db, 200, 10);
    });
    const int rows = 40 + (moment >= 2 ? 10 : 0) + (moment >= 4 ? 10 : 0);
    for (const std::size_t slot : {std::size_t{0}, kHeaderSize}) {
      std::string changed = killed.main;
      changed[slot + 2000] = static_cast<char>(changed[slot + 2000] ^ 4);
      killed.put(changed, killed.wal);
      const Look look = look_at(killed.path);
      CHECK_MESSAGE(look.rows == rows, "moment ", moment, ", slot ", slot, ": ", std::string(name_of(look.error)));
    }
  }
}
