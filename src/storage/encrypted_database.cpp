#include "storage/encrypted_database.hpp"

#include <anochat/base/error.hpp>

#include <algorithm>
#include <sodium.h>
#include <sqlite3.h>

#include "base/stack_wipe.hpp"
#include "storage/sqlite_error.hpp"
#include "storage/store_opener.hpp"
#include "storage/vfs.hpp"

namespace anochat::storage {
namespace {

/// Absolute, with links in the folder resolved and the last part left as it is.
std::filesystem::path resolve(const std::filesystem::path& path) {
  if (!path.has_filename()) throw Error(Errc::invalid_argument, "store.path");
  std::error_code failed;
  const auto folder = std::filesystem::canonical(std::filesystem::absolute(path, failed).parent_path(), failed);
  if (failed) throw Error(Errc::not_found, "store.path");
  return folder / path.filename();
}

}  // namespace

struct EncryptedDatabase::State {
  State(const DatabaseOptions& options)
      : random(options.random != nullptr ? *options.random : own_random),
        clock(options.clock != nullptr ? *options.clock : own_clock),
        log(options.log != nullptr ? *options.log : own_log) {}

  void adopt(OpenedStore store) {
    core = std::move(store.core);
    slot = store.slot;
    is_rolled_back = store.is_rolled_back;
    vfs = std::make_unique<Vfs>(core);
  }
  StoreCore& opened() const {
    if (!core) throw Error(Errc::wrong_state, "store.closed");
    return *core;
  }
  StoreServices services() { return {random, clock, log}; }

  SystemRandom own_random;
  SystemClock own_clock;
  NullLog own_log;
  Random& random;
  const Clock& clock;
  Log& log;
  std::filesystem::path path;
  std::shared_ptr<StoreCore> core;
  std::unique_ptr<Vfs> vfs;
  std::uint32_t slot = 0;
  bool is_rolled_back = false;
};

EncryptedDatabase::EncryptedDatabase(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
EncryptedDatabase::EncryptedDatabase(EncryptedDatabase&&) noexcept = default;

EncryptedDatabase::~EncryptedDatabase() {
  if (!state_ || !state_->core || state_->core->open_files == 0) return;
  // A connection is still open: it would crash in a VFS that is gone. Leaking is the lesser evil, and is reported.
  state_->log.error("store.destroyed_while_open", {{"files", state_->core->open_files}});
  static_cast<void>(state_.release());
}

EncryptedDatabase EncryptedDatabase::create(const std::filesystem::path& path, KeyProvider& key,
                                            const DatabaseOptions& options) {
  auto state = std::make_unique<State>(options);
  state->path = resolve(path);
  state->adopt(create_store(state->path, key, options, state->services()));
  return EncryptedDatabase(std::move(state));
}

EncryptedDatabase EncryptedDatabase::open(const std::filesystem::path& path, KeyProvider& key,
                                          const DatabaseOptions& options) {
  auto state = std::make_unique<State>(options);
  state->path = resolve(path);
  state->adopt(open_store(state->path, key, options, state->services()));
  return EncryptedDatabase(std::move(state));
}

SQLite::Database EncryptedDatabase::open_connection(const ConnectionOptions& options) const {
  static_cast<void>(state_->opened());
  try {
    SQLite::Database connection(state_->path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX,
                                options.busy_timeout_ms, state_->vfs->name());
    sqlite3_extended_result_codes(connection.getHandle(), 1);
    sqlite3_db_config(connection.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection.getHandle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    const bool is_reader = options.access == Access::read;
    connection.exec(
        "PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;"
        "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA journal_size_limit=16777216;");
    connection.exec("PRAGMA cache_size=-" + std::to_string(options.cache_kib));
    if (!options.may_spill) connection.exec("PRAGMA cache_spill=OFF");
    connection.exec(is_reader ? "PRAGMA wal_autocheckpoint=0; PRAGMA query_only=ON" : "PRAGMA wal_autocheckpoint=1000");
    return connection;
  } catch (const SQLite::Exception& exception) {
    throw_sqlite(exception, "store.connect");
  }
}

std::uint32_t EncryptedDatabase::add_key(KeyProvider& key) {
  StoreCore& core = state_->opened();
  const Header now = core.ledger.header();
  const auto free = std::find_if(now.key_slots.begin(), now.key_slots.end(), [](const KeySlot& s) { return s.is_empty(); });
  if (free == now.key_slots.end()) throw Error(Errc::quota_exceeded, "store.add_key");
  const auto index = static_cast<std::size_t>(free - now.key_slots.begin());
  const KeySlot slot = seal_key_slot(now.next_slot_id, core.store_id, core.keys.data_key(), key, state_->random,
                                     state_->clock.now());
  check_sqlite(core.ledger.update(true, [&](Header& header) {
    header.key_slots[index] = slot;
    header.next_slot_id = slot.id + 1;
  }), "store.add_key");
  return slot.id;
}

void EncryptedDatabase::change_key(std::uint32_t id, KeyProvider& key) {
  StoreCore& core = state_->opened();
  const Header now = core.ledger.header();
  const auto found = std::find_if(now.key_slots.begin(), now.key_slots.end(),
                                  [id](const KeySlot& s) { return !s.is_empty() && s.id == id; });
  if (found == now.key_slots.end()) throw Error(Errc::not_found, "store.change_key");
  const auto index = static_cast<std::size_t>(found - now.key_slots.begin());
  const KeySlot slot = seal_key_slot(id, core.store_id, core.keys.data_key(), key, state_->random, state_->clock.now());
  // Both slots of the header, so that the old key is gone from the disk's current contents.
  check_sqlite(core.ledger.update(true, [&](Header& header) { header.key_slots[index] = slot; }), "store.change_key");
}

void EncryptedDatabase::remove_key(std::uint32_t id) {
  StoreCore& core = state_->opened();
  const Header now = core.ledger.header();
  const auto used = std::count_if(now.key_slots.begin(), now.key_slots.end(), [](const KeySlot& s) { return !s.is_empty(); });
  const auto found = std::find_if(now.key_slots.begin(), now.key_slots.end(),
                                  [id](const KeySlot& s) { return !s.is_empty() && s.id == id; });
  if (found == now.key_slots.end()) throw Error(Errc::not_found, "store.remove_key");
  if (used == 1) throw Error(Errc::wrong_state, "store.remove_key");
  const auto index = static_cast<std::size_t>(found - now.key_slots.begin());
  check_sqlite(core.ledger.update(true, [&](Header& header) { header.key_slots[index] = KeySlot{}; }), "store.remove_key");
}

std::vector<KeySlotInfo> EncryptedDatabase::key_slots() const {
  std::vector<KeySlotInfo> out;
  const Header header = state_->opened().ledger.header();
  for (const KeySlot& slot : header.key_slots) {
    if (slot.is_empty()) continue;
    out.push_back({slot.id, static_cast<KeyKind>(slot.kind), slot.kdf, UnixTime{Milliseconds{slot.created_ms}}});
  }
  return out;
}

std::uint32_t EncryptedDatabase::opened_slot() const noexcept { return state_->slot; }

std::uint64_t EncryptedDatabase::generation() const { return state_->opened().ledger.header().generation; }

void EncryptedDatabase::advance_generation(KeyProvider& key) {
  StoreCore& core = state_->opened();
  check_sqlite(core.ledger.update(true, [](Header& header) { ++header.generation; }), "store.advance");
  key.save_counter(core.ledger.header().generation);
}

bool EncryptedDatabase::was_rolled_back() const noexcept { return state_->is_rolled_back; }
Cipher EncryptedDatabase::cipher() const noexcept { return state_->core ? state_->core->cipher : Cipher::aegis256; }

VfsCounters EncryptedDatabase::counters() const noexcept {
  if (!state_->core) return {};
  const Counters& c = state_->core->counters;
  return {c.pages_sealed, c.pages_opened, c.pages_rejected, c.holes_filled, c.unknown_shapes, c.refused_files};
}

Secret<struct DerivedKeyRole, 32> EncryptedDatabase::derive_key(std::string_view purpose, std::uint64_t number) const {
  const detail::ShallowStackWipe wipe_stack;
  constexpr std::size_t kContextSize = 8;
  if (purpose.empty() || purpose.size() > kContextSize) throw Error(Errc::invalid_argument, "store.derive_key");
  char context[kContextSize] = {};
  std::copy(purpose.begin(), purpose.end(), context);
  Secret<struct DerivedKeyRole, 32> key;
  crypto_kdf_derive_from_key(key.expose_mutable().data(), 32, number, context,
                             state_->opened().keys.subkey(Subkey::derived).data());
  return key;
}

void EncryptedDatabase::close() {
  if (!state_ || !state_->core) return;
  StoreCore& core = *state_->core;
  if (core.open_files != 0) throw Error(Errc::wrong_state, "store.close");
  std::error_code failed;
  if (std::filesystem::file_size(core.paths.wal, failed) > 0 && !failed) {
    SQLite::Database connection = open_connection();
    check_sqlite(sqlite3_wal_checkpoint_v2(connection.getHandle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr),
                 "store.close");
  }
  // One more header write brings both slots level, so that a store at rest outlives the loss of either.
  check_sqlite(core.ledger.level(), "store.close");
  state_->vfs.reset();
  state_->core.reset();
}

}  // namespace anochat::storage
