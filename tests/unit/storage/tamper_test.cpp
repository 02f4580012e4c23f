// Damage and attacks on a store at rest: each has its Errc, and a refused store is left as it was.
#include <doctest/doctest.h>

#include <sodium.h>
#include <algorithm>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

#include "store_fixture.hpp"
#include "support/check.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::test;

namespace {

std::map<std::string, std::string> snapshot(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) out[entry.path().filename()] = read_bytes(entry.path());
  }
  return out;
}

/// Opening must fail with this code and leave every file in the folder as it was.
void check_refused(const TempFolder& folder, const fs::path& path, Errc expected) {
  const auto before = snapshot(folder.path());
  RawKey key = raw_key();
  CHECK_ERROR(EncryptedDatabase::open(path, key), expected);
  CHECK(snapshot(folder.path()) == before);
}

void flip(std::string& bytes, std::size_t at, int bit = 0) { bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit)); }

/// Makes a changed header look whole again, as an attacker without the key can.
void renew_checksum(std::string& bytes, std::size_t slot) {
  auto* const start = reinterpret_cast<unsigned char*>(bytes.data() + slot);
  crypto_generichash(start + 4032, 32, start, 4032, nullptr, 0);
}

void for_both_slots(std::string& bytes, const auto& change) {
  for (const std::size_t slot : {std::size_t{0}, kHeaderSize}) {
    change(slot);
    renew_checksum(bytes, slot);
  }
}

constexpr std::size_t kPagesAt = 2 * kHeaderSize;

}  // namespace

TEST_CASE("what is no store is said to be none, and is left alone") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  SUBCASE("an empty file") { write_bytes(path, ""); }
  SUBCASE("a few bytes") { write_bytes(path, "hello"); }
  SUBCASE("random bytes") {
    std::string bytes(40'000, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    write_bytes(path, bytes);
  }
  SUBCASE("zeroes") { write_bytes(path, std::string(40'000, '\0')); }
  SUBCASE("somebody else's SQLite database") {
    SQLite::Database other(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  }
  SUBCASE("a folder") { fs::create_directory(path); }
  SUBCASE("a symbolic link to a store") {
    make_store(folder / "real.db", 5);
    fs::create_symlink(folder / "real.db", path);
  }
  check_refused(folder, path, Errc::not_a_store);
}

TEST_CASE("a wrong raw key and a passphrase for a store without one are wrong keys") {
  const TempFolder folder;
  make_store(folder / "a.db", 5);
  const auto before = snapshot(folder.path());
  RawKey other = raw_key(1);
  CHECK_ERROR(EncryptedDatabase::open(folder / "a.db", other), Errc::wrong_key);
  PassphraseKey passphrase("none");
  CHECK_ERROR(EncryptedDatabase::open(folder / "a.db", passphrase), Errc::wrong_key);
  CHECK(snapshot(folder.path()) == before);
}

TEST_CASE("a store that was cut is corrupt") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path);
  const std::string bytes = read_bytes(path);
  for (const std::size_t size : {std::size_t{100}, kHeaderSize, kHeaderSize + 1, 2 * kHeaderSize, kPagesAt + 4095}) {
    write_bytes(path, bytes.substr(0, size));
    check_refused(folder, path, Errc::store_corrupt);
  }
  for (std::size_t pages = 1; pages < (bytes.size() - kPagesAt) / 4096; ++pages) {
    write_bytes(path, bytes.substr(0, kPagesAt + pages * 4096));
    CHECK(look_at(path).error == Errc::store_corrupt);
  }
}

TEST_CASE("either header slot may be lost, in any byte, and the store still opens") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path, 20);
  const std::string bytes = read_bytes(path);
  for (const std::size_t slot : {std::size_t{0}, kHeaderSize}) {
    for (std::size_t at = 0; at < kHeaderSize; at += at < 1200 || at > 4000 ? 7 : 331) {
      std::string changed = bytes;
      flip(changed, slot + at, static_cast<int>(at % 8));
      write_bytes(path, changed);
      const Look look = look_at(path);
      CHECK_MESSAGE(look.rows == 20, "slot at ", slot, ", byte ", at, ": ", std::string(name_of(look.error)));
    }
    std::string changed = bytes;
    std::fill_n(changed.begin() + static_cast<std::ptrdiff_t>(slot), kHeaderSize, '\0');
    write_bytes(path, changed);
    CHECK(look_at(path).rows == 20);
    CHECK(read_bytes(path) != changed);  // the lost slot was written again
  }
}

TEST_CASE("both header slots damaged is corrupt, in any byte") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path, 5);
  const std::string bytes = read_bytes(path);
  for (std::size_t at = 16; at < kHeaderSize; at += at < 1200 || at > 4000 ? 11 : 331) {
    std::string changed = bytes;
    flip(changed, at, static_cast<int>(at % 8));
    flip(changed, kHeaderSize + at, static_cast<int>(at % 8));
    write_bytes(path, changed);
    check_refused(folder, path, Errc::store_corrupt);
  }
}

TEST_CASE("a header that somebody changed without the key never opens, whichever field it was") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path, 5);
  const std::string bytes = read_bytes(path);
  std::map<Errc, int> seen;
  for (std::size_t at = 16; at < 4032; at += at < 300 ? 1 : 97) {
    std::string changed = bytes;
    for_both_slots(changed, [&](std::size_t slot) { flip(changed, slot + at, static_cast<int>(at % 8)); });
    write_bytes(path, changed);
    const auto before = snapshot(folder.path());
    const Look look = look_at(path);
    CHECK_MESSAGE(!look.is_ok, "byte ", at);
    CHECK(snapshot(folder.path()) == before);
    ++seen[look.error];
  }
  for (const auto& [code, times] : seen) {
    CAPTURE(times);
    const bool is_expected = code == Errc::store_corrupt || code == Errc::wrong_key || code == Errc::newer_format;
    CHECK_MESSAGE(is_expected, std::string(name_of(code)));
  }
}

TEST_CASE("a changed field with a good checksum in one slot only is an attack and is refused") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path, 5);
  std::string bytes = read_bytes(path);
  flip(bytes, 72 + 7);  // the generation
  renew_checksum(bytes, 0);
  write_bytes(path, bytes);
  check_refused(folder, path, Errc::store_corrupt);
}

TEST_CASE("a later format version is refused untouched") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path, 5);
  std::string bytes = read_bytes(path);
  for_both_slots(bytes, [&](std::size_t slot) { bytes[slot + 19] = 2; });
  write_bytes(path, bytes);
  check_refused(folder, path, Errc::newer_format);
}

TEST_CASE("absurd key derivation parameters are refused before any memory is taken") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  PassphraseKey key("tea", {KdfParams::kLeastMemory, 2});
  { const EncryptedDatabase store = EncryptedDatabase::create(path, key); }
  const std::string bytes = read_bytes(path);
  struct Bomb {
    std::uint32_t memory_kib, passes;
  };
  for (const Bomb bomb : {Bomb{0xffff'ffff, 2}, Bomb{KdfParams::kMostMemory + 1, 2}, Bomb{KdfParams::kLeastMemory, 11},
                          Bomb{KdfParams::kLeastMemory - 1, 2}, Bomb{KdfParams::kLeastMemory, 1}, Bomb{0, 0}}) {
    std::string changed = bytes;
    for_both_slots(changed, [&](std::size_t slot) {
      for (std::size_t i = 0; i < 4; ++i) {
        changed[slot + 128 + 16 + i] = static_cast<char>(bomb.memory_kib >> (24 - 8 * i));
        changed[slot + 128 + 20 + i] = static_cast<char>(bomb.passes >> (24 - 8 * i));
      }
    });
    write_bytes(path, changed);
    CHECK_ERROR(EncryptedDatabase::open(path, key), Errc::kdf_policy);
    CHECK(read_bytes(path) == changed);
  }
  CHECK_ERROR(PassphraseKey("tea", {KdfParams::kMostMemory + 1, 2}), Errc::kdf_policy);
}

TEST_CASE("a flipped bit in any page is found when the page is read") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path);
  const std::string bytes = read_bytes(path);
  for (std::size_t page = kPagesAt; page < bytes.size(); page += 4096) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{1999}, std::size_t{4031}, std::size_t{4040}, std::size_t{4095}}) {
      std::string changed = bytes;
      flip(changed, page + at, static_cast<int>((page + at) % 8));
      write_bytes(path, changed);
      CHECK(look_at(path).error == Errc::store_corrupt);
    }
  }
}

TEST_CASE("pages that were swapped, zeroed or taken from another store are refused") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path);
  make_store(folder / "b.db");
  const std::string bytes = read_bytes(path), other = read_bytes(folder / "b.db");
  for (std::size_t page = kPagesAt; page + 8192 <= bytes.size(); page += 4096) {
    const auto replace = [&](std::size_t at, const std::string& with) {
      std::string changed = bytes;
      changed.replace(at, with.size(), with);
      return changed;
    };
    write_bytes(path, replace(page, bytes.substr(page + 4096, 4096) + bytes.substr(page, 4096)));
    CHECK(look_at(path).error == Errc::store_corrupt);
    write_bytes(path, replace(page, std::string(4096, '\0')));
    CHECK(look_at(path).error == Errc::store_corrupt);
    write_bytes(path, replace(page, other.substr(page, 4096)));
    CHECK(look_at(path).error == Errc::store_corrupt);
  }
}

TEST_CASE("a planted rollback journal is neither read nor removed") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path, 50);
  std::string journal("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);  // a hot journal with one page record
  journal += std::string("\0\0\0\1\0\0\0\7\0\0\0\1\0\0\2\0\0\0\x10\0", 20) + std::string(484, '\0') + std::string("\0\0\0\1", 4) +
             std::string(4096, 'J') + std::string(4, '\0');
  write_bytes(path.string() + "-journal", journal);
  CHECK(look_at(path).rows == 50);
  RawKey key = raw_key();
  {
    EncryptedDatabase store = EncryptedDatabase::open(path, key);
    SQLite::Database db = store.open_connection();
    fill(db, 100, 50);
    CHECK_THROWS_AS(db.exec("PRAGMA journal_mode=DELETE; INSERT INTO secret_table VALUES(1000, 'x')"), SQLite::Exception);
  }
  CHECK(look_at(path).rows == 100);
  CHECK(read_bytes(path.string() + "-journal") == journal);
}

TEST_CASE("a file that was put in an open store's place is not opened") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path, 5);
  make_store(folder / "b.db", 5);
  RawKey key = raw_key();
  const EncryptedDatabase store = EncryptedDatabase::open(path, key);
  fs::rename(path, folder / "moved.db");
  SUBCASE("a symbolic link to it") { fs::create_symlink(folder / "moved.db", path); }
  SUBCASE("another store") { fs::rename(folder / "b.db", path); }
  SUBCASE("nothing") {}
  const auto before = snapshot(folder.path());
  CHECK_ERROR(store.open_connection(), Errc::io_failed);
  CHECK(snapshot(folder.path()) == before);
}

TEST_CASE("a store or folder that may not be written is read_only") {
  const TempFolder folder;
  const fs::path path = folder / "a.db";
  make_store(path, 5);
  fs::permissions(folder.path(), fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
  fs::permissions(path, fs::perms::owner_read | fs::perms::others_read);
  constexpr ::uid_t kNobody = 65'534;
  const bool is_root = ::geteuid() == 0;
  if (is_root) REQUIRE(::seteuid(kNobody) == 0);  // root may write everything
  else fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  RawKey key = raw_key();
  CHECK_ERROR(EncryptedDatabase::open(path, key), Errc::read_only);
  CHECK_ERROR(EncryptedDatabase::create(folder / "b.db", key), Errc::read_only);
  if (is_root) REQUIRE(::seteuid(0) == 0);
  fs::permissions(folder.path(), fs::perms::owner_all);
}
