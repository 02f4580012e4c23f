#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "campaign.hpp"
#include "hook_vfs.hpp"
#include "workload.hpp"

namespace anochat::storage::test {
namespace {

constexpr std::size_t kSector = 512;  ///< bytes that a disk writes whole or not at all

struct Change {
  bool is_truncation;
  std::int64_t offset;  ///< the new size for a truncation
  std::string bytes;
};

void apply_change(std::string& image, const Change& change) {
  const auto at = static_cast<std::size_t>(change.offset);
  if (change.is_truncation) {
    image.resize(at);
    return;
  }
  if (image.size() < at + change.bytes.size()) image.resize(at + change.bytes.size());
  std::copy(change.bytes.begin(), change.bytes.end(), image.begin() + change.offset);
}

/// How much of what was not synced reaches the disk.
enum class Cut : std::uint8_t { subset, prefix, torn, nothing, kCount };

/// Keeps, beside the real files, what is surely on disk and what may be.
class Recorder final : public Hooks {
 public:
  struct Image {
    std::string durable;
    std::vector<Change> pending;
    std::optional<std::string> before;  ///< a file of this name that was removed, as long as that is not durable
  };

  std::function<void()> on_change;  ///< called before each change

  int before(Op op, const std::string& file) override {
    static_cast<void>(file);
    const bool is_change = op == Op::write || op == Op::truncate || op == Op::sync || op == Op::remove;
    if (is_change && on_change) on_change();
    return SQLITE_OK;
  }
  void wrote(const std::string& file, ByteView bytes, std::int64_t offset) override {
    image(file).pending.push_back({false, offset, std::string(as_text(bytes))});
  }
  void truncated(const std::string& file, std::int64_t size) override { image(file).pending.push_back({true, size, {}}); }
  void synced(const std::string& file) override {
    Image& one = image(file);
    for (const Change& change : one.pending) apply_change(one.durable, change);
    one.pending.clear();
    one.before.reset();
    removed_.clear();  // one journal of the file system carries all names
  }
  void removed(const std::string& file) override {
    removed_[file] = image(file).durable;
    images_.erase(file);
  }
  [[nodiscard]] bool skips_sync() const override { return true; }

  void start_with(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    images_[path.string()].durable = {std::istreambuf_iterator<char>(file), {}};
  }

  /// Writes what a disk could hold now into another folder.
  void write_cut(const std::filesystem::path& folder, Cut cut, std::mt19937& random) const {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    for (const auto& [name, image] : images_) {
      const bool is_old = image.before && random() % 3 == 0;
      write(folder, name, is_old ? *image.before : cut_of(image, cut, random));
    }
    for (const auto& [name, durable] : removed_) {
      if (!images_.contains(name) && random() % 2 == 0) write(folder, name, durable);
    }
  }

 private:
  Image& image(const std::string& file) {
    const auto [found, is_new] = images_.try_emplace(file);
    if (is_new && removed_.contains(file)) {
      found->second.before = removed_[file];
      removed_.erase(file);
    }
    return found->second;
  }
  static void write(const std::filesystem::path& folder, const std::string& name, const std::string& bytes) {
    std::ofstream file(folder / std::filesystem::path(name).filename(), std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  static std::string cut_of(const Image& image, Cut cut, std::mt19937& random) {
    std::string out = image.durable;
    const std::size_t count = image.pending.size();
    const std::size_t end = count == 0 || cut == Cut::nothing ? 0 : random() % (count + 1);
    for (std::size_t i = 0; i < count; ++i) {
      Change change = image.pending[i];
      if (cut == Cut::subset) {
        if (random() % 2 == 0) continue;
        if (random() % 4 == 0) tear(change, random);
      } else if (i > end || (i == end && cut != Cut::torn) || cut == Cut::nothing) {
        break;
      } else if (i == end) {
        tear(change, random);
      }
      apply_change(out, change);
    }
    return out;
  }
  /// Leaves a run of whole sectors of a write, at times with nonsense in it.
  static void tear(Change& change, std::mt19937& random) {
    if (change.is_truncation || change.bytes.size() <= kSector) return;
    const std::size_t sectors = change.bytes.size() / kSector;
    const std::size_t from = random() % sectors, length = 1 + random() % (sectors - from);
    change.bytes = change.bytes.substr(from * kSector, length * kSector);
    change.offset += static_cast<std::int64_t>(from * kSector);
    if (random() % 3 == 0) {
      for (char& byte : change.bytes) byte = static_cast<char>(random());
    }
  }

  std::map<std::string, Image> images_;
  std::map<std::string, std::string> removed_;
};

/// Lets the n-th call of any kind fail, for faults in the middle of a recovery.
class OneFault final : public Hooks {
 public:
  std::uint32_t countdown = 0;
  int before(Op /*op*/, const std::string& /*file*/) override {
    return countdown > 0 && --countdown == 0 ? SQLITE_IOERR : SQLITE_OK;
  }
};

class PowerCampaign {
 public:
  PowerCampaign(const CampaignOptions& options, int points)
      : options_(options), points_(points), random_(options.seed), power_vfs_("campaign-power", recorder_),
        fault_vfs_("campaign-fault", fault_) {
    recorder_.on_change = [this] { maybe_cut(); };
  }

  bool run() {
    while (points_done_ < points_ && corrupt_ < 4) run_one_store();
    std::printf("power: %d points (subset %d, prefix %d, torn %d, nothing %d; %d with a fault in the recovery), "
                "%d transactions, corrupt %d, lost %d\n",
                points_done_, by_cut_[0], by_cut_[1], by_cut_[2], by_cut_[3], compound_, transactions_, corrupt_, lost_);
    return corrupt_ + lost_ == 0;
  }

 private:
  void run_one_store() {
    const auto path = options_.folder / "live" / "power.db";
    std::filesystem::remove_all(options_.folder);
    std::filesystem::create_directories(path.parent_path());
    RawKey key = campaign_key();
    DatabaseOptions database;
    database.cipher = options_.cipher;
    static_cast<void>(EncryptedDatabase::create(path, key, database));
    recorder_ = Recorder();
    recorder_.on_change = [this] { maybe_cut(); };
    recorder_.start_with(path);
    acknowledged_ = 0;
    database.base_vfs = "campaign-power";
    for (int session = 0; session < 4 && points_done_ < points_; ++session) {
      EncryptedDatabase store = EncryptedDatabase::open(path, key, database);
      {
        SQLite::Database db = store.open_connection();
        Workload workload(db, static_cast<std::uint32_t>(random_()));
        for (int i = 0; i < 60 && points_done_ < points_; ++i) {
          workload.step();
          acknowledged_ = workload.last();
          ++transactions_;
        }
        if (session % 2 == 0) db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        if (session == 3) store.advance_generation(key);
      }
      store.close();
    }
  }

  void maybe_cut() {
    if (is_cutting_ || --due_ > 0 || points_done_ >= points_) return;
    is_cutting_ = true;
    due_ = 1 + static_cast<int>(random_() % 150);
    // Work on a copy: a checkpoint is often cut in its first moments, which random points alone rarely hit.
    cut_here();
    is_cutting_ = false;
  }

  void cut_here() {
    const auto folder = options_.folder / "cut";
    const auto cut = static_cast<Cut>(random_() % static_cast<std::uint32_t>(Cut::kCount));
    recorder_.write_cut(folder, cut, random_);
    const bool is_compound = random_() % 4 == 0;
    const auto untouched = options_.folder / "kept";
    std::filesystem::remove_all(untouched);
    std::filesystem::copy(folder, untouched);
    if (is_compound) open_with_fault(folder / "power.db");
    const Verdict verdict = verify(folder / "power.db");
    ++points_done_;
    ++by_cut_[static_cast<std::size_t>(cut)];
    if (!verdict.is_ok) {
      std::printf("  cut %d%s: %s (transaction %d, acknowledged %d)\n", static_cast<int>(cut), is_compound ? " and a fault" : "",
                  verdict.problem.substr(0, 100).c_str(), verdict.last, acknowledged_);
      ++corrupt_;
    } else if (verdict.last < acknowledged_) {
      std::printf("  cut %d: found %d, acknowledged %d\n", static_cast<int>(cut), verdict.last, acknowledged_);
      ++lost_;
    }
  }

  void open_with_fault(const std::filesystem::path& path) {
    ++compound_;
    fault_.countdown = 1 + static_cast<std::uint32_t>(random_() % 60);
    DatabaseOptions database;
    database.base_vfs = "campaign-fault";
    static_cast<void>(verify(path, database));
    fault_.countdown = 0;
  }

  CampaignOptions options_;
  int points_;
  std::mt19937 random_;
  Recorder recorder_;
  OneFault fault_;
  HookVfs power_vfs_, fault_vfs_;
  bool is_cutting_ = false;
  int due_ = 20, points_done_ = 0, corrupt_ = 0, lost_ = 0, acknowledged_ = 0, transactions_ = 0, compound_ = 0;
  int by_cut_[4] = {};
};

}  // namespace

bool run_power(const CampaignOptions& options, int points) {
  PowerCampaign campaign(options, points);
  return campaign.run();
}

}  // namespace anochat::storage::test
