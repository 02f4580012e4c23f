// storage/store_state.hpp - what an open store consists of.
#pragma once

#include <anochat/storage/store.hpp>
#include <memory>
#include <mutex>

#include "storage/connection_source.hpp"
#include "storage/group_commit.hpp"
#include "storage/migration.hpp"
#include "storage/reader_pool.hpp"
#include "storage/schema.hpp"
#include "storage/writer_gate.hpp"

namespace anochat::storage::detail {

/// Members are destroyed from the last to the first: thread, readers, writer, file.
struct StoreState {
  StoreState(std::unique_ptr<ConnectionSource> from, const StoreOptions& with);

  StoreOptions options;
  SystemClock system_clock;
  SystemRandom system_random;
  NullLog no_log;
  std::unique_ptr<ConnectionSource> source;
  WriterGate gate;
  std::unique_ptr<Connection> writer;
  std::unique_ptr<ReaderPool> readers;
  std::mutex committer_mutex;
  std::unique_ptr<GroupCommit> committer;

  [[nodiscard]] const Clock& clock() const noexcept { return options.clock ? *options.clock : system_clock; }
  [[nodiscard]] Random& random() noexcept { return options.random ? *options.random : system_random; }
  [[nodiscard]] Log& log() noexcept { return options.log ? *options.log : no_log; }
};

/// Copies an open store; see Store::save_copy.
/// @param from  a connection of `file` without a transaction
void save_copy(EncryptedDatabase& file, Connection& from, const std::filesystem::path& path, KeyProvider& key,
               const BackupScope& scope, const StoreOptions& options);

/// For tests and benchmarks: a store over any source, with any list of steps.
struct StoreAccess {
  [[nodiscard]] static Store make(std::unique_ptr<ConnectionSource> source, const StoreOptions& options,
                                  std::span<const Migration> steps = schema_steps(), const MigrationHooks& hooks = {});
  [[nodiscard]] static StoreState& state(Store& store) { return store.state(); }
};

}  // namespace anochat::storage::detail
