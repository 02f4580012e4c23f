// storage/export_tables.hpp - which tables travel in an export, and how their rows become bytes.
#pragma once

#include <anochat/storage/maintenance.hpp>
#include <span>
#include <string>
#include <vector>

#include "storage/connection.hpp"

namespace anochat::storage::detail {

/// A table that may travel. What is not listed never leaves in an export and is refused in an import.
struct ExportTable {
  const char* name;
  const char* rows;         ///< which rows, as a WHERE expression
  const char* order;        ///< so that an import appends to its B-tree
};

/// In the order in which rows can be inserted without breaking a reference.
[[nodiscard]] std::span<const ExportTable> export_tables() noexcept;
[[nodiscard]] const ExportTable* find_export_table(std::string_view name) noexcept;

enum class ExportRecord : std::uint8_t { manifest = 1, row = 2, totals = 3 };

/// What one table brings along: part of the manifest.
struct TablePlan {
  std::string name;
  std::uint64_t rows = 0;
  std::vector<std::string> columns;
};
struct Manifest {
  std::uint32_t schema = 0;
  UnixTime created;
  std::vector<TablePlan> tables;
  [[nodiscard]] std::uint64_t rows() const noexcept;
};

[[nodiscard]] Manifest make_manifest(Connection& db, const BackupScope& scope, UnixTime now);
[[nodiscard]] SecretBytes encode_manifest(const Manifest& manifest);
/// @throws Error{Errc::bad_state}  malformed
[[nodiscard]] Manifest decode_manifest(ByteView record);

[[nodiscard]] std::string select_rows(const TablePlan& plan, const BackupScope& scope);
[[nodiscard]] std::string insert_row(const TablePlan& plan);

/// @param table  its place in the manifest
void encode_row(const Query& row, std::size_t table, int columns, SecretBytes& out);
/// Binds the values of a row record to `into`. @throws Error{Errc::bad_state}
void decode_row(ByteView record, std::size_t columns, Query& into);

/// The columns of a table as this schema has them.
[[nodiscard]] std::vector<std::string> columns_of(Connection& db, const std::string& table);

}  // namespace anochat::storage::detail
