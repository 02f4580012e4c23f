// A disk that fails under an open store: the caller hears of it, nothing committed is lost, and it goes on afterwards.
#include "fixture.hpp"
#include "storage/export_stream.hpp"
#include "storage/export_tables.hpp"
#include "storage/hook_vfs.hpp"
#include "store_fixture.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;
using anochat::storage::test::raw_key;
using anochat::storage::test::TempFolder;
using test::Op;

namespace {

/// Fails every call of one kind after some that work.
class Disk final : public test::Hooks {
 public:
  void fail(Op op, int code, int after = 0) {
    op_ = op;
    code_ = code;
    left_ = after;
  }
  void mend() { code_ = SQLITE_OK; }
  int before(Op op, const std::string& /*file*/) override {
    if (op != op_ || code_ == SQLITE_OK) return SQLITE_OK;
    return left_-- > 0 ? SQLITE_OK : code_;
  }

 private:
  Op op_ = Op::read;
  int code_ = SQLITE_OK;
  int left_ = 0;
};

struct Ear final : Log {
  int errors = 0;
  void write(LogLevel level, std::string_view /*event*/, std::initializer_list<LogField> /*fields*/) noexcept override {
    errors += level == LogLevel::error ? 1 : 0;
  }
};

struct FaultyStore : World {
  TempFolder folder;
  Disk disk;
  test::HookVfs vfs{"faulty", disk};
  RawKey key = raw_key();
  StoreOptions store_options = options();

  Store open(bool is_new, Random* source = nullptr) {
    DatabaseOptions database;
    database.base_vfs = "faulty";
    database.clock = &clock;
    database.random = source != nullptr ? source : &random;
    const auto path = folder / "store.ano";
    auto file = is_new ? EncryptedDatabase::create(path, key, database) : EncryptedDatabase::open(path, key, database);
    return detail::StoreAccess::make(detail::encrypted_source(std::move(file)), store_options);
  }
};

void set(Store& store, std::int64_t n) {
  store.write([n](Records& r) { r.meta.set_number("n", n); });
}
std::optional<std::int64_t> get(const Store& store) { return store.snapshot()->meta.number("n"); }

}  // namespace

TEST_CASE("a commit that the disk refuses is undone, and the next one works") {
  FaultyStore t;
  Store store = t.open(true);
  set(store, 1);
  for (const auto& [op, code, errc] : {std::tuple{Op::sync, SQLITE_IOERR_FSYNC, Errc::io_failed},
                                       {Op::write, SQLITE_IOERR_WRITE, Errc::io_failed},
                                       {Op::write, SQLITE_FULL, Errc::disk_full}}) {
    t.disk.fail(op, code);
    CHECK_ERROR(set(store, 2), errc);
    CHECK_ERROR(store.submit([](Records& r) { r.meta.set_number("n", 3); }).get(), errc);
    t.disk.mend();
    CHECK(get(store) == 1);
  }
  set(store, 4);
  CHECK(store.check(CheckDepth::full, false).is_good());
  store.close();
  CHECK(get(t.open(false)) == 4);
}

TEST_CASE("a transaction that SQLite itself has given up cannot be committed") {
  MemoryStore t;
  t.store.write([](Records& r) { r.meta.set_number("n", 1); });
  auto tx = t.store.begin();
  tx->meta.set_number("n", 2);
  CHECK_ERROR(detail::StoreAccess::state(t.store).writer->exec(
                  "INSERT OR ROLLBACK INTO meta SELECT * FROM meta WHERE name = 'n'", "test"),
              Errc::already_exists);
  CHECK_ERROR(tx.commit(), Errc::io_failed);
  CHECK(get(t.store) == 1);
  set(t.store, 3);
  CHECK(get(t.store) == 3);
}

TEST_CASE("a reader that cannot be opened, or cannot read, does not use up the readers") {
  FaultyStore t;
  t.store_options.readers = 1;
  t.store_options.busy_timeout = Milliseconds{10};
  Store store = t.open(true);
  set(store, 1);
  t.disk.fail(Op::open, SQLITE_CANTOPEN);
  for (int i = 0; i < 3; ++i) CHECK_ERROR(store.snapshot(), Errc::io_failed);
  t.disk.mend();
  int refused = 0;
  for (bool is_done = false; !is_done; ++refused) {
    REQUIRE(refused < 1'000);
    t.disk.fail(Op::read, SQLITE_IOERR_READ, refused);
    try {
      const auto n = get(store);
      CHECK(n == 1);
      is_done = true;
    } catch (const Error& error) {
      CHECK(error.code() == Errc::io_failed);
    }
  }
  CHECK(refused >= 2);
  t.disk.mend();
  CHECK(get(store) == 1);
}

TEST_CASE("a store whose last bytes cannot be written loses nothing that was committed") {
  FaultyStore t;
  {
    Store store = t.open(true);
    set(store, 7);
    t.disk.fail(Op::sync, SQLITE_IOERR_FSYNC);
  }  // as a program that simply ends
  t.disk.mend();
  CHECK(get(t.open(false)) == 7);
}

TEST_CASE("a store that runs out of random nonces commits nothing, and loses nothing") {
  FaultyStore t;
  {
    testing::FailingRandom dry(40);
    Store store = t.open(true, &dry);
    int committed = 0;
    const auto commit_until_dry = [&] {
      for (;; ++committed) set(store, committed + 1);
    };
    CHECK_ERROR(commit_until_dry(), Errc::io_failed);
    REQUIRE(committed > 0);
    CHECK(get(store) == committed);
    CHECK_ERROR(set(store, 0), Errc::io_failed);
    store.close();
    CHECK(get(t.open(false)) == committed);
  }
}

TEST_CASE("a store that is destroyed while a connection is open is leaked, and that is reported") {
  const TempFolder folder;
  RawKey key = raw_key();
  Ear ear;
  DatabaseOptions options;
  options.log = &ear;
  auto store = std::make_unique<EncryptedDatabase>(EncryptedDatabase::create(folder / "a.db", key, options));
  SQLite::Database db = store->open_connection();
  test::fill(db, 1, 5);
  store.reset();
  CHECK(ear.errors == 1);
  CHECK(test::count_rows(db) == 5);  // and not a crash in a VFS that is gone
}

TEST_CASE("an import of what only its author can have forged is refused, and no store appears") {
  MemoryStore t;
  t.add(t.conversation(), "text");
  TempFolder folder;
  RawKey key = raw_key();
  ExportOptions options;
  options.passphrase = secret("correct horse");
  options.kdf = KdfParams{KdfParams::kLeastMemory, KdfParams::kLeastPasses};
  detail::Connection& db = *detail::StoreAccess::state(t.store).writer;
  const detail::Manifest manifest = detail::make_manifest(db, {}, t.now());
  int changes = 0;
  const auto forge = [&](auto change) {  // the export as it is, but for its first row
    const auto path = folder / ("forged" + std::to_string(++changes));
    detail::ExportWriter out(path, options, t.random);
    out.write(detail::encode_manifest(manifest));
    bool is_first = true;
    for (std::size_t i = 0; i < manifest.tables.size(); ++i) {
      auto row = db.query(detail::select_rows(manifest.tables[i], {}));
      while (row.step()) {
        SecretBytes record;
        detail::encode_row(row, i, static_cast<int>(manifest.tables[i].columns.size()), record);
        if (std::exchange(is_first, false)) change(out, record);
        out.write(record);
      }
    }
    out.finish();
    return Store::import_from(path, options, folder / "new.ano", key, t.options());
  };
  CHECK_ERROR(forge([](auto& out, auto& record) { out.write(record); }), Errc::bad_state);  // a row twice
  CHECK_ERROR(forge([](auto&, auto& record) { record[2] = 9; }), Errc::bad_state);          // a value of no type
  CHECK_ERROR(forge([](auto&, auto& record) { record.push_back(0); }), Errc::bad_state);
  CHECK_ERROR(forge([](auto&, auto& record) { record[1] = 200; }), Errc::bad_state);  // a row of no table
  CHECK_ERROR(forge([](auto&, auto& record) { record[0] = 7; }), Errc::bad_state);    // a record of no kind
  CHECK_FALSE(std::filesystem::exists(folder / "new.ano"));
  CHECK_FALSE(std::filesystem::exists(folder / "new.ano.partial"));
}
