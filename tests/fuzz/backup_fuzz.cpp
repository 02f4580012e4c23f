// Portable exports as a stranger or a broken disk hands them over: the file's bytes as they are or with edits, and
// files whose owner knows the passphrase and writes any records. An import gives a store or a documented error, and no
// store appears when it is refused.
//
// Input: a byte that says which; then bytes, edits, or steps that each name a good record and edits of it.
#include <anochat/storage/store.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/store_files.hpp"
#include "fuzz/store_rows.hpp"
#include "storage/export_stream.hpp"

#include <sodium.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

using namespace anochat;
using namespace anochat::storage;
namespace fs = std::filesystem;

// Argon2id, which this program would spend its time with: the linker sends calls here, and the same question has the
// same answer.
#define JOIN_NAMES(a, b) a##b
#define JOIN(a, b) JOIN_NAMES(a, b)  // libsodium's own names may be macros
#define REAL_PWHASH JOIN(__real_, crypto_pwhash)
#define WRAPPED_PWHASH JOIN(__wrap_, crypto_pwhash)

extern "C" int REAL_PWHASH(unsigned char* out, unsigned long long out_len, const char* text,
                           unsigned long long text_len, const unsigned char* salt, unsigned long long passes,
                           std::size_t memory, int algorithm);
extern "C" int WRAPPED_PWHASH(unsigned char* out, unsigned long long out_len, const char* text,
                              unsigned long long text_len, const unsigned char* salt, unsigned long long passes,
                              std::size_t memory, int algorithm) {
  static std::map<std::string, Bytes> known;
  const std::string question = std::string(text, text_len) + '/' +
                               std::string(reinterpret_cast<const char*>(salt), crypto_pwhash_SALTBYTES) + '/' +
                               std::to_string(passes) + '/' + std::to_string(memory);
  if (known.size() > 1'000) known.clear();
  Bytes& answer = known[question];
  if (answer.empty()) {
    answer.resize(out_len);
    // One key for each question is all that matters here, so the least work will do.
    if (REAL_PWHASH(answer.data(), out_len, text, text_len, salt, crypto_pwhash_OPSLIMIT_MIN,
                    crypto_pwhash_MEMLIMIT_MIN, algorithm) != 0) {
      std::abort();
    }
  }
  std::memcpy(out, answer.data(), out_len);
  return 0;
}

namespace {

class Sample {
 public:
  Sample() {
    options.passphrase = {'p', 'a', 's', 's'};
    options.kdf = {KdfParams::kLeastMemory, KdfParams::kLeastPasses};
    Store store = Store::in_memory(store_options());
    rows = store.write([this](Records& r) { return test::fill(r, clock_.now()); });
    store.export_to(path(), options);
    file = fuzz::read_file(path());
    detail::ExportReader in(path(), options.passphrase);
    for (bool is_last = false; !is_last;) {
      const ByteView record = in.next();
      records.emplace_back(record.begin(), record.end());
      is_last = record[0] == 3;  // the totals
    }
  }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  [[nodiscard]] fs::path path() const { return folder_ / "export"; }
  [[nodiscard]] fs::path target() const { return folder_ / "new.db"; }
  [[nodiscard]] bool has_left_anything() const {
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path() != path()) return true;
    }
    return false;
  }
  void clean() const {
    for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove(entry.path());
  }
  [[nodiscard]] StoreOptions store_options() {
    StoreOptions out;
    out.clock = &clock_;
    out.random = &random_;
    out.log = &log_;
    return out;
  }
  [[nodiscard]] UnixTime now() const { return clock_.now(); }

  ExportOptions options;
  test::Rows rows;
  Bytes file;
  std::vector<Bytes> records;

 private:
  fuzz::Folder folder_{"backup"};
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  NullLog log_;
};

/// The good records, some changed: a step is the record's number, then a byte with the number of edits that follow; its
/// top bit leaves the record out, the next one repeats it before the last.
std::vector<Bytes> forged(const Sample& sample, ByteView input) {
  std::vector<Bytes> records = sample.records;
  while (input.size() >= 2) {
    Bytes& record = records[input[0] % records.size()];
    const std::size_t length = std::min<std::size_t>((input[1] & 0x1fU) * 3U, input.size() - 2);
    if ((input[1] & 0x80U) != 0) record.clear();
    if ((input[1] & 0x40U) != 0)
      records.insert(records.end() - 1, record);
    else
      record = fuzz::edited(record, input.subspan(2, length));
    input = input.subspan(2 + length);
  }
  std::erase_if(records, [](const Bytes& record) { return record.empty(); });
  return records;
}

void write_export(const Sample& sample, const std::vector<Bytes>& records) {
  testing::SeededRandom random(9);  // the same salt each time
  detail::ExportWriter out(sample.path(), sample.options, random);
  for (const Bytes& record : records) out.write(record);
  out.finish();
}

void check(Sample& sample, bool is_unchanged) {
  bool is_good = false;
  static_cast<void>(fuzz::accepts({Errc::wrong_key, Errc::not_a_store, Errc::newer_format, Errc::newer_schema,
                                   Errc::bad_state, Errc::store_corrupt, Errc::kdf_policy},
                                  [&] {
                                    RawKey key = fuzz::store_key();
                                    Store::import_from(sample.path(), sample.options, sample.target(), key,
                                                       sample.store_options());
                                    is_good = true;
                                  }));
  fuzz::require(is_good || !is_unchanged, "an export that nobody changed is imported");
  if (!is_good) return fuzz::require(!sample.has_left_anything(), "no store appears");
  RawKey key = fuzz::store_key();
  Store store = Store::open(sample.target(), key, sample.store_options());
  Transaction tx = store.begin();
  test::read_everything(*tx, sample.rows, sample.now());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Sample sample;
  if (size == 0 || size > 4'096) return 0;
  const ByteView rest = ByteView(data, size).subspan(1);
  sample.clean();
  if (data[0] % 4 == 0) {
    const auto records = forged(sample, rest);
    write_export(sample, records);
    check(sample, records == sample.records);
  } else {
    const Bytes file = data[0] % 4 == 1 ? Bytes(rest.begin(), rest.end()) : fuzz::edited(sample.file, rest);
    fuzz::write_file(sample.path(), file);
    check(sample, file == sample.file);
  }
  return 0;
}
