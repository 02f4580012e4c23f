// Rows that hold what no version of this library has written. An input names columns of a small store and the values
// that they get, with the table's own checks switched off; reading everything must give values or a documented error.
#include <anochat/storage/store.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "fuzz/fuzz.hpp"
#include "storage/store_state.hpp"

#include <string>
#include <vector>

using namespace anochat;
using namespace anochat::storage;

namespace {

template <std::size_t N>
ByteArray<N> filled(std::uint8_t value) {
  ByteArray<N> out;
  out.fill(value);
  return out;
}

struct Column {
  std::string table;
  std::string name;
};

class Sample {
 public:
  Sample() : store(Store::in_memory(options())) {
    store.write([&](Records& r) { fill(r); });
    detail::Connection& db = *detail::StoreAccess::state(store).writer;
    std::vector<std::string> tables;
    auto names = db.query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
        "AND name NOT LIKE '%fts%' AND name NOT LIKE '%trigrams%' ORDER BY name");
    while (names.step()) tables.push_back(names.text(0));
    for (const std::string& table : tables) {
      auto info = db.query("SELECT name FROM pragma_table_info('" + table + "') ORDER BY cid");
      while (info.step()) columns.push_back({table, info.text(0)});
    }
    db.exec("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF", "fuzz");
  }

  testing::FakeClock clock;
  testing::SeededRandom random{1};
  NullLog log;
  const Address who{filled<32>(3), 1};
  ConversationId conversation{};
  MessageId message{};
  SessionRow session{};
  std::vector<Column> columns;
  Store store;

 private:
  StoreOptions options() {
    StoreOptions out;
    out.clock = &clock;
    out.random = &random;
    out.log = &log;
    return out;
  }

  void fill(Records& r) {
    const UnixTime now = clock.now();
    const Bytes some(70, 9);
    r.meta.set_number("n", 5);
    r.cursors.set("c", some, now);
    r.contacts.add(who.account, now);
    r.contacts.set_device_list(who.account, 1, some, now);
    r.identities.observe(who, some, now);
    r.identities.set_self({filled<32>(1), 1}, some, some, now);
    r.prekeys.insert({PreKeyKind::signed_ec, 1, SecretBytes(32), some, some, now, now, {}});
    const std::vector<SecretBytes> skipped{SecretBytes(53, 4)};
    session = r.sessions.insert(who, filled<32>(5), {.state = some, .now = now, .added = skipped});
    conversation = r.conversations.create(ConversationKind::direct, filled<32>(3), now);
    r.conversations.set_member(conversation, {who.account, 0, now, {}});
    r.conversations.save_group_state(conversation, 1, some, now);
    NewMessage text;
    text.conversation = conversation;
    text.uid = filled<16>(2);
    text.sender = who;
    text.body = "some words";
    text.payload = some;
    text.sent_at = text.received_at = now;
    message = r.messages.insert(text);
    r.reactions.add(message, who.account, "+", now);
    r.receipts.set_read(conversation, who.account, message);
    r.receipts.note_read(message, who.account, now);
    Attachment attachment;
    attachment.message = message;
    attachment.name = "a.txt";
    attachment.mime = "text/plain";
    r.attachments.insert(attachment);
    Call call;
    call.conversation = conversation;
    call.peer = who.account;
    call.started = now;
    r.calls.insert(call);
    OutboxEntry out;
    out.message = message;
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
    r.resend_log.insert({who, filled<16>(8), message, SecretBytes(9), now});
    r.inbox.note(filled<32>(6), now);
    r.decrypt_failures.insert(filled<32>(7), who, -10, now);
    r.stats.add(Metric{}, conversation, now);
  }
};

/// Three bytes and a value: which column, its kind and its length.
void change(Sample& s, ByteView edits) {
  detail::Connection& db = *detail::StoreAccess::state(s.store).writer;
  while (edits.size() >= 3) {
    const Column& column = s.columns[edits[0] % s.columns.size()];
    const std::uint8_t kind = edits[1] % 4;
    const std::size_t length = std::min<std::size_t>(edits[2], edits.size() - 3);
    const ByteView value = edits.subspan(3, length);
    edits = edits.subspan(3 + length);
    std::int64_t number = 0;
    for (const std::uint8_t byte : value)
      number = static_cast<std::int64_t>(static_cast<std::uint64_t>(number) << 8 | byte);
    try {
      auto update = db.query("UPDATE \"" + column.table + "\" SET \"" + column.name + "\" = ?");
      if (kind == 0) update.bind(std::nullopt);
      if (kind == 1) update.bind(number);
      if (kind == 2) update.bind(as_text(value));
      if (kind == 3) update.bind(value);
      update.run();
    } catch (const Error&) {  // a value that the column cannot even hold
    }
  }
}

template <class Read>
void read(Read body) {
  static_cast<void>(fuzz::accepts({Errc::store_corrupt, Errc::not_found, Errc::prekey_unknown, Errc::invalid_argument,
                                   Errc::already_exists, Errc::counter_exhausted},
                                  [&] { static_cast<void>(body()); }));
}

void read_people(const Records& r, const Sample& s) {
  read([&] { return r.meta.number("n"); });
  read([&] { return r.meta.store_uid(); });
  read([&] { return r.meta.device_epoch(); });
  read([&] { return r.cursors.find("c"); });
  read([&] { return r.contacts.find(s.who.account); });
  read([&] { return r.contacts.list(); });
  read([&] { return r.contacts.device_list(s.who.account); });
  read([&] { return r.identities.of_account(s.who.account); });
  read([&] { return r.identities.self(); });
  read([&] { return r.identities.self_private_key(); });
  read([&] { return r.prekeys.find(PreKeyKind::signed_ec, 1); });
  read([&] { return r.prekeys.newest(PreKeyKind::signed_ec); });
  read([&] { return r.prekeys.unpublished(PreKeyKind::signed_ec, 9); });
  read([&] { return r.sessions.active(s.who); });
  read([&] { return r.sessions.archived(s.who); });
  read([&] { return r.sessions.find(s.session); });
  read([&] { return r.sessions.rows(); });
  read([&] { return r.sessions.skipped_keys(s.session); });
}

void read_history(const Records& r, const Sample& s) {
  read([&] { return r.conversations.find(s.conversation); });
  read([&] { return r.conversations.list(false, {}, 9); });
  read([&] { return r.conversations.members(s.conversation); });
  read([&] { return r.conversations.group_state(s.conversation); });
  read([&] { return r.conversations.unread_total(true, s.clock.now()); });
  read([&] { return r.messages.find(s.message); });
  read([&] { return r.messages.latest(s.conversation, 9); });
  read([&] { return r.messages.not_sent(9); });
  read([&] { return r.messages.next_expiry(); });
  read([&] { return r.search.find({.text = "words"}); });
  read([&] { return r.reactions.of(s.message, s.who.account); });
  read([&] { return r.receipts.of(s.conversation); });
  read([&] { return r.receipts.details(s.message); });
  read([&] { return r.attachments.of(s.message); });
  read([&] { return r.calls.list({}, 9); });
  read([&] { return r.stats.totals(); });
}

void read_queues(Records& r, const Sample& s) {
  read([&] { return r.outbox.due(s.clock.now(), 9); });
  read([&] { return r.outbox.next_due(); });
  read([&] { return r.pending_sends.of(s.who.account); });
  read([&] { return r.pending_sends.accounts(9); });
  read([&] { return r.resend_log.find(s.who, filled<16>(8)); });
  read([&] { return r.resend_log.since(s.who, UnixTime{}, 9); });
  read([&] { return r.decrypt_failures.latest(9); });
  read([&] { return r.messages.expire(s.clock.now()); });
  read([&] { return r.outbox.remove_expired(s.clock.now()); });
  read([&] { return r.pending_sends.remove_expired(s.clock.now()); });
  read([&] { return r.prekeys.take_ids(PreKeyKind::one_time_ec, 3); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Sample sample;
  Transaction tx = sample.store.begin();  // never committed: every input begins with the same rows
  change(sample, {data, size});
  read_people(*tx, sample);
  read_history(*tx, sample);
  read_queues(*tx, sample);
  return 0;
}
