#include "storage/query.hpp"

#include <sqlite3.h>
#include <algorithm>

#include "storage/sqlite_failure.hpp"

namespace anochat::storage::detail {
namespace {

constexpr std::string_view kWhere = "storage.query";

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) : sql_(sql) {
  const int code = sqlite3_prepare_v3(database, sql_.c_str(), static_cast<int>(sql_.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK) raise(sqlite3_extended_errcode(database), kWhere);
  writes_ = sqlite3_stmt_readonly(handle_) == 0;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Query::Query(Statement& statement) noexcept : statement_(&statement) { statement.is_in_use_ = true; }

Query::~Query() {
  sqlite3_reset(statement_->handle_);  // repeats the error that step() has reported
  sqlite3_clear_bindings(statement_->handle_);
  statement_->is_in_use_ = false;
}

bool Query::step() {
  const int code = sqlite3_step(statement_->handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  raise(sqlite3_extended_errcode(sqlite3_db_handle(statement_->handle_)), kWhere);
}

bool Query::is_null(int column) const noexcept {
  return sqlite3_column_type(statement_->handle_, column) == SQLITE_NULL;
}
bool Query::is_integer(int column) const noexcept {
  return sqlite3_column_type(statement_->handle_, column) == SQLITE_INTEGER;
}
bool Query::is_text(int column) const noexcept {
  return sqlite3_column_type(statement_->handle_, column) == SQLITE_TEXT;
}
std::int64_t Query::i64(int column) const noexcept { return sqlite3_column_int64(statement_->handle_, column); }
double Query::real(int column) const noexcept { return sqlite3_column_double(statement_->handle_, column); }

ByteView Query::view(int column) const {
  const void* data = sqlite3_column_blob(statement_->handle_, column);  // asks before the length: it may convert
  const int size = sqlite3_column_bytes(statement_->handle_, column);
  if (data == nullptr && sqlite3_errcode(sqlite3_db_handle(statement_->handle_)) == SQLITE_NOMEM) throw std::bad_alloc();
  return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

std::string Query::text(int column) const { return std::string(as_text(view(column))); }
Bytes Query::bytes(int column) const {
  const ByteView value = view(column);
  return {value.begin(), value.end()};
}
SecretBytes Query::secret(int column) const {
  const ByteView value = view(column);
  return {value.begin(), value.end()};
}

void Query::copy_exactly(int column, MutableByteView out) const {
  const ByteView value = view(column);
  if (value.size() != out.size()) throw Error(Errc::store_corrupt, kWhere);
  std::copy(value.begin(), value.end(), out.begin());
}

void Query::bind_number(std::int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_->handle_, next_++, value); code != SQLITE_OK) raise(code, kWhere);
}

void Query::bind_text(std::string_view value) {
  const char* data = value.data() != nullptr ? value.data() : "";  // a null pointer would bind NULL
  const int code = sqlite3_bind_text64(statement_->handle_, next_++, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) raise(code, kWhere);
}

void Query::bind_bytes(ByteView value) {
  const void* data = value.data() != nullptr ? static_cast<const void*>(value.data()) : "";
  const int code = sqlite3_bind_blob64(statement_->handle_, next_++, data, value.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) raise(code, kWhere);
}

void Query::bind_null() {
  if (const int code = sqlite3_bind_null(statement_->handle_, next_++); code != SQLITE_OK) raise(code, kWhere);
}

}  // namespace anochat::storage::detail
