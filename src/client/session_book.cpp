#include "client/session_book.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>
#include <vector>

#include "client/skipped_rows.hpp"

namespace anochat::client {

BookedSession load_session(const storage::Records& records, const storage::SessionRecord& record) {
  return {record.row,
          Session::load_record(record.state, read_skipped(records.sessions.skipped_keys(record.row))),
          record.status == storage::SessionStatus::active,
          record.created,
          record.archived,
          record.unanswered_since};
}

void save_skipped(storage::Records& records, const BookedSession& entry, UnixTime now) {
  const SkippedRows rows = skipped_rows(entry.session.skipped_key_changes());
  records.sessions.save_skipped(entry.row, now, rows.added, rows.removed);
}

void save_session(storage::Records& records, const BookedSession& entry, UnixTime now) {
  const SecretBytes state = entry.session.save_record();
  records.sessions.save(entry.row, {.state = state, .now = now, .unanswered_since = entry.unanswered_since});
}

void SessionBook::load(const storage::Records& records) {
  forget_all();
  const std::vector<storage::SessionRow> rows = records.sessions.rows();
  const std::size_t count = std::min(rows.size(), most_);
  for (std::size_t i = count; i-- > 0;) static_cast<void>(read(records, rows[i]));
  is_complete_ = rows.size() <= most_;
}

BookedSession* SessionBook::read(const storage::Records& records, storage::SessionRow row) {
  const auto record = records.sessions.find(row);
  return record ? &add(load_session(records, *record)) : nullptr;
}

void SessionBook::recover(const storage::Records& records) {
  while (!changed_.empty()) {
    static_cast<void>(read(records, *changed_.begin()));
    changed_.erase(changed_.begin());
  }
}

void SessionBook::forget_changed(storage::SessionRow row) noexcept {
  forget(row);
  try {
    changed_.insert(row);
  } catch (const std::bad_alloc&) {
    is_complete_ = false;  // it will be found in the store
  }
}

BookedSession* SessionBook::active(const storage::Records& records, const Address& peer) {
  recover(records);
  const auto place = std::find_if(entries_.begin(), entries_.end(), [&peer](const BookedSession& entry) {
    return entry.is_active && entry.session.peer_address() == peer;
  });
  if (place != entries_.end()) {
    move_to_front(place);
    return &entries_.front();
  }
  if (is_complete_) return nullptr;
  const auto record = records.sessions.active(peer);
  return record ? &add(load_session(records, *record)) : nullptr;
}

BookedSession* SessionBook::find(const storage::Records& records, const SessionId& id) {
  recover(records);
  if (const auto known = by_id_.find(id); known != by_id_.end()) {
    move_to_front(known->second);
    return &entries_.front();
  }
  if (is_complete_) return nullptr;
  const auto record = records.sessions.find(id);
  return record ? &add(load_session(records, *record)) : nullptr;
}

BookedSession* SessionBook::find(storage::SessionRow row) noexcept {
  const auto known = by_row_.find(row);
  return known == by_row_.end() ? nullptr : &*known->second;
}

BookedSession* SessionBook::recognise(const storage::Records& records, ByteView message) {
  recover(records);
  for (auto place = entries_.begin(); place != entries_.end(); ++place) {
    if (!place->session.recognises(message)) continue;
    move_to_front(place);
    return &entries_.front();
  }
  if (is_complete_) return nullptr;
  for (const storage::SessionRow row : records.sessions.rows()) {
    if (by_row_.contains(row)) continue;
    const auto record = records.sessions.find(row);
    if (!record) continue;
    BookedSession entry = load_session(records, *record);
    if (entry.session.recognises(message)) return &add(std::move(entry));
  }
  return nullptr;
}

BookedSession& SessionBook::add(BookedSession session) {
  forget(session.row);
  entries_.push_front(std::move(session));
  const Place place = entries_.begin();
  by_row_[place->row] = place;
  by_id_[place->session.id()] = place;
  for (auto last = std::prev(entries_.end()); entries_.size() > most_ && last != place;) {
    const BookedSession& oldest = *last--;
    if (oldest.is_unsaved) continue;
    forget(oldest.row);
    is_complete_ = false;
  }
  return *place;
}

void SessionBook::forget(storage::SessionRow row) noexcept {
  const auto known = by_row_.find(row);
  if (known == by_row_.end()) return;
  const Place place = known->second;
  by_id_.erase(place->session.id());
  by_row_.erase(known);
  entries_.erase(place);
}

void SessionBook::forget_all() noexcept {
  by_id_.clear();
  by_row_.clear();
  entries_.clear();
  changed_.clear();
  is_complete_ = false;
}

}  // namespace anochat::client
