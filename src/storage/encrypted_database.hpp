// storage/encrypted_database.hpp - one encrypted store: its file, keys, header and lock; hands out SQLite connections.
//
// Everything above this header speaks SQL through SQLiteCpp and never sees a page, a nonce or a VFS. Everything below
// (docs/storage-format.md) knows no table.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>
#include <anochat/storage/cipher.hpp>
#include <anochat/storage/key_provider.hpp>

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace anochat::storage {

struct DatabaseOptions {
  Random* random = nullptr;  ///< nullptr: the operating system's
  const Clock* clock = nullptr;  ///< nullptr: the machine's; only dates key slots
  Log* log = nullptr;            ///< nullptr: silence
  Cipher cipher = recommended_cipher();  ///< create() only
  bool accept_rolled_back = false;       ///< open an older copy all the same; was_rolled_back() then says so
  std::string base_vfs = "unix-excl";    ///< the SQLite VFS below ours; tests put their faults there
};

/// What a connection is for. Both kinds come with every pragma set; see open_connection().
enum class Access : std::uint8_t { read, write };

struct ConnectionOptions {
  Access access = Access::write;
  int cache_kib = 16 * 1024;     ///< page cache (plaintext in memory), KiB
  int busy_timeout_ms = 0;       ///< how long to wait for another connection of this store
  /// Lets the pages that a transaction changed leave memory before it commits. VACUUM of a large store needs it. Such
  /// a connection must not roll back to a savepoint: see open_connection().
  bool may_spill = false;
};

/// One key slot, without anything secret.
struct KeySlotInfo {
  std::uint32_t id;    ///< never used again after the slot is removed
  KeyKind kind;
  KdfParams kdf;       ///< all zero unless kind is passphrase
  UnixTime created;
};

/// Counts of what the encrypting VFS met; tests want the last two to be zero.
struct VfsCounters {
  std::uint64_t pages_sealed, pages_opened;
  std::uint64_t pages_rejected;   ///< pages or frames that were not authentic
  std::uint64_t holes_filled;     ///< pages sealed into gaps
  std::uint64_t unknown_shapes;   ///< reads and writes of a form that SQLite was not known to use; all were refused
  std::uint64_t refused_files;    ///< files that SQLite wanted and may not have, such as a rollback journal
};

/// An open store. Movable. Safe to use from several threads, except that close() and destruction must come after the
/// last connection is gone. At most one EncryptedDatabase per file exists, in all processes together.
///
/// Any member may throw Error with: io_failed, disk_full, store_corrupt, out_of_memory, random_failed. On failure the
/// store is as before the call.
class EncryptedDatabase {
 public:
  static constexpr std::size_t kMaxKeySlots = 8;

  /// Makes a new, empty store with one key slot and opens it. The file appears under its name only when it is complete.
  /// @throws Error{Errc::already_exists}  there is a file of this name; it is left alone
  /// @throws Error{Errc::not_found}       the folder does not exist
  /// @throws Error{Errc::read_only}       the folder cannot be written
  [[nodiscard]] static EncryptedDatabase create(const std::filesystem::path& path, KeyProvider& key,
                                                const DatabaseOptions& options = {});

  /// Opens a store. When this throws, no byte of the store has changed.
  /// @throws Error{Errc::not_found}      no such file
  /// @throws Error{Errc::not_a_store}    an empty file, another format, a folder, or a symbolic link
  /// @throws Error{Errc::newer_format}   made by a later version of this library
  /// @throws Error{Errc::kdf_policy}     a key slot asks for more (or less) work than KdfParams allows
  /// @throws Error{Errc::wrong_key}      no slot opens with this key
  /// @throws Error{Errc::store_corrupt}  damaged: both header slots, or a WAL that lacks what it must hold
  /// @throws Error{Errc::store_busy}     open elsewhere, in this process or another
  /// @throws Error{Errc::rolled_back}    older than the key provider's counter (see DatabaseOptions)
  /// @throws Error{Errc::read_only}      the file or the medium cannot be written
  [[nodiscard]] static EncryptedDatabase open(const std::filesystem::path& path, KeyProvider& key,
                                              const DatabaseOptions& options = {});

  EncryptedDatabase(EncryptedDatabase&&) noexcept;
  EncryptedDatabase& operator=(EncryptedDatabase&&) = delete;
  ~EncryptedDatabase();  ///< as close(), but without the checkpoint and without errors

  /// A connection with these settings: WAL, synchronous=FULL, temp_store=MEMORY, secure_delete=ON, foreign_keys=ON,
  /// cell_size_check=ON, trusted_schema=OFF, mmap off, defensive mode, automatic checkpoint at 1,000 pages for writers
  /// and none for readers; `query_only` for readers. SQLite's own exceptions may come out of its use: see
  /// sqlite_error.hpp. Use one connection from one thread at a time. Never lower `synchronous`.
  ///
  /// Changed pages stay in memory until the commit (cache_spill=OFF), so keep transactions to some thousand rows.
  /// SQLite (3.40.1 at least) writes a WAL that its own recovery rejects when a transaction spills, rolls back to a
  /// savepoint or a failed statement, and then commits: a commit that was acknowledged would be gone after a crash.
  /// Where it happens all the same, the store refuses the commit with SQLITE_IOERR_FSYNC.
  [[nodiscard]] SQLite::Database open_connection(const ConnectionOptions& options = {}) const;

  /// Adds a slot; the data key stays, so this takes one key derivation and a few milliseconds whatever the store's size.
  /// @return the new slot's id
  /// @throws Error{Errc::quota_exceeded}  all kMaxKeySlots slots are taken
  std::uint32_t add_key(KeyProvider& key);
  /// Puts another key into a slot; the old one opens nothing any more. @throws Error{Errc::not_found} no such slot
  void change_key(std::uint32_t slot, KeyProvider& key);
  /// @throws Error{Errc::not_found}  no such slot
  /// @throws Error{Errc::wrong_state}  it is the last one
  void remove_key(std::uint32_t slot);
  [[nodiscard]] std::vector<KeySlotInfo> key_slots() const;
  /// The slot that opened this store.
  [[nodiscard]] std::uint32_t opened_slot() const noexcept;

  /// The store's generation: it grows with advance_generation() and with every open() whose key provider has a counter.
  [[nodiscard]] std::uint64_t generation() const;
  /// Makes the generation one larger, durably, and then tells the key provider that opened the store.
  /// @param key  the provider whose counter follows; usually the one given to open()
  void advance_generation(KeyProvider& key);
  [[nodiscard]] bool was_rolled_back() const noexcept;

  [[nodiscard]] Cipher cipher() const noexcept;
  [[nodiscard]] VfsCounters counters() const noexcept;

  /// A random-looking 32-byte subkey for another purpose of this store, for example attachments.
  /// @param purpose  1 to 8 characters, a literal
  [[nodiscard]] Secret<struct DerivedKeyRole, 32> derive_key(std::string_view purpose, std::uint64_t number = 0) const;

  /// Moves the WAL into the main file, removes it, and lets go of the file and its lock. Safe to call twice.
  /// @throws Error{Errc::wrong_state}  a connection is still open; nothing was changed
  void close();

 private:
  struct State;
  explicit EncryptedDatabase(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace anochat::storage
