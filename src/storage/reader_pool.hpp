// storage/reader_pool.hpp - a bounded number of reading connections, opened when first needed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/connection.hpp"
#include "storage/connection_source.hpp"

namespace anochat::storage::detail {

class ReaderPool {
 public:
  ReaderPool(ConnectionSource& source, ConnectionOptions options, std::size_t most, std::size_t cached_statements);

  /// @throws Error{Errc::store_busy}  none became free in time
  [[nodiscard]] std::unique_ptr<Connection> take(std::chrono::milliseconds patience);
  void give_back(std::unique_ptr<Connection> connection) noexcept;
  [[nodiscard]] std::size_t in_use() const;
  /// Closes those that are not in use.
  void close_idle() noexcept;

 private:
  ConnectionSource& source_;
  const ConnectionOptions options_;
  const std::size_t most_;
  const std::size_t cached_statements_;
  mutable std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t in_use_ = 0;
};

}  // namespace anochat::storage::detail
