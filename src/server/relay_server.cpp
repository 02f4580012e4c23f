#include <anochat/relay/memory_relay_store.hpp>
#include <anochat/relay/sqlite_relay_store.hpp>
#include <anochat/server/relay_server.hpp>

#include "server/host.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace anochat {
namespace {

using std::chrono::milliseconds;

void check(const RelayServerOptions& options) {
  const std::string& address = options.listen.address;
  const bool is_local = address == "::1" || address.starts_with("127.");
  const bool has_tls = !options.listen.key_file.empty();
  if (!has_tls && !is_local && !options.allow_plain) throw Error(Errc::invalid_argument, "server.plain_listen");
  const bool is_good = options.tick > milliseconds(0) && (options.store == nullptr || options.store_file.empty());
  if (!is_good) throw Error(Errc::invalid_argument, "server.options");
}

/// What the server brings itself where its owner brings nothing.
struct Defaults {
  SystemClock clock;
  std::optional<SystemRandom> random;
  NullLog log;
  InProcessPresence presence;
  InProcessWakeup wakeup;
  InProcessRateLimiter limiter;
  std::optional<MemoryRelayStore> memory;
  std::optional<SqliteRelayStore> file;
  std::unique_ptr<BlobStore> blobs;

  RelayServices services(const RelayServerOptions& options) {
    RelayServices out = without_stores(options);
    out.directory = options.directory;
    if (options.store == nullptr && options.directory == nullptr) {
      out.directory = file ? static_cast<Directory*>(&*file) : &*memory;
    }
    out.blobs = options.blobs != nullptr ? options.blobs : own_blobs(options, out.random);
    return out;
  }

 private:
  RelayStore& own_store(const std::string& path) {
    if (path.empty()) return memory.emplace();
    return file.emplace(path);
  }
  BlobStore* own_blobs(const RelayServerOptions& options, Random& source) {
    constexpr std::uint64_t kMostInMemory = 268'435'456;  // bytes
    BlobLimits limits = options.blob_limits;
    std::string path = options.blob_file;
    if (path.empty() && !options.store_file.empty()) path = options.store_file + ".files";
    if (path.empty()) {
      limits.total_bytes = std::min(limits.total_bytes, kMostInMemory);
      blobs = std::make_unique<MemoryBlobStore>(source, limits);
    } else {
      blobs = std::make_unique<SqliteBlobStore>(path, source, limits);
    }
    return blobs.get();
  }
  RelayServices without_stores(const RelayServerOptions& options) {
    if (options.random == nullptr) random.emplace();
    return {options.store != nullptr ? *options.store : own_store(options.store_file),
            options.presence != nullptr ? *options.presence : static_cast<Presence&>(presence),
            options.wakeup != nullptr ? *options.wakeup : static_cast<Wakeup&>(wakeup),
            options.limiter != nullptr ? *options.limiter : static_cast<RateLimiter&>(limiter),
            options.clock != nullptr ? *options.clock : static_cast<const Clock&>(clock),
            options.random != nullptr ? *options.random : static_cast<Random&>(*random),
            options.log != nullptr ? *options.log : static_cast<Log&>(log),
            nullptr,
            nullptr};
  }
};

}  // namespace

class RelayServer::Core {
 public:
  explicit Core(const RelayServerOptions& options)
      : loop_(make_io_thread()), host_(std::make_shared<server::Host>(loop_, options, defaults_.services(options))) {
    try {
      ask([this] { host_->start(); });
    } catch (...) {
      stop();
      throw;
    }
    port_ = host_->listener().port();
  }
  ~Core() { stop(); }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// Runs work in the loop and waits for it. @throws what it throws, and Error{Errc::wrong_state} when stopped
  void ask(const std::function<void()>& work) {
    std::shared_ptr<IoLoop> loop;
    {
      const std::lock_guard lock(mutex_);
      loop = loop_;
    }
    if (!loop) throw Error(Errc::wrong_state, "server.stopped");
    bool is_done = false;
    std::exception_ptr failure;
    loop->post([&] {
      try {
        work();
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      is_done = true;
      done_.notify_all();
    });
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return is_done; });
    if (failure) std::rethrow_exception(failure);
  }

  template <class Value>
  [[nodiscard]] Value look(const std::function<Value(const server::Host&)>& at) {
    Value out{};
    ask([&] {
      if (host_->is_shut()) throw Error(Errc::wrong_state, "server.stopped");
      out = at(*host_);
    });
    return out;
  }

  bool drain(milliseconds come_back, milliseconds deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    ask([&] { host_->drain(come_back); });
    for (;;) {
      const auto counts = look<ListenerCounts>([](const server::Host& host) { return host.listener().counts(); });
      if (counts.open + counts.handshaking == 0) return true;
      if (std::chrono::steady_clock::now() >= until) return false;
      std::unique_lock lock(mutex_);
      done_.wait_for(lock, milliseconds(20), [this] { return loop_ == nullptr; });
      if (loop_ == nullptr) return true;
    }
  }

  void stop() noexcept {
    try {
      ask([this] { host_->shut(); });
    } catch (...) {  // stopped already
    }
    std::shared_ptr<IoLoop> loop;
    {
      const std::lock_guard lock(mutex_);
      loop.swap(loop_);
      done_.notify_all();
    }
    loop.reset();  // joins
  }

 private:
  Defaults defaults_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::shared_ptr<IoLoop> loop_;
  std::shared_ptr<server::Host> host_;
  std::uint16_t port_ = 0;
};

RelayServer::RelayServer(const RelayServerOptions& options) {
  check(options);
  core_ = std::make_unique<Core>(options);
}
RelayServer::~RelayServer() = default;

std::uint16_t RelayServer::port() const noexcept { return core_->port(); }
RelayMetrics RelayServer::metrics() const {
  return core_->look<RelayMetrics>([](const server::Host& host) { return host.relay().metrics(); });
}
ListenerCounts RelayServer::counts() const {
  return core_->look<ListenerCounts>([](const server::Host& host) { return host.listener().counts(); });
}
bool RelayServer::is_ready() const {
  return core_->look<bool>([](const server::Host& host) { return host.relay().is_ready(); });
}
bool RelayServer::drain(milliseconds come_back, milliseconds deadline) { return core_->drain(come_back, deadline); }
void RelayServer::stop() noexcept { core_->stop(); }

}  // namespace anochat
