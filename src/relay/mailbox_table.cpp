#include "relay/mailbox_table.hpp"

#include "relay/prekey_record.hpp"

#include <algorithm>
#include <utility>

namespace anochat::relay {

Mailbox* MailboxTable::find(const MailboxId& mailbox) {
  if (const auto known = mailboxes_.find(mailbox); known != mailboxes_.end()) return &known->second;
  Query query =
      database_.read("SELECT box, waiting, waiting_bytes, last, floor, generation FROM devices WHERE mailbox = ?");
  if (!query.bind(mailbox.bytes).step()) return nullptr;
  if (mailboxes_.size() >= kMost) {
    save();
    mailboxes_.clear();
    recent_count_ = 0;
  }
  Mailbox read;
  read.box = query.i64(0);
  read.used = {query.as<std::size_t>(1), query.as<std::size_t>(2)};
  read.last = query.i64(3);
  read.floor = query.i64(4);
  read.generation = query.i64(5);
  return &mailboxes_.emplace(mailbox, std::move(read)).first->second;
}

const Mailbox::Recipient& MailboxTable::recipient(Mailbox& mailbox) {
  if (mailbox.recipient) return *mailbox.recipient;
  Query query = database_.read(
      "SELECT a.token,"
      " (SELECT p.expires FROM prekeys p WHERE p.box = d.box AND p.kind = ?2),"
      " (SELECT p.expires FROM prekeys p WHERE p.box = d.box AND p.kind = ?3),"
      " d.is_listed"
      " FROM devices d LEFT JOIN accounts a ON a.id = d.account WHERE d.box = ?1");
  query.bind(mailbox.box, PreKeyKind::signed_prekey, PreKeyKind::last_resort);
  Mailbox::Recipient found;
  if (query.step()) {
    if (!query.view(0).empty()) found.token = query.array<16>(0);
    const std::chrono::milliseconds until(std::min(query.i64(1), query.i64(2)));  // NULL, none there, is 0
    if (query.i64(3) != 0) found.takes_first_contact_until = UnixTime(until);
  }
  return mailbox.recipient.emplace(found);
}

void MailboxTable::touch(const MailboxId& id, Mailbox& mailbox) {
  if (mailbox.is_changed) return;
  changed_.push_back(id);
  mailbox.is_changed = true;
}

void MailboxTable::change(const MailboxId& id, Mailbox& mailbox) {
  database_.begin();
  touch(id, mailbox);
}

void MailboxTable::remember(Mailbox& mailbox, const RecentEnvelope& envelope) {
  if (recent_count_ >= kMostRecent) {  // of mailboxes whose owners are away, for the most part
    for (auto& [id, known] : mailboxes_) forget_recent(known);
  }
  mailbox.recent.push_back(envelope);
  ++recent_count_;
}

std::optional<RecentEnvelope> MailboxTable::take_recent(Mailbox& mailbox, const ByteArray<16>& id) {
  const auto end = mailbox.recent.begin() + static_cast<std::ptrdiff_t>(std::min(mailbox.recent.size(), kLooks));
  const auto found = std::find_if(mailbox.recent.begin(), end, [&](const RecentEnvelope& one) { return one.id == id; });
  if (found == end) return std::nullopt;
  const RecentEnvelope envelope = *found;
  mailbox.recent.erase(found);
  --recent_count_;
  if (mailbox.recent.empty()) mailbox.recent.shrink_to_fit();
  return envelope;
}

void MailboxTable::forget_recent(Mailbox& mailbox) noexcept {
  recent_count_ -= mailbox.recent.size();
  mailbox.recent = {};
}

void MailboxTable::release(std::int64_t box, std::int64_t bytes) {
  Query query = database_.read("SELECT mailbox FROM devices WHERE box = ?");
  if (!query.bind(box).step()) return;
  const MailboxId id{query.array<32>(0)};
  Mailbox* mailbox = find(id);
  if (mailbox == nullptr) return;
  touch(id, *mailbox);
  forget_recent(*mailbox);
  --mailbox->used.envelopes;
  mailbox->used.bytes -= static_cast<std::size_t>(bytes);
}

void MailboxTable::save() {
  for (const MailboxId& id : changed_) {
    const auto known = mailboxes_.find(id);
    if (known == mailboxes_.end()) continue;
    Mailbox& mailbox = known->second;
    database_
        .write("UPDATE devices SET waiting = ?, waiting_bytes = ?, last = ?, floor = ?, generation = ? WHERE box = ?")
        .bind(mailbox.used.envelopes, mailbox.used.bytes, mailbox.last, mailbox.floor, mailbox.generation, mailbox.box)
        .run();
    mailbox.is_changed = false;
  }
  changed_.clear();
}

void MailboxTable::forget(const MailboxId& mailbox) noexcept {
  const auto known = mailboxes_.find(mailbox);
  if (known == mailboxes_.end()) return;
  forget_recent(known->second);
  mailboxes_.erase(known);
}

void MailboxTable::forget_recipient(const MailboxId& mailbox) noexcept {
  if (const auto known = mailboxes_.find(mailbox); known != mailboxes_.end()) known->second.recipient.reset();
}

void MailboxTable::forget_recipients() noexcept {
  for (auto& [id, mailbox] : mailboxes_) mailbox.recipient.reset();
}

void MailboxTable::clear() noexcept {
  mailboxes_.clear();
  changed_.clear();
  recent_count_ = 0;
}

}  // namespace anochat::relay
