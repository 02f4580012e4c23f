// client/session_book.hpp - the sessions in memory: which one to send on, and which one a message belongs to.
#pragma once

#include <anochat/session/session.hpp>
#include <anochat/storage/records.hpp>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <set>

namespace anochat::client {

struct BookedSession {
  storage::SessionRow row{};
  Session session;
  bool is_active = false;
  UnixTime created;
  std::optional<UnixTime> archived;
  std::optional<UnixTime> unanswered_since;
  bool is_unsaved = false;  ///< moved in the open unit, which saves it when it commits
  UnixTime peer_sent_at{};  ///< latest time by the peer's clock among the contents opened here since the start
};

/// Holds the sessions used last, at most `most`; the others are read from the store when they are needed. What is in
/// memory is what is stored: every change is saved in the transaction that needs it, and forget() follows a roll-back.
class SessionBook {
 public:
  explicit SessionBook(std::size_t most) : most_(most) {}

  void load(const storage::Records& records);
  [[nodiscard]] BookedSession* active(const storage::Records& records, const Address& peer);
  [[nodiscard]] BookedSession* find(const storage::Records& records, const SessionId& id);
  [[nodiscard]] BookedSession* find(storage::SessionRow row) noexcept;
  /// The session whose keys open the message's header.
  [[nodiscard]] BookedSession* recognise(const storage::Records& records, ByteView message);

  /// May push out the ones that were not used for long, but never one that is not saved.
  BookedSession& add(BookedSession session);
  void forget(storage::SessionRow row) noexcept;
  void forget_all() noexcept;
  /// A session whose changes were rolled back: it is read again before the next look-up.
  void forget_changed(storage::SessionRow row) noexcept;

  /// Calls `visit(BookedSession&)` for those in memory, the one used last first, until it returns true.
  template <class Visit>
  void each(Visit&& visit) {
    for (BookedSession& entry : entries_) {
      if (visit(entry)) return;
    }
  }

 private:
  using Place = std::list<BookedSession>::iterator;
  BookedSession* read(const storage::Records& records, storage::SessionRow row);
  void recover(const storage::Records& records);
  void move_to_front(Place place) noexcept { entries_.splice(entries_.begin(), entries_, place); }

  std::size_t most_;
  std::list<BookedSession> entries_;  // the one used last first
  std::map<storage::SessionRow, Place> by_row_;
  std::map<SessionId, Place> by_id_;
  std::set<storage::SessionRow> changed_;
  bool is_complete_ = false;  // every session of the store is in memory
};

/// Reads a session as the store has it.
[[nodiscard]] BookedSession load_session(const storage::Records& records, const storage::SessionRecord& record);

/// Writes the skipped keys that the last decrypt() added and used. They are a difference: it has to be done every time.
void save_skipped(storage::Records& records, const BookedSession& entry, UnixTime now);
/// Writes the session as it is now, but for its skipped keys.
void save_session(storage::Records& records, const BookedSession& entry, UnixTime now);

}  // namespace anochat::client
