// anochat/storage/repository.hpp - what the classes that read and write one family of records have in common.
#pragma once

namespace anochat::storage {

namespace detail {
class Connection;
}

/// Reading functions are const, writing ones are not: a Snapshot hands out const repositories only, a Transaction both.
/// A repository is used where it is (`tx->messages.find(id)`), never copied or kept after its transaction.
///
/// Every function may also throw Error with store_corrupt, store_busy, io_failed, disk_full, read_only or wrong_state
/// (written to after the transaction ended); a failed call changed nothing. One thread at a time.
class Repository {
 public:
  explicit Repository(detail::Connection& connection) noexcept : connection_(&connection) {}
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

 protected:
  ~Repository() = default;
  [[nodiscard]] detail::Connection& db() const noexcept { return *connection_; }

 private:
  detail::Connection* connection_;
};

}  // namespace anochat::storage
