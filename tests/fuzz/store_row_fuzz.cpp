// Rows that hold what no version of this library has written. An input names columns of a small store and the values
// that they get, with the table's own checks switched off; reading everything must give values or a documented error.
#include <anochat/storage/store.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/store_rows.hpp"
#include "storage/store_state.hpp"

#include <string>
#include <vector>

using namespace anochat;
using namespace anochat::storage;

namespace {

struct Column {
  std::string table;
  std::string name;
};

class Sample {
 public:
  Sample() : store(Store::in_memory(options())) {
    rows = store.write([&](Records& r) { return test::fill(r, clock.now()); });
    detail::Connection& db = *detail::StoreAccess::state(store).writer;
    std::vector<std::string> tables;
    auto names = db.query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
        "AND name NOT LIKE '%fts%' AND name NOT LIKE '%trigrams%' ORDER BY name");
    while (names.step()) tables.push_back(names.text(0));
    for (const std::string& table : tables) {
      auto info = db.query("SELECT name FROM pragma_table_info('" + table + "') ORDER BY cid");
      while (info.step()) columns.push_back({table, info.text(0)});
    }
    db.exec("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF", "fuzz");
  }

  testing::FakeClock clock;
  testing::SeededRandom random{1};
  NullLog log;
  test::Rows rows;
  std::vector<Column> columns;
  Store store;

 private:
  StoreOptions options() {
    StoreOptions out;
    out.clock = &clock;
    out.random = &random;
    out.log = &log;
    return out;
  }
};

/// Three bytes and a value: which column, its kind and its length.
void change(Sample& s, ByteView edits) {
  detail::Connection& db = *detail::StoreAccess::state(s.store).writer;
  while (edits.size() >= 3) {
    const Column& column = s.columns[edits[0] % s.columns.size()];
    const std::uint8_t kind = edits[1] % 4;
    const std::size_t length = std::min<std::size_t>(edits[2], edits.size() - 3);
    const ByteView value = edits.subspan(3, length);
    edits = edits.subspan(3 + length);
    std::int64_t number = 0;
    for (const std::uint8_t byte : value)
      number = static_cast<std::int64_t>(static_cast<std::uint64_t>(number) << 8 | byte);
    try {
      auto update = db.query("UPDATE \"" + column.table + "\" SET \"" + column.name + "\" = ?");
      if (kind == 0) update.bind(std::nullopt);
      if (kind == 1) update.bind(number);
      if (kind == 2) update.bind(as_text(value));
      if (kind == 3) update.bind(value);
      update.run();
    } catch (const Error&) {  // a value that the column cannot even hold
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Sample sample;
  Transaction tx = sample.store.begin();  // never committed: every input begins with the same rows
  change(sample, {data, size});
  test::read_everything(*tx, sample.rows, sample.clock.now());
  return 0;
}
