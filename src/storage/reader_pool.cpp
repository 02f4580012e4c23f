#include "storage/reader_pool.hpp"

#include <anochat/base/error.hpp>
#include <utility>

namespace anochat::storage::detail {

ReaderPool::ReaderPool(ConnectionSource& source, ConnectionOptions options, std::size_t most,
                       std::size_t cached_statements)
    : source_(source), options_(options), most_(most), cached_statements_(cached_statements) {
  idle_.reserve(most);
}

std::unique_ptr<Connection> ReaderPool::take(std::chrono::milliseconds patience) {
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, patience, [this] { return in_use_ < most_; })) {
      throw Error(Errc::store_busy, "store.snapshot");
    }
    ++in_use_;
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  try {  // opening reads the file: not while others wait for the lock
    return std::make_unique<Connection>(source_.open(options_), cached_statements_);
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void ReaderPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
    if (connection) idle_.push_back(std::move(connection));  // room was reserved
  }
  returned_.notify_one();
}

std::size_t ReaderPool::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

void ReaderPool::close_idle() noexcept {
  const std::lock_guard lock(mutex_);
  idle_.clear();
}

}  // namespace anochat::storage::detail
