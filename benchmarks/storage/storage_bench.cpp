// The encrypted store beside an ordinary SQLite file with the same schema and code, and SQLCipher beside SQLite.
//
//   anochat_storage_bench [folder]            all comparisons, about two minutes
//   anochat_storage_bench --million folder    one store of 1,000,000 messages
//
// The folder must lie on the disk to be measured; its files are removed.

#include <cstdlib>
#include <cstring>

#include "paired.hpp"
#include "sql_engine.hpp"
#include "storage_workload.hpp"

namespace {

using namespace anochat;
using namespace anochat::bench;
using storage::Cipher;

constexpr int kRounds = 9;

void header(const char* title) {
  std::printf("\n%-46s %13s %13s   %5s\n", title, "base", "other", "ratio");
}

struct Pair {
  Workload plain;
  Workload sealed;
  Pair(const std::string& folder, const std::string& name, Cipher cipher, const storage::StoreOptions& options = {})
      : plain(make_store(folder + "/" + name + ".db", std::nullopt, options)),
        sealed(make_store(folder + "/" + name + ".ano", cipher, options)) {
    plain.add_conversations(100);
    sealed.add_conversations(100);
  }
  template <class Body>
  void compare(const std::string& name, double units, Body body) {
    bench::compare(name, kRounds, units, [&] { body(plain); }, [&] { body(sealed); });
  }
};

/// Rows of a table without an index, through the store's own connection.
void insert_rows(Workload& w, int transactions, int per_transaction) {
  auto& state = storage::detail::StoreAccess::state(w.store());
  static const std::string body(200, 'x');
  for (int t = 0; t < transactions; ++t) {
    storage::detail::WriteScope scope(*state.writer, "bench");
    for (int i = 0; i < per_transaction; ++i) state.writer->query("INSERT INTO rows(body) VALUES(?1)").bind(body).run();
    scope.commit();
  }
}

void run_cipher(const std::string& folder, Cipher cipher, const char* title) {
  const std::string name = cipher == Cipher::aegis256 ? "aegis" : "xchacha";
  header(title);
  Pair p(folder, name, cipher);
  for (Workload* w : {&p.plain, &p.sealed}) {
    auto& writer = *storage::detail::StoreAccess::state(w->store()).writer;
    writer.exec("CREATE TABLE rows(id INTEGER PRIMARY KEY, body TEXT)", "bench");
  }
  p.compare("insert, one per commit, FULL", 300, [](Workload& w) { insert_rows(w, 300, 1); });
  p.compare("insert, 100 per commit, FULL", 5'000, [](Workload& w) { insert_rows(w, 50, 100); });
  p.compare("message with search index, one per commit", 300, [](Workload& w) { w.insert_many(300, 1); });
  p.compare("message with search index, 100 per commit", 5'000, [](Workload& w) { w.insert_many(50, 100); });
  p.plain.insert_many(50, 1'000);
  p.sealed.insert_many(50, 1'000);
  p.compare("search, two words, 20 hits", 200, [](Workload& w) { w.searches(200); });
  p.plain.store().close();
  p.sealed.store().close();
}

void run_reads(const std::string& folder, Cipher cipher, const char* title, int cache_kib) {
  storage::StoreOptions options;
  options.reader_cache_kib = cache_kib;
  const std::string name = (cipher == Cipher::aegis256 ? "reads-a" : "reads-x") + std::to_string(cache_kib);
  Pair p(folder, name, cipher, options);
  p.plain.insert_many(60, 1'000);
  p.sealed.insert_many(60, 1'000);
  p.compare(title, 500, [](Workload& w) { w.pages(500); });
}

void run_open(const std::string& folder) {
  Pair p(folder, "open", storage::recommended_cipher());
  p.plain.insert_many(2, 500);
  p.sealed.insert_many(2, 500);
  p.plain.store().close();
  p.sealed.store().close();
  const auto open = [](const std::string& path, std::optional<Cipher> cipher) {
    storage::Store store = make_store(path, cipher);
    static_cast<void>(store.snapshot()->meta.store_uid().size());
  };
  {
    auto sealed = make_store(folder + "/open.ano", storage::recommended_cipher());
  }
  bench::compare("open with a raw key, first read, close", kRounds * 3, 1,
                 [&] {
                   storage::Store store = make_store(folder + "/open.db", std::nullopt);
                   static_cast<void>(store.snapshot()->meta.device_epoch());
                 },
                 [&] { open(folder + "/open.ano", storage::recommended_cipher()); });
  storage::Store store = make_store(folder + "/open.ano", storage::recommended_cipher());
  PassphraseKey passphrase("a passphrase");
  const std::uint32_t slot = store.add_key(passphrase);
  bench::compare("change a passphrase (base: one Argon2id)", kRounds, 1,
                 [&] { static_cast<void>(store.remove_key(store.add_key(passphrase))); },
                 [&] { store.change_key(slot, passphrase); });
}

void run_sqlcipher(const std::string& folder) {
  const auto library = SqlEngine::sqlcipher();
  if (!library) {
    std::printf("\nSQLCipher is not on this machine.\n");
    return;
  }
  header("SQLCipher (other) beside SQLite (base), own SQL");
  const std::string key = "PRAGMA key=\"x'" + std::string(64, '1') + "'\"";
  SqlEngine plain(SqlEngine::sqlite(), folder + "/engine.db", "");
  SqlEngine sealed(library, folder + "/engine.sc", key);
  long long next_plain = 0;
  long long next_sealed = 0;
  plain.prepare_workload();
  sealed.prepare_workload();
  const std::string body(200, 'x');
  const auto insert = [&](SqlEngine& engine, long long& next, int transactions, int each) {
    for (int t = 0; t < transactions; ++t) {
      engine.exec("BEGIN IMMEDIATE");
      for (int i = 0; i < each; ++i) engine.insert(++next, body);
      engine.exec("COMMIT");
    }
  };
  bench::compare("insert, one per commit, FULL", kRounds, 300, [&] { insert(plain, next_plain, 300, 1); },
                 [&] { insert(sealed, next_sealed, 300, 1); });
  bench::compare("insert, 100 per commit, FULL", kRounds, 5'000, [&] { insert(plain, next_plain, 50, 100); },
                 [&] { insert(sealed, next_sealed, 50, 100); });
  insert(plain, next_plain, 50, 1'000);
  insert(sealed, next_sealed, 50, 1'000);
  plain.exec("PRAGMA cache_size=-2048");
  sealed.exec("PRAGMA cache_size=-2048");
  const auto pages = [](SqlEngine& engine, long long most) {
    static std::mt19937 rng(5);
    for (int i = 0; i < 500; ++i) {
      const long long at = static_cast<long long>(rng()) % (most - 100) + 1;
      if (engine.page(at, at + 80) != 50) std::abort();
    }
  };
  bench::compare("page of 50, 2 MiB cache", kRounds, 500, [&] { pages(plain, next_plain); },
                 [&] { pages(sealed, next_sealed); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--million") == 0) {
    run_million(argv[2], 1'000'000);
    return 0;
  }
  const std::string folder = std::string(argc > 1 ? argv[1] : ".") + "/anochat-storage-bench";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  run_cipher(folder, Cipher::aegis256, "AEGIS-256 (other) beside plain SQLite (base)");
  run_reads(folder, Cipher::aegis256, "page of 50, 2 MiB cache", 2 * 1'024);
  run_reads(folder, Cipher::aegis256, "page of 50, warm", 64 * 1'024);
  run_open(folder);
  run_cipher(folder, Cipher::xchacha20, "XChaCha20-Poly1305 (other) beside plain (base)");
  run_reads(folder, Cipher::xchacha20, "page of 50, 2 MiB cache", 2 * 1'024);
  run_sqlcipher(folder);
  std::filesystem::remove_all(folder);
  return 0;
}
