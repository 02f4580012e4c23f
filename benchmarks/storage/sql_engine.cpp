#include "sql_engine.hpp"

#include <dlfcn.h>
#include <sqlite3.h>
#include <stdexcept>

namespace anochat::bench {

struct SqlEngine::Library {
  void* handle = nullptr;
  decltype(&sqlite3_open) open = &sqlite3_open;
  decltype(&sqlite3_close) close = &sqlite3_close;
  decltype(&sqlite3_exec) exec = &sqlite3_exec;
  decltype(&sqlite3_prepare_v2) prepare = &sqlite3_prepare_v2;
  decltype(&sqlite3_step) step = &sqlite3_step;
  decltype(&sqlite3_reset) reset = &sqlite3_reset;
  decltype(&sqlite3_finalize) finalize = &sqlite3_finalize;
  decltype(&sqlite3_bind_int64) bind_int64 = &sqlite3_bind_int64;
  decltype(&sqlite3_bind_text) bind_text = &sqlite3_bind_text;
  decltype(&sqlite3_column_bytes) column_bytes = &sqlite3_column_bytes;
};

namespace {

template <class Function>
void find(void* handle, const char* name, Function& out) {
  out = reinterpret_cast<Function>(dlsym(handle, name));
  if (out == nullptr) throw std::runtime_error(name);
}

sqlite3* db(void* p) { return static_cast<sqlite3*>(p); }
sqlite3_stmt* stmt(void* p) { return static_cast<sqlite3_stmt*>(p); }

}  // namespace

std::shared_ptr<SqlEngine::Library> SqlEngine::sqlite() { return std::make_shared<Library>(); }

std::shared_ptr<SqlEngine::Library> SqlEngine::sqlcipher() {
  void* handle = dlopen("libsqlcipher.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (handle == nullptr) handle = dlopen("libsqlcipher.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (handle == nullptr) return nullptr;
  auto out = std::make_shared<Library>();
  out->handle = handle;
  find(handle, "sqlite3_open", out->open);
  find(handle, "sqlite3_close", out->close);
  find(handle, "sqlite3_exec", out->exec);
  find(handle, "sqlite3_prepare_v2", out->prepare);
  find(handle, "sqlite3_step", out->step);
  find(handle, "sqlite3_reset", out->reset);
  find(handle, "sqlite3_finalize", out->finalize);
  find(handle, "sqlite3_bind_int64", out->bind_int64);
  find(handle, "sqlite3_bind_text", out->bind_text);
  find(handle, "sqlite3_column_bytes", out->column_bytes);
  return out;
}

SqlEngine::SqlEngine(std::shared_ptr<Library> library, const std::string& path, const std::string& key_pragma)
    : library_(std::move(library)) {
  sqlite3* opened = nullptr;
  if (library_->open(path.c_str(), &opened) != SQLITE_OK) throw std::runtime_error("open");
  database_ = opened;
  if (!key_pragma.empty()) exec(key_pragma);
  exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; "
       "PRAGMA cache_size=-16384; "
       "CREATE TABLE IF NOT EXISTS rows(id INTEGER PRIMARY KEY, body TEXT)");
}

void SqlEngine::prepare_workload() {
  sqlite3_stmt* prepared = nullptr;
  library_->prepare(db(database_), "INSERT OR REPLACE INTO rows VALUES(?1, ?2)", -1, &prepared, nullptr);
  insert_ = prepared;
  library_->prepare(db(database_), "SELECT id, body FROM rows WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 50", -1,
                    &prepared, nullptr);
  page_ = prepared;
}

SqlEngine::~SqlEngine() {
  library_->finalize(stmt(insert_));
  library_->finalize(stmt(page_));
  library_->close(db(database_));
}

void SqlEngine::exec(const std::string& sql) {
  if (library_->exec(db(database_), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) throw std::runtime_error(sql);
}

void SqlEngine::insert(long long id, const std::string& body) {
  library_->bind_int64(stmt(insert_), 1, id);
  library_->bind_text(stmt(insert_), 2, body.data(), static_cast<int>(body.size()), nullptr);
  if (library_->step(stmt(insert_)) != SQLITE_DONE) throw std::runtime_error("insert");
  library_->reset(stmt(insert_));
}

int SqlEngine::page(long long from, long long to) {
  library_->bind_int64(stmt(page_), 1, from);
  library_->bind_int64(stmt(page_), 2, to);
  int rows = 0;
  while (library_->step(stmt(page_)) == SQLITE_ROW) rows += library_->column_bytes(stmt(page_), 1) > 0 ? 1 : 0;
  library_->reset(stmt(page_));
  return rows;
}

}  // namespace anochat::bench
