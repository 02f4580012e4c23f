#include "storage/export_tables.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>

#include "base/byte_io.hpp"
#include "storage/migration.hpp"

namespace anochat::storage::detail {
namespace {

constexpr std::string_view kRead = "store.import";

constexpr ExportTable kTables[] = {
    {"meta", "name LIKE 'prekey_id.%' OR name IN ('device_epoch')", "name"},
    {"contacts", "1", "account"},
    {"device_lists", "1", "account"},
    {"identities", "1", "account, device"},  // our own only when asked for: see select_rows()
    {"conversations", "1", "id"},
    {"members", "1", "conversation, account"},
    {"messages", "1", "id"},
    {"reactions", "at > 0", "message, account, emoji"},
    {"receipts", "1", "conversation, account"},
    {"receipt_details", "1", "message, account"},
    {"attachments", "1", "id"},
    {"calls", "1", "id"},
    {"decrypt_failures", "1", "id"},
    {"stats_daily", "1", "day, conversation, metric"},
};

enum class ValueTag : std::uint8_t { null = 0, integer = 1, text = 2, blob = 3 };

std::string where_of(const std::string& table, const BackupScope& scope) {
  if (table == "identities" && !scope.with_identity) return "is_self = 0";
  return find_export_table(table)->rows;
}

/// Takes fields off the front of a record; whatever does not fit is Errc::bad_state.
class FieldReader {
 public:
  explicit FieldReader(ByteView bytes) noexcept : bytes_(bytes) {}
  ByteView take(std::size_t count) {
    if (count > bytes_.size()) throw Error(Errc::bad_state, kRead);
    const ByteView out = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return out;
  }
  template <class Integer>
  Integer number() {
    return load_be<Integer>(take(sizeof(Integer)), 0);
  }
  std::string name() { return std::string(as_text(take(number<std::uint8_t>()))); }
  void expect_end() const {
    if (!bytes_.empty()) throw Error(Errc::bad_state, kRead);
  }

 private:
  ByteView bytes_;
};

template <class Integer>
void append_number(SecretBytes& out, Integer value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof(Integer));
  store_be(MutableByteView(out), at, value);
}

void append_name(SecretBytes& out, std::string_view name) {
  append_number(out, static_cast<std::uint8_t>(name.size()));
  out.insert(out.end(), name.begin(), name.end());
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

std::span<const ExportTable> export_tables() noexcept { return kTables; }

const ExportTable* find_export_table(std::string_view name) noexcept {
  const auto found = std::ranges::find_if(kTables, [&](const ExportTable& table) { return table.name == name; });
  return found == std::end(kTables) ? nullptr : found;
}

std::uint64_t Manifest::rows() const noexcept {
  std::uint64_t sum = 0;
  for (const TablePlan& table : tables) sum += table.rows;
  return sum;
}

std::vector<std::string> columns_of(Connection& db, const std::string& table) {
  auto row = db.query("SELECT name FROM pragma_table_info(?1) ORDER BY cid");
  row.bind(table);
  std::vector<std::string> out;
  while (row.step()) out.push_back(row.text(0));
  return out;
}

Manifest make_manifest(Connection& db, const BackupScope& scope, UnixTime now) {
  Manifest out;
  out.schema = static_cast<std::uint32_t>(schema_version(db));
  out.created = now;
  for (const ExportTable& table : kTables) {
    TablePlan plan{.name = table.name, .rows = 0, .columns = columns_of(db, table.name)};
    auto row = db.query("SELECT count(*) FROM " + plan.name + " WHERE " + where_of(plan.name, scope));
    row.step();
    plan.rows = row.as<std::uint64_t>(0);
    out.tables.push_back(std::move(plan));
  }
  return out;
}

SecretBytes encode_manifest(const Manifest& manifest) {
  SecretBytes out;
  append_number(out, static_cast<std::uint8_t>(ExportRecord::manifest));
  append_number(out, manifest.schema);
  append_number(out, static_cast<std::uint64_t>(manifest.created.time_since_epoch().count()));
  append_number(out, static_cast<std::uint8_t>(manifest.tables.size()));
  for (const TablePlan& table : manifest.tables) {
    append_name(out, table.name);
    append_number(out, table.rows);
    append_number(out, static_cast<std::uint8_t>(table.columns.size()));
    for (const std::string& column : table.columns) append_name(out, column);
  }
  return out;
}

Manifest decode_manifest(ByteView record) {
  FieldReader in(record);
  if (in.number<std::uint8_t>() != static_cast<std::uint8_t>(ExportRecord::manifest)) throw Error(Errc::bad_state, kRead);
  Manifest out;
  out.schema = in.number<std::uint32_t>();
  out.created = UnixTime{Milliseconds{in.number<std::int64_t>()}};
  for (std::size_t tables = in.number<std::uint8_t>(); tables > 0; --tables) {
    TablePlan plan;
    plan.name = in.name();
    plan.rows = in.number<std::uint64_t>();
    for (std::size_t columns = in.number<std::uint8_t>(); columns > 0; --columns) plan.columns.push_back(in.name());
    out.tables.push_back(std::move(plan));
  }
  in.expect_end();
  return out;
}

std::string select_rows(const TablePlan& plan, const BackupScope& scope) {
  return "SELECT " + joined(plan.columns) + " FROM " + plan.name + " WHERE " + where_of(plan.name, scope) + " ORDER BY " +
         find_export_table(plan.name)->order;
}

std::string insert_row(const TablePlan& plan) {
  std::string places;
  for (std::size_t i = 0; i < plan.columns.size(); ++i) places += i == 0 ? "?" : ", ?";
  return "INSERT INTO " + plan.name + "(" + joined(plan.columns) + ") VALUES(" + places + ")";
}

void encode_row(const Query& row, std::size_t table, int columns, SecretBytes& out) {
  out.clear();
  append_number(out, static_cast<std::uint8_t>(ExportRecord::row));
  append_number(out, static_cast<std::uint8_t>(table));
  for (int i = 0; i < columns; ++i) {
    if (row.is_null(i)) {
      append_number(out, static_cast<std::uint8_t>(ValueTag::null));
    } else if (row.is_integer(i)) {
      append_number(out, static_cast<std::uint8_t>(ValueTag::integer));
      append_number(out, static_cast<std::uint64_t>(row.i64(i)));
    } else {
      append_number(out, static_cast<std::uint8_t>(row.is_text(i) ? ValueTag::text : ValueTag::blob));
      const ByteView value = row.view(i);
      append_number(out, static_cast<std::uint32_t>(value.size()));
      out.insert(out.end(), value.begin(), value.end());
    }
  }
}

void decode_row(ByteView record, std::size_t columns, Query& into) {
  FieldReader in(record);
  static_cast<void>(in.take(2));  // kind and table: the caller has read them
  for (std::size_t i = 0; i < columns; ++i) {
    switch (static_cast<ValueTag>(in.number<std::uint8_t>())) {
      case ValueTag::null: into.bind(std::nullopt); break;
      case ValueTag::integer: into.bind(in.number<std::int64_t>()); break;
      case ValueTag::text: into.bind(as_text(in.take(in.number<std::uint32_t>()))); break;
      case ValueTag::blob: into.bind(in.take(in.number<std::uint32_t>())); break;
      default: throw Error(Errc::bad_state, kRead);
    }
  }
  in.expect_end();
}

}  // namespace anochat::storage::detail
