// tests/fuzz/store_rows.hpp - one row of everything that a store keeps, and every way to read them.
#pragma once

#include <anochat/storage/records.hpp>

#include "fuzz/fuzz.hpp"

#include <cstdint>
#include <vector>

namespace anochat::storage::test {

template <std::size_t N>
ByteArray<N> filled(std::uint8_t value) {
  ByteArray<N> out;
  out.fill(value);
  return out;
}

/// What the rows are found by, and what reading them may say.
struct Rows {
  Address who{filled<32>(3), 1};
  ConversationId conversation{};
  MessageId message{};
  SessionRow session{};
  Errc also = Errc::store_corrupt;  ///< a code that reading may give besides
};

inline Rows fill(Records& r, UnixTime now) {
  Rows rows;
  const Address& who = rows.who;
  const Bytes some(70, 9);
  r.meta.set_number("n", 5);
  r.cursors.set("c", some, now);
  r.contacts.add(who.account, now);
  r.contacts.set_device_list(who.account, 1, some, now);
  r.identities.observe(who, some, now);
  r.identities.set_self({filled<32>(1), 1}, some, some, now);
  r.prekeys.insert({PreKeyKind::signed_ec, 1, SecretBytes(32), some, some, now, now, {}});
  const std::vector<SecretBytes> skipped{SecretBytes(53, 4)};
  rows.session = r.sessions.insert(who, filled<32>(5), {.state = some, .now = now, .added = skipped});
  rows.conversation = r.conversations.create(ConversationKind::direct, filled<32>(3), now);
  r.conversations.set_member(rows.conversation, {who.account, 0, now, {}});
  r.conversations.save_group_state(rows.conversation, 1, some, now);
  NewMessage text;
  text.conversation = rows.conversation;
  text.uid = filled<16>(2);
  text.sender = who;
  text.body = "some words";
  text.payload = some;
  text.sent_at = text.received_at = now;
  rows.message = r.messages.insert(text);
  r.reactions.add(rows.message, who.account, "+", now);
  r.receipts.set_read(rows.conversation, who.account, rows.message);
  r.receipts.note_read(rows.message, who.account, now);
  Attachment attachment;
  attachment.message = rows.message;
  attachment.name = "a.txt";
  attachment.mime = "text/plain";
  r.attachments.insert(attachment);
  Call call;
  call.conversation = rows.conversation;
  call.peer = who.account;
  call.started = now;
  r.calls.insert(call);
  OutboxEntry out;
  out.message = rows.message;
  out.recipient = who;
  out.mailbox = out.envelope = some;
  out.next_at = out.created = now;
  out.expires = now + std::chrono::hours(1);
  r.outbox.insert(out);
  PendingSend send;
  send.account = who.account;
  send.content = SecretBytes(9);
  send.created = send.expires = now;
  r.pending_sends.insert(send);
  r.resend_log.insert({who, filled<16>(8), rows.message, SecretBytes(9), now});
  r.inbox.note(filled<32>(6), now);
  r.decrypt_failures.insert(filled<32>(7), who, -10, now);
  r.stats.add(Metric{}, rows.conversation, now);
  return rows;
}

template <class Read>
void read(const Rows& s, Read body) {
  static_cast<void>(fuzz::accepts({Errc::store_corrupt, Errc::not_found, Errc::prekey_unknown, Errc::invalid_argument,
                                   Errc::already_exists, Errc::counter_exhausted, s.also},
                                  [&] { static_cast<void>(body()); }));
}

inline void read_people(const Records& r, const Rows& s) {
  read(s, [&] { return r.meta.number("n"); });
  read(s, [&] { return r.meta.store_uid(); });
  read(s, [&] { return r.meta.device_epoch(); });
  read(s, [&] { return r.cursors.find("c"); });
  read(s, [&] { return r.contacts.find(s.who.account); });
  read(s, [&] { return r.contacts.list(); });
  read(s, [&] { return r.contacts.device_list(s.who.account); });
  read(s, [&] { return r.identities.of_account(s.who.account); });
  read(s, [&] { return r.identities.self(); });
  read(s, [&] { return r.identities.self_private_key(); });
  read(s, [&] { return r.prekeys.find(PreKeyKind::signed_ec, 1); });
  read(s, [&] { return r.prekeys.newest(PreKeyKind::signed_ec); });
  read(s, [&] { return r.prekeys.unpublished(PreKeyKind::signed_ec, 9); });
  read(s, [&] { return r.sessions.active(s.who); });
  read(s, [&] { return r.sessions.archived(s.who); });
  read(s, [&] { return r.sessions.find(s.session); });
  read(s, [&] { return r.sessions.rows(); });
  read(s, [&] { return r.sessions.skipped_keys(s.session); });
}

inline void read_history(const Records& r, const Rows& s, UnixTime now) {
  read(s, [&] { return r.conversations.find(s.conversation); });
  read(s, [&] { return r.conversations.list(false, {}, 9); });
  read(s, [&] { return r.conversations.members(s.conversation); });
  read(s, [&] { return r.conversations.group_state(s.conversation); });
  read(s, [&] { return r.conversations.unread_total(true, now); });
  read(s, [&] { return r.messages.find(s.message); });
  read(s, [&] { return r.messages.latest(s.conversation, 9); });
  read(s, [&] { return r.messages.not_sent(9); });
  read(s, [&] { return r.messages.next_expiry(); });
  read(s, [&] { return r.search.find({.text = "words"}); });
  read(s, [&] { return r.reactions.of(s.message, s.who.account); });
  read(s, [&] { return r.receipts.of(s.conversation); });
  read(s, [&] { return r.receipts.details(s.message); });
  read(s, [&] { return r.attachments.of(s.message); });
  read(s, [&] { return r.calls.list({}, 9); });
  read(s, [&] { return r.stats.totals(); });
}

inline void read_queues(Records& r, const Rows& s, UnixTime now) {
  read(s, [&] { return r.outbox.due(now, 9); });
  read(s, [&] { return r.outbox.next_due(); });
  read(s, [&] { return r.pending_sends.of(s.who.account); });
  read(s, [&] { return r.pending_sends.accounts(9); });
  read(s, [&] { return r.resend_log.find(s.who, filled<16>(8)); });
  read(s, [&] { return r.resend_log.since(s.who, UnixTime{}, 9); });
  read(s, [&] { return r.decrypt_failures.latest(9); });
  read(s, [&] { return r.messages.expire(now); });
  read(s, [&] { return r.outbox.remove_expired(now); });
  read(s, [&] { return r.pending_sends.remove_expired(now); });
  read(s, [&] { return r.prekeys.take_ids(PreKeyKind::one_time_ec, 3); });
}

inline void read_everything(Records& r, const Rows& rows, UnixTime now) {
  read_people(r, rows);
  read_history(r, rows, now);
  read_queues(r, rows, now);
}

}  // namespace anochat::storage::test
