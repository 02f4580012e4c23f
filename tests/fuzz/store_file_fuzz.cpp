// A whole store on a hostile disk, opened as a client opens it. Who has only the file changes its bytes; who has the
// key too (or a library with a bug) changes pages and seals them as they should be. Opening and reading everything
// gives values or a documented error, and a store that is refused stays as it was.
//
// The input is a row of steps of five bytes and a value: what, a page, an offset, and a length (or another page).
#include <anochat/storage/store.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/store_files.hpp"
#include "fuzz/store_rows.hpp"
#include "storage/header.hpp"
#include "storage/key_chain.hpp"
#include "storage/page_seal.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

using namespace anochat;
using namespace anochat::storage;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostSteps = 32;

/// A closed store with a row of everything.
class Sample {
 public:
  Sample() {
    RawKey key = fuzz::store_key();
    {
      Store store = Store::create(path(), key, options());
      rows = store.write([this](Records& r) { return test::fill(r, clock_.now()); });
      store.close();
    }
    file = fuzz::read_file(path());
    HeaderBytes bytes;
    std::copy_n(file.begin(), bytes.size(), bytes.begin());
    header_ = read_header(bytes).header;
    auto data_key = open_key_slot(header_.key_slots[0], header_.store_id, key.secret());
    fuzz::require(data_key.has_value(), "the key opens its store");
    keys_.emplace(*data_key);
    for (std::uint32_t number = 1; at(number) < file.size(); ++number) pages.push_back(open_page(number));
  }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  [[nodiscard]] fs::path path() const { return folder_ / "s.db"; }
  [[nodiscard]] static std::size_t at(std::uint32_t page) { return kHeaderArea + (page - 1) * kPageSize; }
  [[nodiscard]] StoreOptions options() {
    StoreOptions out;
    out.clock = &clock_;
    out.random = &random_;
    out.log = &log_;
    out.cipher = Cipher::xchacha20;
    return out;
  }
  [[nodiscard]] UnixTime now() const { return clock_.now(); }
  /// Seals what a page shall hold into a copy of the file.
  void seal_page(Bytes& into, std::uint32_t number, const Bytes& plain) {
    if (at(number) + kPageSize > into.size()) return;
    seal().seal({.page = number}, plain, MutableByteView(into).subspan(at(number), kPageSize), nonces_);
  }

  test::Rows rows;
  Bytes file;
  std::vector<Bytes> pages;  ///< opened; number 1 first

 private:
  [[nodiscard]] PageSeal seal() const { return PageSeal(header_.cipher, keys_->subkey(Subkey::main_page)); }
  [[nodiscard]] Bytes open_page(std::uint32_t number) const {
    Bytes plain(kPageSize - seal().reserve());
    const ByteView sealed = ByteView(file).subspan(at(number), kPageSize);
    fuzz::require(seal().open({.page = number}, sealed, plain), "a page opens");
    return plain;
  }

  fuzz::Folder folder_{"store"};
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  NullLog log_;
  Header header_;
  std::optional<KeyChain> keys_;
  NonceSource nonces_{random_};
};

struct Step {
  std::uint8_t what;
  std::size_t page;  // from 0
  std::size_t offset;
  ByteView value;
};

/// Changes pages under the key first, then bytes of the file, which nothing seals.
Bytes damaged(Sample& sample, const std::vector<Step>& steps) {
  Bytes file = sample.file;
  for (const Step& step : steps) {
    const auto number = static_cast<std::uint32_t>(step.page + 1);
    Bytes plain = sample.pages[step.page];
    if (step.what % 4 == 0) {
      for (std::size_t i = 0; i < step.value.size(); ++i) plain[(step.offset + i) % plain.size()] = step.value[i];
      sample.seal_page(file, number, plain);
    } else if (step.what % 4 == 1) {
      sample.seal_page(file, number, sample.pages[step.offset % sample.pages.size()]);
    }
  }
  for (const Step& step : steps) {
    if (step.what % 4 == 2) {
      const std::size_t at = (step.page * kPageSize + step.offset) % file.size();
      for (std::size_t i = 0; i < step.value.size(); ++i) file[(at + i) % file.size()] = step.value[i];
    } else if (step.what % 4 == 3) {
      file.resize(std::max<std::size_t>(1, file.size() - step.offset % file.size()));
    }
  }
  return file;
}

std::vector<Step> steps_of(const Sample& sample, ByteView input) {
  std::vector<Step> steps;
  while (input.size() >= 5 && steps.size() < kMostSteps) {
    const std::size_t length = std::min<std::size_t>(input[4], input.size() - 5);
    const std::size_t offset = std::size_t{input[2]} << 8 | input[3];
    steps.push_back({input[0], input[1] % sample.pages.size(), offset, input.subspan(5, length)});
    input = input.subspan(5 + length);
  }
  return steps;
}

void use(Store& store, const Sample& sample) {
  Transaction tx = store.begin();
  test::read_everything(*tx, sample.rows, sample.now());
  tx.commit();
  static_cast<void>(store.check(CheckDepth::quick, false));
}

/// But for a header slot that was lost: it is written again as soon as the other one has proved to be authentic.
bool is_as_it_was(const Bytes& after, const Bytes& before) {
  const auto is_lost = [&before](std::size_t slot) {
    HeaderBytes bytes{};
    std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(slot), bytes.size(), bytes.begin());
    return read_header(bytes).condition != SlotCondition::whole;
  };
  if (before.size() < kHeaderArea || !(is_lost(0) || is_lost(kHeaderSize))) return after == before;
  return after.size() == before.size() &&
         std::equal(after.begin() + kHeaderArea, after.end(), before.begin() + kHeaderArea);
}

/// Opens the store and does everything with it.
void check(Sample& sample, const Bytes& file, bool is_sealed_well) {
  bool is_open = false;
  const auto all = [&] {
    RawKey key = fuzz::store_key();
    Store store = Store::open(sample.path(), key, sample.options());
    is_open = true;
    use(store, sample);
  };
  // Who has the key can take tables away, so that our own SQL does not fit; nobody else can.
  sample.rows.also = is_sealed_well ? Errc::internal : Errc::store_corrupt;
  static_cast<void>(fuzz::accepts({Errc::not_a_store, Errc::store_corrupt, Errc::newer_format, Errc::newer_schema,
                                   Errc::wrong_key, Errc::kdf_policy, sample.rows.also},
                                  all));
  if (!is_open) fuzz::require(is_as_it_was(fuzz::read_file(sample.path()), file), "a refused store is as it was");
  if (file == sample.file) fuzz::require(is_open, "a store that nobody changed opens");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Sample sample;
  if (size > 4'096) return 0;
  const std::vector<Step> steps = steps_of(sample, {data, size});
  const bool is_sealed_well =
      std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.what % 4 < 2; });
  const Bytes file = damaged(sample, steps);
  for (const char* ending : {"-wal", ".lock"}) fs::remove(sample.path().string() + ending);
  fuzz::write_file(sample.path(), file);
  check(sample, file, is_sealed_well);
  return 0;
}
