// anochat/storage/transaction.hpp - the only way to write, and a still picture to read from.
#pragma once

#include <anochat/storage/records.hpp>
#include <chrono>
#include <memory>

namespace anochat::storage {

/// Everything that is written through it becomes durable at commit(), or never happened.
///
///     Transaction tx = store.begin();
///     tx->messages.insert(...);
///     tx->sessions.save(...);
///     tx.commit();
///
/// Destroying it without commit() rolls back. One transaction per store at a time: another thread waits, the same thread
/// is refused. Movable; must not outlive its store.
class Transaction {
 public:
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// @throws Error{Errc::wrong_state}  the transaction has ended
  [[nodiscard]] Records* operator->() { return &records(); }
  [[nodiscard]] Records& operator*() { return records(); }

  /// Durable when it returns: the file was synced. After an error everything was rolled back.
  /// @throws Error{Errc::wrong_state}  the transaction has ended
  /// @throws Error{Errc::disk_full}, Error{Errc::io_failed}
  void commit();
  void roll_back() noexcept;

  /// Runs `body()` so that its writes can fail alone: when it throws, what it wrote is undone, the rest of the transaction
  /// stays, and the exception goes on to the caller. Not inside another attempt().
  template <class Body>
  void attempt(Body&& body) {
    open_attempt();
    try {
      body();
    } catch (...) {
      undo_attempt();
      throw;
    }
    keep_attempt();
  }

  [[nodiscard]] bool is_open() const noexcept { return open_ != nullptr; }

 private:
  friend class Store;
  struct Open;
  explicit Transaction(std::unique_ptr<Open> open) noexcept;
  [[nodiscard]] Records& records();
  void open_attempt();
  void keep_attempt();
  void undo_attempt() noexcept;  // ends the whole transaction when SQLite had to give it up
  std::unique_ptr<Open> open_;
};

/// The store as it was when the snapshot was taken, whatever is committed meanwhile. Read only. Keep it short: the log of
/// changes cannot be folded into the file while it lives. One thread at a time; must not outlive its store.
class Snapshot {
 public:
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) = delete;
  ~Snapshot();

  [[nodiscard]] const Records* operator->() const;
  [[nodiscard]] const Records& operator*() const { return *operator->(); }

 private:
  friend class Store;
  struct Open;
  explicit Snapshot(std::unique_ptr<Open> open) noexcept;
  std::unique_ptr<Open> open_;
};

namespace detail {
class GroupCommit;
struct TicketState;
}  // namespace detail

/// Tells when a job given to Store::submit() is durable. One thread at a time; may outlive its store.
class Ticket {
 public:
  Ticket() noexcept;
  Ticket(Ticket&&) noexcept;
  Ticket& operator=(Ticket&&) noexcept;
  ~Ticket();

  /// Waits until the job is on disk. May be called once.
  /// @throws what the job threw, or Error with what the commit said; the job left nothing behind then
  /// @throws Error{Errc::wrong_state}  an empty ticket, or one that was asked before
  void get();
  [[nodiscard]] bool wait_for(std::chrono::milliseconds most) const;
  [[nodiscard]] bool is_valid() const noexcept { return state_ != nullptr; }

 private:
  friend class detail::GroupCommit;
  std::shared_ptr<detail::TicketState> state_;
};

}  // namespace anochat::storage
