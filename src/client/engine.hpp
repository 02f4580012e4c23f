// client/engine.hpp - everything a client knows, and the one way to change it: a Unit of work.
#pragma once

#include <anochat/client/events.hpp>
#include <anochat/client/options.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/framing/content.hpp>
#include <anochat/storage/store.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "client/courier.hpp"
#include "client/event_queue.hpp"
#include "client/session_book.hpp"
#include "client/signals.hpp"

namespace anochat::client {

struct Engine {
  Engine(Store opened, ClientOptions chosen, Device own);

  [[nodiscard]] UnixTime now() const { return clock->now(); }
  [[nodiscard]] const Address& self() const noexcept { return address; }

  ClientOptions options;
  SystemClock system_clock;
  NullLog null_log;
  std::optional<SystemRandom> system_random;
  const Clock* clock;
  Random* random;
  Log* log;

  Store store;
  Device device;
  Address address;
  SessionBook book;
  EventQueue events;
  Courier courier;
  Signals signals;

  /// Tells the driver, once until it has looked.
  void notify();

  std::function<void()> notifier;
  bool was_notified = false;

  std::uint64_t generation = 0;  ///< transactions of this store that moved a session (client/generation.hpp)
  UnixTime next_maintenance{};
  mutable std::optional<UnixTime> store_timer;  ///< when the store next has something to do
  mutable bool is_timer_stale = true;
};

/// One transaction, and all that must wait for its commit: events, ciphertext on its way out. Destroying it without
/// commit() undoes everything, in memory too.
class Unit {
 public:
  /// @param saves_late  a session that moves several times is written once, at the end; see must_redo()
  explicit Unit(Engine& of, bool saves_late = true);
  ~Unit();
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  Engine& engine;
  const UnixTime now;

  [[nodiscard]] storage::Records& records() { return *tx_; }
  [[nodiscard]] Random& random() const noexcept { return *engine.random; }
  [[nodiscard]] SessionBook& book() const noexcept { return engine.book; }

  void emit(Event event) { events_.push_back(std::move(event)); }
  /// A session is about to move: when this work is undone, it is read from the store again.
  void touch(storage::SessionRow row) { touched_.push_back(row); }
  /// The session has moved: what it is now belongs to this work.
  /// @param has_opened  it was decrypt() that moved it
  void save(BookedSession& session, bool has_opened);
  /// An attempt failed after a session had moved on from what the store has: the whole work is to be thrown away, and done
  /// again with saves_late off.
  [[nodiscard]] bool must_redo() const noexcept { return must_redo_; }
  /// Counts one for the statistics of a conversation.
  void count(storage::Metric metric, storage::ConversationId conversation) { counted_.emplace_back(metric, conversation); }
  /// An outbox row was written: it may leave after the commit.
  void add_outbox(const storage::OutboxEntry& entry) { outbox_.push_back(entry); }
  /// Wants the bundles of an account after the commit.
  void want(const AccountId& account) { wanted_.push_back({account, /*is_list_only=*/false}); }
  /// The same for its device list alone.
  void want_list(const AccountId& account) { wanted_.push_back({account, /*is_list_only=*/true}); }
  /// Of the store after this work; one more than before if sessions move and nothing else is said.
  void set_generation(std::uint64_t generation) noexcept { generation_ = generation; }
  void after_commit(std::function<void(Engine&)> action) { actions_.push_back(std::move(action)); }

  /// Runs `body()` so that only its own work is lost when it throws.
  template <class Body>
  void attempt(Body&& body) {
    const Marks before{events_.size(), touched_.size(), outbox_.size(), wanted_.size(), actions_.size(), counted_.size()};
    try {
      tx_.attempt(std::forward<Body>(body));
    } catch (...) {
      go_back(before);
      throw;
    }
  }

  void commit();

 private:
  struct Wanted {
    AccountId account;
    bool is_list_only;
  };
  struct Marks {
    std::size_t events, touched, outbox, wanted, actions, counted;
  };
  void go_back(const Marks& to) noexcept;
  void write_counts();
  [[nodiscard]] std::uint64_t next_generation() const noexcept;
  void write_sessions();

  storage::Transaction tx_;
  std::vector<Event> events_;
  std::vector<storage::SessionRow> touched_;
  std::vector<storage::OutboxEntry> outbox_;
  std::vector<Wanted> wanted_;
  std::vector<std::function<void(Engine&)>> actions_;
  std::vector<std::pair<storage::Metric, storage::ConversationId>> counted_;
  std::optional<std::uint64_t> generation_;
  std::vector<storage::SessionRow> unsaved_;
  const bool saves_late_;
  bool must_redo_ = false;
  bool is_committed_ = false;
};

/// Whether an error says that the store, the machine or this library is in trouble, rather than the input at hand.
[[nodiscard]] bool is_fatal(Errc code) noexcept;

}  // namespace anochat::client
