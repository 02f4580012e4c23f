#include "storage/store_opener.hpp"

#include <anochat/base/error.hpp>

#include <array>
#include <optional>
#include <sys/stat.h>

#include "storage/main_file.hpp"
#include "storage/sqlite_error.hpp"
#include "storage/vfs.hpp"
#include "storage/wal_scan.hpp"

namespace anochat::storage {
namespace {

struct Slots {
  std::array<HeaderBytes, 2> bytes{};
  std::array<SlotReading, 2> readings{};
  int newest = 0;

  [[nodiscard]] const Header& header() const noexcept { return readings[static_cast<std::size_t>(newest)].header; }
  [[nodiscard]] const SlotReading& other() const noexcept { return readings[static_cast<std::size_t>(1 - newest)]; }
};

bool any(const Slots& slots, SlotCondition condition) noexcept {
  return slots.readings[0].condition == condition || slots.readings[1].condition == condition;
}

/// Reads both slots and says what the file is, as far as that can be said without a key.
Slots read_slots(const LowerFile& file) {
  Slots slots;
  std::int64_t size = 0;
  check_sqlite(file.size(size), "store.open");
  for (std::size_t i = 0; i < 2; ++i) {
    const int code = file.read(slots.bytes[i], static_cast<std::int64_t>(i * kHeaderSize));
    if (code != SQLITE_IOERR_SHORT_READ) check_sqlite(code, "store.open");
    slots.readings[i] = read_header(slots.bytes[i]);
  }
  if (any(slots, SlotCondition::newer)) throw Error(Errc::newer_format, "store.open");
  if (!any(slots, SlotCondition::whole)) {
    throw Error(any(slots, SlotCondition::damaged) ? Errc::store_corrupt : Errc::not_a_store, "store.open");
  }
  if (size < kHeaderArea + static_cast<std::int64_t>(kPageSize)) throw Error(Errc::store_corrupt, "store.open");
  const auto& [a, b] = slots.readings;
  const bool is_b_newer = a.condition != SlotCondition::whole ||
                          (b.condition == SlotCondition::whole && b.header.sequence > a.header.sequence);
  slots.newest = is_b_newer ? 1 : 0;
  return slots;
}

struct Unlocked {
  DataKey data_key;
  std::uint32_t slot;
};

Unlocked unlock(const Header& header, KeyProvider& key) {
  const auto kind = static_cast<std::uint8_t>(key.kind());
  std::optional<SecretBytes> secret;
  for (const KeySlot& slot : header.key_slots) {
    if (slot.kind != kind) continue;
    if (!secret) secret = key.secret();  // asked for only when there is a slot it could fit
    if (auto data_key = open_key_slot(slot, header.store_id, *secret)) return {std::move(*data_key), slot.id};
  }
  throw Error(Errc::wrong_key, "store.open");
}

/// Both slots' MACs, and whether the slots speak of one store.
void check_slots(const Slots& slots, KeyView mac_key) {
  for (std::size_t i = 0; i < 2; ++i) {
    const SlotReading& reading = slots.readings[i];
    if (reading.condition != SlotCondition::whole) continue;
    // A torn write breaks the checksum. A good checksum with a wrong MAC is nobody's accident.
    if (!is_authentic(slots.bytes[i], mac_key)) throw Error(Errc::store_corrupt, "store.open");
  }
}

bool exists(const std::string& path) {
  struct ::stat found {};
  if (::lstat(path.c_str(), &found) != 0) return false;
  if (!S_ISREG(found.st_mode)) throw Error(Errc::store_corrupt, "store.wal");  // a link or a folder was put there
  return true;
}

struct Wal {
  LowerFile file;
  WalScan scan;
  WalVerdict verdict = WalVerdict::discard;
};

Wal examine_wal(StoreCore& core, const VfsFilename& name, const Slots& slots) {
  Wal wal;
  if (exists(core.paths.wal)) {
    check_sqlite(wal.file.open(core.lower, name.get(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, nullptr), "store.wal");
    wal.scan = scan_wal(wal.file, core.store_id, {core.keys.subkey(Subkey::wal_header), core.wal_seal, core.mask});
  }
  wal.verdict = judge_wal(slots.header(), slots.other().condition != SlotCondition::whole, wal.scan);
  if (wal.verdict == WalVerdict::corrupt) throw Error(Errc::store_corrupt, "store.wal");
  return wal;
}

/// Without a WAL the first page must be whole; with one, it may be torn and the WAL has it.
void check_first_page(const StoreCore& core) {
  std::array<std::uint8_t, kPageSize> sealed{};
  SecretBytes page(kPageSize - core.main_seal.reserve());
  check_sqlite(core.header_file.read(sealed, kHeaderArea), "store.open");
  if (!core.main_seal.open({Role::main, 1}, sealed, page)) throw Error(Errc::store_corrupt, "store.open");
}

/// Whether the key provider remembers a later state of this store than the store itself does.
bool is_behind(const Slots& slots, std::optional<std::uint64_t> counter) {
  // With one slot unreadable the header may be one change behind, and so may its generation.
  const std::uint64_t slack = slots.other().condition == SlotCondition::whole ? 0 : 1;
  return counter && slots.header().generation + slack < *counter;
}

bool is_same_but_sequence(Header a, const Header& b) {
  a.sequence = b.sequence;
  return a == b;
}

/// All checks are done and the store will open: what a crash left is put in order now.
void put_in_order(StoreCore& core, const Slots& slots, Wal& wal, std::optional<std::uint64_t> counter) {
  if (wal.verdict == WalVerdict::use) {
    core.ledger.adopt_wal(wal.scan.generation, wal.scan.frames);
  } else if (wal.file.is_open()) {
    check_sqlite(wal.file.truncate(0), "store.wal");
    core.log.info("store.wal_discarded");
  }
  const bool is_uneven = slots.other().condition != SlotCondition::whole ||
                         slots.other().header.key_slots != slots.header().key_slots;
  if (!is_uneven && is_same_but_sequence(slots.other().header, slots.header())) core.ledger.assume_level();
  if (!is_uneven && !counter) return;
  check_sqlite(core.ledger.update(is_uneven, [&](Header& header) {
    if (counter) header.generation = std::max(header.generation, *counter) + 1;
  }), "store.open");
}

}  // namespace

OpenedStore open_store(const std::filesystem::path& path, KeyProvider& key, const DatabaseOptions& options,
                       const StoreServices& services) {
  sqlite3_vfs& lower = find_vfs(options.base_vfs);
  const StorePaths paths(path.string());
  StoreLock lock = StoreLock::acquire(path);
  VfsFilename name(paths.main);
  LowerFile file;
  int flags = 0;
  check_sqlite(file.open(lower, name.get(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, &flags), "store.open");
  if ((flags & SQLITE_OPEN_READONLY) != 0) throw Error(Errc::read_only, "store.open");

  const Slots slots = read_slots(file);
  const Unlocked unlocked = unlock(slots.header(), key);
  const std::optional<std::uint64_t> counter = key.load_counter();
  auto core = std::make_shared<StoreCore>(lower, paths, std::move(name), std::move(lock), std::move(file),
                                          unlocked.data_key, slots.header(), slots.newest, services.random, services.log);
  check_slots(slots, core->keys.subkey(Subkey::header_mac));
  const bool is_rolled_back = is_behind(slots, counter);
  if (is_rolled_back && !options.accept_rolled_back) throw Error(Errc::rolled_back, "store.open");
  const VfsFilename wal_name(paths.wal);
  {
    Wal wal = examine_wal(*core, wal_name, slots);
    if (wal.verdict != WalVerdict::use) check_first_page(*core);
    put_in_order(*core, slots, wal, counter);
  }
  key.save_counter(core->ledger.header().generation);
  return {std::move(core), unlocked.slot, is_rolled_back};
}

}  // namespace anochat::storage
