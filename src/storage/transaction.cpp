#include <anochat/storage/transaction.hpp>

#include <anochat/base/error.hpp>
#include <utility>

#include "storage/store_state.hpp"

namespace anochat::storage {

struct Transaction::Open {
  explicit Open(detail::StoreState& state)
      : pass(state.gate, "store.begin"), scope(*state.writer, "store.begin"), records(*state.writer) {}

  detail::GatePass pass;
  detail::WriteScope scope;
  Records records;
  bool is_attempting = false;
};

Transaction::Transaction(std::unique_ptr<Open> open) noexcept : open_(std::move(open)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

Records& Transaction::records() {
  if (!open_) throw Error(Errc::wrong_state, "transaction");
  return open_->records;
}

void Transaction::commit() {
  if (!open_) throw Error(Errc::wrong_state, "transaction.commit");
  const std::unique_ptr<Open> ending = std::move(open_);
  ending->scope.commit();
}

void Transaction::roll_back() noexcept { open_.reset(); }

void Transaction::open_attempt() {
  if (!open_ || open_->is_attempting) throw Error(Errc::wrong_state, "transaction.attempt");
  open_->scope.savepoint();
  open_->is_attempting = true;
}

void Transaction::keep_attempt() {
  if (!open_) throw Error(Errc::wrong_state, "transaction.attempt");
  open_->is_attempting = false;
  open_->scope.release();
}

void Transaction::undo_attempt() noexcept {
  if (!open_) return;
  open_->is_attempting = false;
  if (!open_->scope.roll_back_to_savepoint()) open_.reset();
}

Transaction Store::begin() { return Transaction(std::make_unique<Transaction::Open>(state())); }

struct Snapshot::Open {
  explicit Open(detail::StoreState& state)
      : readers(*state.readers), connection(readers.take(state.options.busy_timeout)), records(*connection) {
    try {
      connection->expect_roll_back();
      connection->exec("BEGIN", "store.snapshot");
      static_cast<void>(records.meta.number("snapshot"));  // the first read is what fixes the picture
    } catch (...) {
      finish();
      throw;
    }
  }
  ~Open() { finish(); }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

  void finish() noexcept {
    connection->roll_back();
    if (connection->is_in_transaction()) connection.reset();  // of no use to the next one
    readers.give_back(std::move(connection));
  }

  detail::ReaderPool& readers;
  std::unique_ptr<detail::Connection> connection;
  Records records;
};

Snapshot::Snapshot(std::unique_ptr<Open> open) noexcept : open_(std::move(open)) {}
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

const Records* Snapshot::operator->() const {
  if (!open_) throw Error(Errc::wrong_state, "snapshot");
  return &open_->records;
}

Snapshot Store::snapshot() const { return Snapshot(std::make_unique<Snapshot::Open>(state())); }

}  // namespace anochat::storage
