// Store::export_to: the portable export, written from one snapshot in constant memory.

#include <anochat/base/error.hpp>
#include <anochat/storage/store.hpp>

#include "base/byte_io.hpp"
#include "storage/export_stream.hpp"
#include "storage/export_tables.hpp"
#include "storage/file_name.hpp"
#include "storage/store_state.hpp"

namespace anochat::storage {
namespace {

constexpr std::uint64_t kProgressStep = 1'000;  // records

struct Progress {
  const ExportOptions& options;
  std::uint64_t total;
  std::uint64_t done = 0;
  void count() {
    if (++done % kProgressStep == 0 && options.progress) options.progress(done, total);
  }
  void end() const {
    if (options.progress) options.progress(done, total);
  }
};

ExportTotals write_export(detail::Connection& db, detail::ExportWriter& out, const ExportOptions& options, UnixTime now) {
  const detail::Manifest manifest = detail::make_manifest(db, options.scope, now);
  out.write(detail::encode_manifest(manifest));
  Progress progress{options, manifest.rows()};
  ExportTotals totals;
  SecretBytes record;
  for (std::size_t i = 0; i < manifest.tables.size(); ++i) {
    const detail::TablePlan& plan = manifest.tables[i];
    auto row = db.query(detail::select_rows(plan, options.scope));
    while (row.step()) {
      detail::encode_row(row, i, static_cast<int>(plan.columns.size()), record);
      out.write(record);
      ++totals.records;
      totals.messages += plan.name == "messages" ? 1U : 0U;
      progress.count();
    }
  }
  ByteArray<17> last{};
  last[0] = static_cast<std::uint8_t>(detail::ExportRecord::totals);
  store_be(MutableByteView(last), 1, totals.records);
  store_be(MutableByteView(last), 9, totals.messages);
  out.write(last);
  out.finish();
  progress.end();
  totals.bytes = out.bytes();
  return totals;
}

/// A reader's connection in a transaction of its own, for as long as the export takes.
class ReadLease {
 public:
  explicit ReadLease(detail::StoreState& state)
      : readers_(*state.readers), connection_(readers_.take(state.options.busy_timeout)) {
    try {
      connection_->exec("BEGIN", "store.export");
    } catch (...) {
      readers_.give_back(std::move(connection_));
      throw;
    }
  }
  ~ReadLease() {
    connection_->roll_back();
    if (connection_->is_in_transaction()) connection_.reset();
    readers_.give_back(std::move(connection_));
  }
  ReadLease(const ReadLease&) = delete;
  ReadLease& operator=(const ReadLease&) = delete;
  detail::Connection& operator*() const noexcept { return *connection_; }

 private:
  detail::ReaderPool& readers_;
  std::unique_ptr<detail::Connection> connection_;
};

}  // namespace

ExportTotals Store::export_to(const std::filesystem::path& path, const ExportOptions& options) const {
  detail::StoreState& s = state();
  detail::PartialName name(path, "store.export");
  detail::ExportWriter out(name.path(), options, s.random());
  const ReadLease lease(s);
  const ExportTotals totals = write_export(*lease, out, options, s.clock().now());
  name.publish();
  return totals;
}

}  // namespace anochat::storage
