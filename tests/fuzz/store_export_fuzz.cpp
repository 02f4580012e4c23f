// What is inside a portable export, once its seal is open: whoever knows the passphrase can write anything there. The
// first byte says whether a manifest or a row follows. (The sealed stream around them is libsodium's secretstream.)
#include <anochat/base/error.hpp>

#include "fuzz/fuzz.hpp"
#include "storage/connection_source.hpp"
#include "storage/export_tables.hpp"
#include "storage/migration.hpp"
#include "storage/schema.hpp"

#include <optional>

using namespace anochat;
using namespace anochat::storage;

namespace {

/// An empty store of the current schema.
struct Target {
  std::unique_ptr<detail::ConnectionSource> source = detail::memory_source();
  detail::Connection db{source->open({}), 32};
  Target() { detail::migrate(db, detail::schema_steps()); }
};

void check_manifest(ByteView record) {
  detail::Manifest manifest;
  if (!fuzz::accepts({Errc::bad_state, Errc::newer_schema}, [&] { manifest = detail::decode_manifest(record); }))
    return;
  static_cast<void>(manifest.rows());
  const SecretBytes again = detail::encode_manifest(manifest);
  fuzz::require(Bytes(again.begin(), again.end()) == Bytes(record.begin(), record.end()), "a manifest has one form");
}

void check_row(detail::Connection& db, std::size_t number, ByteView record) {
  const auto tables = detail::export_tables();
  const std::string name = tables[number % tables.size()].name;
  const detail::TablePlan plan{name, 1, detail::columns_of(db, name)};
  detail::WriteScope scope(db, "fuzz");  // never committed
  static_cast<void>(
      fuzz::accepts({Errc::bad_state, Errc::already_exists, Errc::not_found, Errc::invalid_argument}, [&] {
        auto row = db.query(detail::insert_row(plan));
        detail::decode_row(record, plan.columns.size(), row);
        row.run();
      }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Target target;
  if (size < 2) return 0;
  const ByteView input(data, size);
  if (data[0] % 8 == 0) {
    check_manifest(input.subspan(1));
  } else {
    check_row(target.db, data[1], input.subspan(2));
  }
  return 0;
}
