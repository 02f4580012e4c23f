#include "sql.hpp"

#include "storage_workload.hpp"

#include <dlfcn.h>
#include <sqlite3.h>

#include <stdexcept>

namespace peers {

struct SqlLibrary {
  decltype(&sqlite3_libversion) version = &sqlite3_libversion;
  decltype(&sqlite3_open) open = &sqlite3_open;
  decltype(&sqlite3_close) close = &sqlite3_close;
  decltype(&sqlite3_exec) exec = &sqlite3_exec;
  decltype(&sqlite3_errmsg) errmsg = &sqlite3_errmsg;
  decltype(&sqlite3_prepare_v2) prepare = &sqlite3_prepare_v2;
  decltype(&sqlite3_step) step = &sqlite3_step;
  decltype(&sqlite3_reset) reset = &sqlite3_reset;
  decltype(&sqlite3_finalize) finalize = &sqlite3_finalize;
  decltype(&sqlite3_bind_int64) bind_int64 = &sqlite3_bind_int64;
  decltype(&sqlite3_bind_text) bind_text = &sqlite3_bind_text;
  decltype(&sqlite3_column_count) column_count = &sqlite3_column_count;
  decltype(&sqlite3_column_bytes) column_bytes = &sqlite3_column_bytes;
};

namespace {

template <class Function>
void find(void* handle, const char* name, Function& out) {
  out = reinterpret_cast<Function>(dlsym(handle, name));
  if (out == nullptr) throw std::runtime_error(std::string("SQLCipher has no ") + name);
}

SqlLibrary sqlcipher() {
  void* handle = nullptr;
  for (const char* name : {"libsqlcipher.so.1", "libsqlcipher.so.0"}) {
    if (handle == nullptr) handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  }
  if (handle == nullptr) throw std::runtime_error("libsqlcipher is not installed");
  SqlLibrary out;
  find(handle, "sqlite3_libversion", out.version);
  find(handle, "sqlite3_open", out.open);
  find(handle, "sqlite3_close", out.close);
  find(handle, "sqlite3_exec", out.exec);
  find(handle, "sqlite3_errmsg", out.errmsg);
  find(handle, "sqlite3_prepare_v2", out.prepare);
  find(handle, "sqlite3_step", out.step);
  find(handle, "sqlite3_reset", out.reset);
  find(handle, "sqlite3_finalize", out.finalize);
  find(handle, "sqlite3_bind_int64", out.bind_int64);
  find(handle, "sqlite3_bind_text", out.bind_text);
  find(handle, "sqlite3_column_count", out.column_count);
  find(handle, "sqlite3_column_bytes", out.column_bytes);
  return out;
}

class OwnFile : public Sql {
 public:
  OwnFile(const SqlLibrary& library, const std::string& path, const std::string& key) : library_(library) {
    if (library_.open(path.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error("cannot open " + path);
    if (!key.empty()) exec(key);
    exec(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; "
        "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA cache_size=-16384");
  }
  ~OwnFile() override { library_.close(handle_); }
  [[nodiscard]] sqlite3* handle() const noexcept override { return handle_; }
  [[nodiscard]] const SqlLibrary& library() const noexcept override { return library_; }

 private:
  SqlLibrary library_;
  sqlite3* handle_ = nullptr;
};

/// The connection with which the store writes: its VFS encrypts, its settings are those that every user gets.
class StoreFile : public Sql {
 public:
  explicit StoreFile(const std::string& path)
      : store_(anochat::bench::make_store(path, anochat::storage::recommended_cipher())) {}
  [[nodiscard]] sqlite3* handle() const noexcept override {
    return anochat::storage::detail::StoreAccess::state(store_).writer->handle();
  }
  [[nodiscard]] const SqlLibrary& library() const noexcept override { return library_; }

 private:
  mutable anochat::storage::Store store_;
  SqlLibrary library_;
};

}  // namespace

void Sql::exec(const std::string& sql) const {
  if (library().exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sql + ": " + library().errmsg(handle()));
  }
}

std::unique_ptr<Sql> open_sql(const std::string& engine, const std::string& folder) {
  const std::string path = folder + "/" + engine + ".db";
  if (engine == "anochat") return std::make_unique<StoreFile>(path);
  if (engine == "sqlite") return std::make_unique<OwnFile>(SqlLibrary(), path, "");
  if (engine != "sqlcipher") throw std::runtime_error("no such engine: " + engine);
  const std::string key = "PRAGMA key=\"x'" + std::string(64, '1') + "'\"; PRAGMA cipher_page_size=4096";
  return std::make_unique<OwnFile>(sqlcipher(), path, key);
}

std::string version_of(const Sql& sql) { return sql.library().version(); }

SqlStatement::SqlStatement(const Sql& sql, const char* text) : sql_(sql) {
  if (sql.library().prepare(sql.handle(), text, -1, &statement_, nullptr) != SQLITE_OK) {
    throw std::runtime_error(std::string(text) + ": " + sql.library().errmsg(sql.handle()));
  }
}
SqlStatement::~SqlStatement() { sql_.library().finalize(statement_); }

void SqlStatement::bind(int index, long long value) const { sql_.library().bind_int64(statement_, index, value); }
void SqlStatement::bind(int index, const std::string& text) const {
  sql_.library().bind_text(statement_, index, text.data(), static_cast<int>(text.size()), nullptr);
}

void SqlStatement::run() const {
  if (sql_.library().step(statement_) != SQLITE_DONE) throw std::runtime_error(sql_.library().errmsg(sql_.handle()));
  sql_.library().reset(statement_);
}

int SqlStatement::count() const {
  int rows = 0;
  const int last = sql_.library().column_count(statement_) - 1;
  while (sql_.library().step(statement_) == SQLITE_ROW)
    rows += sql_.library().column_bytes(statement_, last) > 0 ? 1 : 0;
  sql_.library().reset(statement_);
  return rows;
}

}  // namespace peers
