#include <doctest/doctest.h>

#include <anochat/storage/recovery_key.hpp>
#include <sys/stat.h>

#include "store_fixture.hpp"
#include "support/check.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::test;

namespace {

PassphraseKey passphrase(std::string_view text) { return PassphraseKey(text, {KdfParams::kLeastMemory, 2}); }

std::string answer(SQLite::Database& db, const char* sql) { return db.execAndGet(sql).getString(); }

}  // namespace

TEST_CASE("what is written to a store is there when it is opened again, with either cipher") {
  for (const Cipher cipher : {Cipher::aegis256, Cipher::xchacha20}) {
    const TempFolder folder;
    RawKey key = raw_key();
    DatabaseOptions options;
    options.cipher = cipher;
    {
      EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key, options);
      SQLite::Database db = store.open_connection();
      fill(db, 1, 500);
      CHECK(count_rows(db) == 500);
      CHECK(store.counters().unknown_shapes == 0);
      CHECK(store.counters().refused_files == 0);
      CHECK_FALSE(has_plaintext(folder.path()));
    }
    EncryptedDatabase store = EncryptedDatabase::open(folder / "a.db", key);
    CHECK(store.cipher() == cipher);
    {
      SQLite::Database db = store.open_connection({Access::read, 1024, 0});
      CHECK(count_rows(db) == 500);
      CHECK(integrity(db) == "ok");
      CHECK(store.counters().pages_rejected == 0);
    }
    store.close();
    CHECK_FALSE(fs::exists(folder / "a.db-wal"));
    CHECK_FALSE(has_plaintext(folder.path()));
  }
}

TEST_CASE("a connection has every setting that the store relies on") {
  const TempFolder folder;
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  SQLite::Database db = store.open_connection();
  CHECK(answer(db, "PRAGMA journal_mode") == "wal");
  CHECK(answer(db, "PRAGMA synchronous") == "2");
  CHECK(answer(db, "PRAGMA temp_store") == "2");
  CHECK(answer(db, "PRAGMA secure_delete") == "1");
  CHECK(answer(db, "PRAGMA foreign_keys") == "1");
  CHECK(answer(db, "PRAGMA cell_size_check") == "1");
  CHECK(answer(db, "PRAGMA trusted_schema") == "0");
  CHECK(answer(db, "PRAGMA page_size") == "4096");
  CHECK(answer(db, "PRAGMA wal_autocheckpoint") == "1000");
  SQLite::Database reader = store.open_connection({Access::read, 1024, 0});
  CHECK(answer(reader, "PRAGMA wal_autocheckpoint") == "0");
  CHECK_THROWS_AS(reader.exec("CREATE TABLE t(x)"), SQLite::Exception);
}

TEST_CASE("a store's files are for their owner only") {
  const TempFolder folder;
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  SQLite::Database db = store.open_connection();
  fill(db, 1, 10);
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    struct ::stat found {};
    REQUIRE(::stat(entry.path().c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a second opening of a store is refused at once and does no harm") {
  const TempFolder folder;
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  SQLite::Database db = store.open_connection();
  fill(db, 1, 10);
  CHECK_ERROR(EncryptedDatabase::open(folder / "a.db", key), Errc::store_busy);
  fs::create_hard_link(folder / "a.db", folder / "b.db");
  CHECK_ERROR(EncryptedDatabase::open(folder / "b.db", key), Errc::store_busy);
  fill(db, 11, 10);
  CHECK(count_rows(db) == 20);
}

TEST_CASE("creating never touches a file that is there") {
  const TempFolder folder;
  RawKey key = raw_key();
  write_bytes(folder / "a.db", "somebody's letter");
  CHECK_ERROR(EncryptedDatabase::create(folder / "a.db", key), Errc::already_exists);
  CHECK(read_bytes(folder / "a.db") == "somebody's letter");
  write_bytes(folder / "b.db-wal", "left behind");
  CHECK_ERROR(EncryptedDatabase::create(folder / "b.db", key), Errc::already_exists);
  CHECK(read_bytes(folder / "b.db-wal") == "left behind");
  CHECK_FALSE(fs::exists(folder / "b.db"));
  CHECK_ERROR(EncryptedDatabase::create(folder / "no/such/a.db", key), Errc::not_found);
  CHECK_ERROR(EncryptedDatabase::open(folder / "c.db", key), Errc::not_found);
  CHECK_FALSE(fs::exists(folder / "c.db"));
}

TEST_CASE("a draft that a crash left behind does not stand in the way of a new store") {
  const TempFolder folder;
  RawKey key = raw_key();
  write_bytes(folder / "a.db-new", "half a header");
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  CHECK_FALSE(fs::exists(folder / "a.db-new"));
}

TEST_CASE("every key opens the store, a removed or changed one does not") {
  const TempFolder folder;
  SystemRandom random;
  PassphraseKey first = passphrase("correct horse");
  PassphraseKey second = passphrase("battery staple");
  RecoveryKey recovery = RecoveryKey::generate(random);
  RawKey raw = raw_key();
  std::uint32_t recovery_slot = 0;
  {
    EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", first);
    CHECK(store.opened_slot() == 1);
    recovery_slot = store.add_key(recovery);
    store.add_key(raw);
    CHECK(store.key_slots().size() == 3);
  }
  for (KeyProvider* key : {static_cast<KeyProvider*>(&first), static_cast<KeyProvider*>(&recovery),
                           static_cast<KeyProvider*>(&raw)}) {
    EncryptedDatabase store = EncryptedDatabase::open(folder / "a.db", *key);
    CHECK(store.key_slots().size() == 3);
  }
  {
    EncryptedDatabase store = EncryptedDatabase::open(folder / "a.db", raw);
    store.change_key(1, second);
    store.remove_key(recovery_slot);
    CHECK_ERROR(store.remove_key(recovery_slot), Errc::not_found);
    CHECK_ERROR(store.change_key(77, second), Errc::not_found);
  }
  const std::string bytes = read_bytes(folder / "a.db");
  CHECK_ERROR(EncryptedDatabase::open(folder / "a.db", first), Errc::wrong_key);
  CHECK_ERROR(EncryptedDatabase::open(folder / "a.db", recovery), Errc::wrong_key);
  CHECK(read_bytes(folder / "a.db") == bytes);
  EncryptedDatabase store = EncryptedDatabase::open(folder / "a.db", second);
  store.remove_key(3);
  CHECK_ERROR(store.remove_key(1), Errc::wrong_state);
  for (std::size_t i = 1; i < EncryptedDatabase::kMaxKeySlots; ++i) store.add_key(raw);
  CHECK_ERROR(store.add_key(raw), Errc::quota_exceeded);
}

TEST_CASE("an old key slot is gone from both copies of the header") {
  const TempFolder folder;
  PassphraseKey first = passphrase("one");
  PassphraseKey second = passphrase("two");
  {
    EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", first);
    store.change_key(1, second);
  }
  const std::string bytes = read_bytes(folder / "a.db");
  for (const std::size_t damaged : {std::size_t{0}, kHeaderSize}) {
    std::string changed = bytes;
    changed[damaged + 200] = static_cast<char>(changed[damaged + 200] ^ 1);
    write_bytes(folder / "a.db", changed);
    CHECK_ERROR(EncryptedDatabase::open(folder / "a.db", first), Errc::wrong_key);
    CHECK_NOTHROW(static_cast<void>(EncryptedDatabase::open(folder / "a.db", second)));
  }
}

TEST_CASE("closing waits for nobody: with a connection open it is refused") {
  const TempFolder folder;
  RawKey key = raw_key();
  EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  {
    SQLite::Database db = store.open_connection();
    fill(db, 1, 10);
    CHECK_ERROR(store.close(), Errc::wrong_state);
    fill(db, 11, 10);
  }
  store.close();
  store.close();
  CHECK_ERROR(store.open_connection(), Errc::wrong_state);
  CHECK(look_at(folder / "a.db").rows == 20);
}

TEST_CASE("the generation follows the key provider's counter and an older copy is found out") {
  const TempFolder folder;
  std::optional<std::uint64_t> kept;
  CallbackKey key({[] {
                     StoreKey bytes;
                     return bytes;
                   },
                   [&] { return kept; }, [&](std::uint64_t value) { kept = value; }});
  {
    EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
    CHECK(kept == store.generation());
    store.close();
  }
  fs::copy_file(folder / "a.db", folder / "old.db");
  {
    EncryptedDatabase store = EncryptedDatabase::open(folder / "a.db", key);
    store.advance_generation(key);
    CHECK(kept == 3);
    CHECK_FALSE(store.was_rolled_back());
  }
  const std::string bytes = read_bytes(folder / "old.db");
  CHECK_ERROR(EncryptedDatabase::open(folder / "old.db", key), Errc::rolled_back);
  CHECK(read_bytes(folder / "old.db") == bytes);
  DatabaseOptions options;
  options.accept_rolled_back = true;
  {
    const EncryptedDatabase store = EncryptedDatabase::open(folder / "old.db", key, options);
    CHECK(store.was_rolled_back());
    CHECK(store.generation() == 4);
  }
  CHECK_NOTHROW(static_cast<void>(EncryptedDatabase::open(folder / "old.db", key)));
}

TEST_CASE("derived keys differ by purpose and number and stay the same over time") {
  const TempFolder folder;
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::create(folder / "a.db", key);
  const auto a = store.derive_key("files"), b = store.derive_key("files", 1), c = store.derive_key("other");
  CHECK_FALSE(equal_ct(a.expose(), b.expose()));
  CHECK_FALSE(equal_ct(a.expose(), c.expose()));
  CHECK(equal_ct(a.expose(), store.derive_key("files").expose()));
  CHECK_ERROR(store.derive_key("far too long"), Errc::invalid_argument);
}
