#include <anochat/storage/store.hpp>

#include <anochat/base/error.hpp>
#include <algorithm>
#include <utility>

#include "storage/store_state.hpp"

namespace anochat::storage {
namespace detail {

StoreState::StoreState(std::unique_ptr<ConnectionSource> from, const StoreOptions& with)
    : options(with), source(std::move(from)) {
  const bool is_good = options.readers >= 1 && options.readers <= 8 && options.cached_statements >= 8 &&
                       options.writer_cache_kib > 0 && options.reader_cache_kib > 0 && options.busy_timeout.count() >= 0;
  if (!is_good) throw Error(Errc::invalid_argument, "store.options");
  const auto statements = static_cast<std::size_t>(options.cached_statements);
  // A file's readers never wait for its writer; in memory they do.
  const int busy_ms = static_cast<int>(source->is_in_memory() ? std::min<std::int64_t>(options.busy_timeout.count(), 1'000)
                                                              : options.busy_timeout.count());
  writer = std::make_unique<Connection>(
      source->open({.access = Access::write, .cache_kib = options.writer_cache_kib, .busy_timeout_ms = busy_ms}),
      statements);
  readers = std::make_unique<ReaderPool>(
      *source,
      ConnectionOptions{.access = Access::read, .cache_kib = options.reader_cache_kib, .busy_timeout_ms = busy_ms},
      static_cast<std::size_t>(options.readers), statements);
}

Store StoreAccess::make(std::unique_ptr<ConnectionSource> source, const StoreOptions& options,
                        std::span<const Migration> steps, const MigrationHooks& hooks) {
  auto state = std::make_unique<StoreState>(std::move(source), options);
  migrate(*state->writer, steps, hooks);
  Store store(std::move(state));
  return store;
}

}  // namespace detail

namespace {

/// The parts of a new store that are chosen once.
void found(Store& store, detail::StoreState& state) {
  if (Meta(*state.writer).bytes("store_uid")) return;
  store.write([&](Records& records) { records.meta.set_bytes("store_uid", state.random().array<16>()); });
}

DatabaseOptions database_options(const StoreOptions& options) {
  DatabaseOptions out;
  out.random = options.random;
  out.clock = options.clock;
  out.log = options.log;
  out.cipher = options.cipher;
  out.accept_rolled_back = options.accept_rolled_back;
  return out;
}

}  // namespace

Store::Store(std::unique_ptr<detail::StoreState> state) noexcept : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;

Store& Store::operator=(Store&& other) noexcept {
  if (this != &other) {
    Store old(std::move(*this));
    state_ = std::move(other.state_);
  }
  return *this;
}

Store::~Store() {
  try {
    close();
  } catch (...) {  // the store is left as after a power cut, which it survives
  }
}

detail::StoreState& Store::state() const {
  if (!state_) throw Error(Errc::wrong_state, "store");
  return *state_;
}

Store Store::create(const std::filesystem::path& path, KeyProvider& key, const StoreOptions& options) {
  auto database = EncryptedDatabase::create(path, key, database_options(options));
  Store store = detail::StoreAccess::make(detail::encrypted_source(std::move(database)), options);
  found(store, store.state());
  return store;
}

Store Store::open(const std::filesystem::path& path, KeyProvider& key, const StoreOptions& options) {
  auto source = detail::encrypted_source(EncryptedDatabase::open(path, key, database_options(options)));
  EncryptedDatabase& file = *source->encrypted();
  detail::MigrationHooks hooks;
  hooks.before_destructive = [&](int from) {
    // Kept until the user removes it: what a step destroys is worth more than a file.
    const std::filesystem::path copy = path.string() + ".schema" + std::to_string(from) + ".anobak";
    detail::Connection reader(file.open_connection({.access = Access::read}), 16);
    if (!std::filesystem::exists(copy)) detail::save_copy(file, reader, copy, key, {.with_identity = true}, options);
  };
  Store store = detail::StoreAccess::make(std::move(source), options, detail::schema_steps(), hooks);
  found(store, store.state());
  return store;
}

Store Store::in_memory(const StoreOptions& options) {
  Store store = detail::StoreAccess::make(detail::memory_source(), options);
  found(store, store.state());
  StderrLog on_stderr;
  Log& log = options.log ? *options.log : on_stderr;
  log.warning("store.in_memory_everything_will_be_lost");
  return store;
}

Ticket Store::submit(std::function<void(Records&)> job) {
  detail::StoreState& s = state();
  {
    const std::lock_guard lock(s.committer_mutex);
    if (!s.committer) s.committer = std::make_unique<detail::GroupCommit>(s.gate, *s.writer);
  }
  return s.committer->submit(std::move(job));
}

bool Store::is_in_memory() const noexcept { return state_ && state_->source->is_in_memory(); }

bool Store::was_rolled_back() const noexcept {
  return state_ && state_->source->encrypted() && state_->source->encrypted()->was_rolled_back();
}

std::uint64_t Store::generation() const {
  const EncryptedDatabase* file = state().source->encrypted();
  return file ? file->generation() : 0;
}

int Store::schema_version() const noexcept { return static_cast<int>(detail::schema_steps().size()); }

void Store::close() {
  if (!state_) return;
  if (state_->gate.is_taken() && !state_->committer) throw Error(Errc::wrong_state, "store.close");
  if (state_->readers->in_use() != 0) throw Error(Errc::wrong_state, "store.close");
  state_->committer.reset();
  if (state_->gate.is_taken()) throw Error(Errc::wrong_state, "store.close");
  const std::unique_ptr<detail::StoreState> last = std::move(state_);
  last->readers->close_idle();
  last->writer.reset();
  last->source->close();
}

}  // namespace anochat::storage
