// The store's file and its WAL from a hostile disk: as they are, and as edits of a good store, with checksums made anew.
#include "fuzz/fuzz.hpp"
#include "fuzz/store_files.hpp"
#include "storage/encrypted_database.hpp"
#include "storage/header.hpp"
#include "storage/hook_vfs.hpp"
#include "storage/sqlite_error.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sodium.h>
#include <filesystem>

using namespace anochat;
using namespace anochat::storage;
namespace fs = std::filesystem;

namespace {

/// The disk, without waiting for it.
class NoSync final : public test::Hooks {
 public:
  [[nodiscard]] bool skips_sync() const override { return true; }
};

DatabaseOptions fast_disk() {
  static NoSync hooks;
  static const test::HookVfs vfs("fuzz-disk", hooks);
  DatabaseOptions options;
  options.base_vfs = "fuzz-disk";
  return options;
}

/// A good store as a kill leaves it, small enough for two-byte offsets to reach all of it.
struct Sample {
  fuzz::Folder folder{"header"};
  fs::path path = folder / "f.db", wal_path = folder / "f.db-wal";
  Bytes main, wal;

  Sample() {
    RawKey key = fuzz::store_key();
    const EncryptedDatabase store = EncryptedDatabase::create(folder / "good.db", key, fast_disk());
    SQLite::Database db = store.open_connection();
    db.exec("CREATE TABLE t(x); INSERT INTO t VALUES('abc')");
    db.exec("PRAGMA wal_checkpoint(PASSIVE); INSERT INTO t VALUES('def'); INSERT INTO t VALUES('ghi')");
    main = fuzz::read_file(folder / "good.db");
    wal = fuzz::read_file(folder / "good.db-wal");
  }
};

void renew_checksums(Bytes& main) {
  for (std::size_t slot = 0; slot < 2 * kHeaderSize && slot + kHeaderSize <= main.size(); slot += kHeaderSize) {
    crypto_generichash(main.data() + slot + 4032, 32, main.data() + slot, 4032, nullptr, 0);
  }
}

void check(const Sample& sample, const Bytes& main, const Bytes& wal) {
  fuzz::write_file(sample.path, main);
  fs::remove(sample.wal_path);
  if (!wal.empty()) fuzz::write_file(sample.wal_path, wal);
  bool is_open = false;
  const auto open = [&] {
    RawKey key = fuzz::store_key();
    const EncryptedDatabase store = EncryptedDatabase::open(sample.path, key, fast_disk());
    is_open = true;
    try {
      SQLite::Database db = store.open_connection();
      db.execAndGet("SELECT count(*) FROM t").getInt();
      db.exec("INSERT INTO t VALUES('new')");
    } catch (const SQLite::Exception& exception) {
      const Errc code = errc_of_sqlite(exception.getExtendedErrorCode());
      fuzz::require(code == Errc::store_corrupt || code == Errc::io_failed || code == Errc::internal, "a documented error");
    }
    fuzz::require(store.counters().unknown_shapes == 0, "SQLite reads and writes in known shapes");
  };
  static_cast<void>(fuzz::accepts({Errc::not_a_store, Errc::store_corrupt, Errc::newer_format, Errc::wrong_key,
                                   Errc::kdf_policy}, open));
  if (!is_open) {
    fuzz::require(fuzz::read_file(sample.path) == main, "a refused store is as it was");
    fuzz::require(wal.empty() || fuzz::read_file(sample.wal_path) == wal, "a refused store's WAL is as it was");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sample sample;
  const ByteView input(data, size);
  if (input.empty()) return 0;
  const ByteView edits = input.subspan(1);
  switch (input[0] % 5) {
    case 0: check(sample, Bytes(edits.begin(), edits.end()), {}); break;
    case 1: check(sample, fuzz::edited(sample.main, edits), sample.wal); break;
    case 2: {
      Bytes main = fuzz::edited(sample.main, edits);
      renew_checksums(main);
      check(sample, main, sample.wal);
      break;
    }
    case 3: check(sample, sample.main, fuzz::edited(sample.wal, edits)); break;
    default: check(sample, fuzz::edited(sample.main, edits), {}); break;
  }
  return 0;
}
