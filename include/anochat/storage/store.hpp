// anochat/storage/store.hpp - everything a client keeps, in one encrypted file.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>
#include <anochat/storage/cipher.hpp>
#include <anochat/storage/key_provider.hpp>
#include <anochat/storage/maintenance.hpp>
#include <anochat/storage/transaction.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace anochat::storage {

namespace detail {
struct StoreState;
struct StoreAccess;
}  // namespace detail

/// The world a store lives in, and what it may use of it.
struct StoreOptions {
  const Clock* clock = nullptr;  ///< nullptr: the machine's
  Random* random = nullptr;      ///< nullptr: the operating system's
  Log* log = nullptr;            ///< nullptr: silence, but for an in-memory store, which complains on stderr
  Cipher cipher = recommended_cipher();  ///< create() only
  bool accept_rolled_back = false;       ///< open an older copy all the same; was_rolled_back() then says so
  int writer_cache_kib = 16 * 1024;      ///< pages kept in memory, KiB
  int reader_cache_kib = 4 * 1024;       ///< the same, for each reader
  int readers = 3;                       ///< snapshots at one time, 1 to 8
  int cached_statements = 96;            ///< per connection, at least 8
  std::chrono::milliseconds busy_timeout{5'000};  ///< how long snapshot() waits for a free reader
};

/// An open store. Safe to use from any thread, except moving, close() and destruction. All members may throw Error with
/// store_corrupt, io_failed, disk_full, read_only and wrong_state (closed); a failed call changed nothing.
class Store {
 public:
  /// Makes a new store. @throws as EncryptedDatabase::create: already_exists, not_found, read_only
  [[nodiscard]] static Store create(const std::filesystem::path& path, KeyProvider& key, const StoreOptions& options = {});
  /// Opens a store and brings its schema up to date. A file that cannot be opened is left as it was, but for one of its
  /// two header slots, which is written again where it was lost.
  /// @throws Error{Errc::not_found}      no such file
  /// @throws Error{Errc::not_a_store}    another kind of file
  /// @throws Error{Errc::newer_format}, Error{Errc::newer_schema}  made by a later version of this library
  /// @throws Error{Errc::wrong_key}      no key slot opens with this key
  /// @throws Error{Errc::kdf_policy}     a key slot outside the limits of KdfParams
  /// @throws Error{Errc::store_busy}     open elsewhere, in this process or another
  /// @throws Error{Errc::rolled_back}    an older copy of itself; see StoreOptions::accept_rolled_back
  [[nodiscard]] static Store open(const std::filesystem::path& path, KeyProvider& key, const StoreOptions& options = {});
  /// A store that forgets everything when it is destroyed, for tests. Says so through the log as a warning. Snapshots and
  /// transactions exclude each other here: a commit waits for them, and a thread that holds both gets store_busy.
  [[nodiscard]] static Store in_memory(const StoreOptions& options = {});

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();  ///< as close(), without errors

  /// Waits for another thread's transaction. @throws Error{Errc::wrong_state}  this thread has one open
  [[nodiscard]] Transaction begin();
  /// Runs `body(Records&)` in a transaction of its own and returns what it returns.
  template <class Body>
  decltype(auto) write(Body&& body) {
    Transaction tx = begin();
    if constexpr (std::is_void_v<std::invoke_result_t<Body, Records&>>) {
      body(*tx);
      tx.commit();
    } else {
      auto result = body(*tx);
      tx.commit();
      return result;
    }
  }

  /// Hands a job to the store's writer thread, which starts with the first one. Jobs run in the order of submission; up
  /// to 64 of them, or 20 ms of work, share one commit and one sync. A job that throws is undone by itself.
  /// The queue holds 1,024 jobs; submit() waits while it is full.
  [[nodiscard]] Ticket submit(std::function<void(Records&)> job);

  /// @throws Error{Errc::store_busy}  all readers stayed in use for the whole busy_timeout
  [[nodiscard]] Snapshot snapshot() const;

  [[nodiscard]] bool is_in_memory() const noexcept;
  [[nodiscard]] bool was_rolled_back() const noexcept;
  [[nodiscard]] std::uint64_t generation() const;  ///< grows with every open and close; 0 in memory
  [[nodiscard]] int schema_version() const noexcept;
  /// 32 bytes for another purpose of this store, such as sealing attachments. @param purpose  a literal, 1 to 8 characters
  [[nodiscard]] StoredKey derive_key(std::string_view purpose, std::uint64_t number = 0) const;

  /// Key slots; see docs/storage-format.md. An in-memory store has none: Errc::wrong_state.
  std::uint32_t add_key(KeyProvider& key);
  void change_key(std::uint32_t slot, KeyProvider& key);
  void remove_key(std::uint32_t slot);
  [[nodiscard]] std::uint32_t opened_slot() const;

  /// Removes messages whose time is up, and what is left of them in indexes and in the log of changes.
  /// @return the messages removed
  std::vector<MessageId> expire();
  /// Looks the store over. Damaged search indexes are built anew when `repair` is set; nothing else can be.
  CheckReport check(CheckDepth depth, bool repair = true);
  /// Merges the search indexes and folds the log of changes into the file; optionally rewrites the file without holes.
  void compact(bool vacuum = false);

  /// Copies the store into a new encrypted file with a key of its own. Opens with Store::open. The copy holds history,
  /// contacts and settings; never sessions, message keys, one-time prekeys or the outbox, and the private identity only
  /// when asked for.
  void save_copy(const std::filesystem::path& path, KeyProvider& key, BackupScope scope = {}) const;
  /// Writes the portable export (docs/storage-schema.md, "Export"). The file appears under its name when complete.
  /// @throws Error{Errc::already_exists}  there is a file of this name
  ExportTotals export_to(const std::filesystem::path& path, const ExportOptions& options) const;
  /// Reads an export into a new store, checks it and only then gives it its name. The store is a new device: it has no
  /// session, and its device epoch is 1.
  /// @throws Error{Errc::wrong_key}      the passphrase does not open it
  /// @throws Error{Errc::not_a_store}    not an export
  /// @throws Error{Errc::newer_format}   made by a later version of this library
  /// @throws Error{Errc::bad_state}      a piece is damaged or out of its place
  /// @throws Error{Errc::store_corrupt}  good so far, but its end is missing or damaged
  static ExportTotals import_from(const std::filesystem::path& file, const ExportOptions& options,
                                  const std::filesystem::path& new_store, KeyProvider& key,
                                  const StoreOptions& store_options = {});

  /// Finishes the submitted jobs, folds the log of changes into the file and lets go of it. Safe to call twice.
  /// @throws Error{Errc::wrong_state}  a Snapshot or Transaction is still alive; nothing was changed
  void close();

 private:
  friend struct detail::StoreAccess;
  explicit Store(std::unique_ptr<detail::StoreState> state) noexcept;
  [[nodiscard]] detail::StoreState& state() const;
  std::unique_ptr<detail::StoreState> state_;
};

}  // namespace anochat::storage

namespace anochat {
using storage::Store;
using storage::StoreOptions;
}  // namespace anochat
