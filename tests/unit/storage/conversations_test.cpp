// Conversations, messages and what hangs on them.
#include <doctest/doctest.h>

#include "fixture.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;

TEST_CASE("a conversation knows its last message and what is unread") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto first = t.add(c, "one");
  t.clock.advance(Milliseconds{10});
  const auto second = t.add(c, "two");
  auto tx = t.store.begin();
  CHECK(tx->conversations.find(c)->unread == 2);
  CHECK(tx->conversations.find(c)->last_message == second);
  CHECK(tx->conversations.find(c)->last_activity == t.now());
  CHECK(tx->conversations.mark_read(c, first, t.now()) == std::vector{first});
  CHECK(tx->conversations.mark_read(c, first, t.now()).empty());
  CHECK(tx->conversations.find(c)->unread == 1);
  NewMessage own = t.message(c, "mine", 50);
  own.is_outgoing = true;
  tx->messages.insert(own);
  NewMessage silent = t.message(c, "joined", 51);
  silent.counts_as_unread = false;
  tx->messages.insert(silent);
  CHECK(tx->conversations.find(c)->unread == 1);
  CHECK(tx->conversations.unread_total(true, t.now()) == 1);
  tx->conversations.set_muted_until(c, t.now() + Milliseconds{1});
  CHECK(tx->conversations.unread_total(false, t.now()) == 0);
  CHECK(tx->messages.remove(second));
  CHECK(tx->conversations.find(c)->unread == 0);
  CHECK_ERROR(tx->conversations.mark_read(ConversationId{77}, first, t.now()), Errc::not_found);
}

TEST_CASE("the list of conversations is pinned first, then latest first, in pages") {
  MemoryStore t;
  std::vector<ConversationId> ids;
  for (std::uint64_t i = 0; i < 7; ++i) {
    ids.push_back(t.conversation(i));
    if (i % 2) t.clock.advance(Milliseconds{1});
  }
  t.store.write([&](Records& r) {
    r.conversations.set_pinned(ids[2], true);
    r.conversations.set_archived(ids[5], true);
  });
  const auto snapshot = t.store.snapshot();
  std::vector<ConversationId> seen;
  std::optional<Cursor> at;
  do {
    const auto page = snapshot->conversations.list(false, at, 2);
    for (const auto& c : page.items) seen.push_back(c.id);
    at = page.next;
  } while (at);
  CHECK(seen == std::vector{ids[2], ids[6], ids[4], ids[3], ids[1], ids[0]});
  CHECK(snapshot->conversations.list(true, {}, 10).items.size() == 1);
  CHECK_ERROR(snapshot->conversations.list(true, {}, 0), Errc::invalid_argument);
}

TEST_CASE("conversations keep settings, members and group state") {
  MemoryStore t;
  const auto c = t.conversation();
  auto tx = t.store.begin();
  Conversations& cs = tx->conversations;
  CHECK_ERROR(cs.create(ConversationKind::group, numbered<16>(1), t.now()), Errc::already_exists);
  CHECK_ERROR(cs.create(ConversationKind::group, {}, t.now()), Errc::invalid_argument);
  cs.set_title(c, "title");
  cs.set_draft(c, "dra\0ft", t.now());
  cs.set_expire_after(c, std::chrono::hours(1));
  CHECK(cs.find(numbered<16>(1))->title == "title");
  CHECK(cs.find(c)->draft == "dra");
  CHECK(cs.find(c)->expire_after == std::chrono::hours(1));
  CHECK_ERROR(cs.set_title(ConversationId{9}, "x"), Errc::not_found);
  CHECK_ERROR(cs.set_expire_after(c, std::chrono::seconds(-1)), Errc::invalid_argument);
  cs.set_member(c, {account(2), 1, t.now(), {}});
  cs.set_member(c, {account(2), 2, t.now(), t.now()});
  CHECK(cs.members(c).size() == 1);
  CHECK(cs.members(c)[0].role == 2);
  CHECK(cs.find_direct(account(2))->id == c);
  CHECK_FALSE(cs.find_direct(account(3)).has_value());
  CHECK_ERROR(cs.set_member(ConversationId{9}, {account(2), 1, t.now(), {}}), Errc::not_found);
  CHECK(cs.remove_member(c, account(2)));
  cs.save_group_state(c, 1, Bytes{1}, t.now());
  cs.save_group_state(c, 2, Bytes{2}, t.now());
  CHECK(cs.group_state(c)->epoch == 2);
  CHECK(cs.remove_group_states_before(c, 2) == 1);
}

TEST_CASE("a store whose numbers of conversations are used up makes no more, and keeps the ones it has") {
  MemoryStore t;
  const auto c = t.conversation();
  detail::StoreAccess::state(t.store).writer->exec(
      "UPDATE sqlite_sequence SET seq = " + std::to_string((1 << 22) - 1) + " WHERE name = 'conversations'", "test");
  CHECK_ERROR(t.conversation(2), Errc::counter_exhausted);
  CHECK(t.store.snapshot()->conversations.find(c).has_value());
}

TEST_CASE("removing a conversation removes everything in it") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto other = t.conversation(2);
  const auto m = t.add(c, "needle");
  t.add(other, "needle");
  auto tx = t.store.begin();
  tx->reactions.add(m, account(1), "👍", t.now());
  CHECK(tx->conversations.remove(c));
  CHECK_FALSE(tx->conversations.remove(c));
  CHECK_FALSE(tx->messages.find(m).has_value());
  CHECK(tx->search.find({.text = "needle"}).items.size() == 1);
  tx.commit();
  CHECK(t.store.check(CheckDepth::full, false).is_good());
}

TEST_CASE("a sender's message id is taken once per conversation") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto other = t.conversation(2);
  auto tx = t.store.begin();
  const auto id = tx->messages.insert(t.message(c, "a", 1));
  CHECK_ERROR(tx->messages.insert(t.message(c, "b", 1)), Errc::already_exists);
  tx->messages.insert(t.message(other, "c", 1));
  CHECK(tx->messages.find(c, account(2), numbered<16>(1))->id == id);
  CHECK_FALSE(tx->messages.find(c, account(3), numbered<16>(1)).has_value());
  CHECK_ERROR(tx->messages.insert(t.message(ConversationId{9}, "b", 1)), Errc::not_found);
  NewMessage early = t.message(c, "b", 2);
  early.order_at = UnixTime{Milliseconds{0}};
  CHECK_ERROR(tx->messages.insert(early), Errc::invalid_argument);
  CHECK(tx->messages.count(c) == 1);
}

TEST_CASE("a message reads back as it was written") {
  MemoryStore t;
  const auto c = t.conversation();
  NewMessage in = t.message(c, "héllo \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80", 1);
  in.kind = 7;
  in.payload = Bytes{0, 1, 255};
  in.reply_to = numbered<16>(9);
  in.expire_after = std::chrono::seconds(60);
  in.sent_at = t.now() - Milliseconds{1234};
  const auto id = t.store.write([&](Records& r) { return r.messages.insert(in); });
  const Message out = t.store.snapshot()->messages.find(id).value();
  CHECK(out.conversation == c);
  CHECK(out.uid == in.uid);
  CHECK(out.sender == in.sender);
  CHECK(out.body == in.body);
  CHECK(out.payload == in.payload);
  CHECK(out.kind == 7);
  CHECK(out.sent_at == in.sent_at);
  CHECK(out.received_at == in.received_at);
  CHECK(out.reply_to == in.reply_to);
  CHECK(out.expire_after == in.expire_after);
  CHECK_FALSE(out.expires_at.has_value());
  CHECK(out.status == MessageStatus::received);
}

TEST_CASE("edit and erase change text, index and what hangs on the message") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto id = t.add(c, "apple");
  auto tx = t.store.begin();
  tx->messages.edit(id, "pear 東京", Bytes{1}, t.now());
  CHECK(tx->messages.find(id)->edited_at == t.now());
  CHECK(tx->search.find({.text = "apple"}).items.empty());
  CHECK(tx->search.find({.text = "pear"}).items.size() == 1);
  CHECK(tx->search.find({.text = "東京"}).items.size() == 1);
  tx->reactions.add(id, account(1), "x", t.now());
  tx->messages.erase_content(id, t.now());
  CHECK(tx->messages.find(id)->body.empty());
  CHECK_FALSE(tx->messages.find(id)->payload.has_value());
  CHECK(tx->messages.find(id)->deleted_at == t.now());
  CHECK(tx->reactions.of(id, account(1)).empty());
  CHECK(tx->search.find({.text = "pear"}).items.empty());
  CHECK(tx->search.find({.text = "東京"}).items.empty());
  CHECK_ERROR(tx->messages.edit(id, "again", {}, t.now()), Errc::not_found);
  CHECK_ERROR(tx->messages.erase_content(MessageId{5}, t.now()), Errc::not_found);
  tx.commit();
  CHECK(t.store.check(CheckDepth::full, false).is_good());
}

TEST_CASE("an outgoing message's status only moves forward") {
  MemoryStore t;
  const auto c = t.conversation();
  NewMessage m = t.message(c, "x", 1);
  m.is_outgoing = true;
  auto tx = t.store.begin();
  Messages& ms = tx->messages;
  const auto id = ms.insert(m);
  using S = MessageStatus;
  CHECK(ms.not_sent(10) == std::vector{id});
  CHECK(ms.set_status(id, S::failed, 5));
  CHECK(ms.find(id)->failure == 5);
  CHECK(ms.not_sent(10) == std::vector{id});
  CHECK(ms.set_status(id, S::queued));
  CHECK_FALSE(ms.find(id)->failure.has_value());
  CHECK(ms.set_status(id, S::delivered));
  CHECK_FALSE(ms.set_status(id, S::sent));
  CHECK_FALSE(ms.set_status(id, S::failed, 1));
  CHECK(ms.set_status(id, S::read));
  CHECK_FALSE(ms.set_status(id, S::read));
  CHECK(ms.not_sent(10).empty());
  CHECK_ERROR(ms.set_status(id, S::received), Errc::invalid_argument);
  CHECK_ERROR(ms.set_status(id, S::read, 1), Errc::invalid_argument);
  const auto incoming = ms.insert(t.message(c, "y", 2));
  CHECK_FALSE(ms.set_status(incoming, S::read));
}

TEST_CASE("disappearing messages start when read, or at once when sent, and leave no trace") {
  MemoryStore t;
  const auto c = t.conversation();
  NewMessage m = t.message(c, "secretword", 1);
  m.expire_after = std::chrono::seconds(10);
  const auto incoming = t.store.write([&](Records& r) { return r.messages.insert(m); });
  m.uid = numbered<16>(2);
  m.is_outgoing = true;
  const auto outgoing = t.store.write([&](Records& r) { return r.messages.insert(m); });
  CHECK(t.store.snapshot()->messages.next_expiry() == t.now() + std::chrono::seconds(10));
  t.clock.advance(std::chrono::seconds(5));
  t.store.write([&](Records& r) { r.conversations.mark_read(c, incoming, t.now()); });
  t.clock.advance(std::chrono::seconds(5));
  CHECK(t.store.expire() == std::vector{outgoing});
  CHECK_FALSE(t.store.write([&](Records& r) { return r.messages.start_timer(incoming, t.now()); }));
  t.clock.advance(std::chrono::seconds(5));
  CHECK(t.store.expire() == std::vector{incoming});
  CHECK(t.store.expire().empty());
  CHECK(t.store.snapshot()->search.find({.text = "secretword"}).items.empty());
  CHECK_FALSE(t.store.snapshot()->conversations.find(c)->last_message.has_value());
  auto& db = *detail::StoreAccess::state(t.store).writer;
  auto row = db.query("SELECT count(*) FROM messages_fts_data WHERE instr(block, CAST('secretword' AS BLOB))");
  REQUIRE(row.step());
  CHECK(row.i64(0) == 0);
}

TEST_CASE("reactions are counted per emoji, and an emoji of several code points is one") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto id = t.add(c, "x");
  auto tx = t.store.begin();
  const std::string astronaut = "👩‍🚀";
  CHECK(tx->reactions.add(id, account(1), astronaut, t.now()));
  CHECK_FALSE(tx->reactions.add(id, account(1), astronaut, t.now()));
  CHECK(tx->reactions.add(id, account(2), astronaut, t.now()));
  CHECK(tx->reactions.add(id, account(2), "👍🏽", t.now()));
  const auto all = tx->reactions.of(id, account(1));
  REQUIRE(all.size() == 2);
  CHECK(all[0].emoji == astronaut);
  CHECK(all[0].count == 2);
  CHECK(all[0].by_me);
  CHECK_FALSE(all[1].by_me);
  CHECK(tx->reactions.who(id, astronaut) == std::vector{account(1), account(2)});
  CHECK(tx->reactions.remove(id, account(2), astronaut, t.now()));
  CHECK_FALSE(tx->reactions.remove(id, account(2), astronaut, t.now()));
  CHECK(tx->reactions.who(id, astronaut) == std::vector{account(1)});
  SUBCASE("and they are ordered by their own time, not by their arrival") {
    const UnixTime later = t.now() + std::chrono::seconds{5};
    CHECK(tx->reactions.add(id, account(2), astronaut, later));
    CHECK_FALSE(tx->reactions.remove(id, account(2), astronaut, later - std::chrono::seconds{1}));
    CHECK(tx->reactions.who(id, astronaut).size() == 2);
    CHECK_FALSE(tx->reactions.remove(id, account(3), astronaut, later));  // overtook its own add
    CHECK_FALSE(tx->reactions.add(id, account(3), astronaut, t.now()));
    CHECK(tx->reactions.who(id, astronaut).size() == 2);
    CHECK(tx->reactions.add(id, account(3), astronaut, later));
    CHECK(tx->reactions.who(id, astronaut).size() == 3);
    CHECK_ERROR(tx->reactions.remove(id, account(3), "", later), Errc::invalid_argument);
  }
  CHECK_ERROR(tx->reactions.add(MessageId{4}, account(1), "x", t.now()), Errc::not_found);
  CHECK_ERROR(tx->reactions.add(id, account(1), "", t.now()), Errc::invalid_argument);
  CHECK_ERROR(tx->reactions.add(id, account(1), std::string(65, 'x'), t.now()), Errc::invalid_argument);
}

TEST_CASE("receipts: watermarks grow, details keep the first time") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto a = t.add(c, "a");
  const auto b = t.add(c, "b");
  auto tx = t.store.begin();
  Receipts& r = tx->receipts;
  CHECK(r.set_delivered(c, account(2), b));
  CHECK_FALSE(r.set_delivered(c, account(2), a));
  CHECK(r.set_read(c, account(2), a));
  CHECK(r.set_read(c, account(3), b));
  CHECK(r.of(c).size() == 2);
  CHECK(r.of(c)[0].delivered_through == b);
  CHECK(r.of(c)[0].read_through == a);
  CHECK(r.of(c)[1].delivered_through == b);
  r.note_read(a, account(2), t.now());
  r.note_delivered(a, account(2), t.now() + Milliseconds{1});
  CHECK(r.details(a)[0].delivered == t.now());
  CHECK(r.details(a)[0].read == t.now());
  CHECK_ERROR(r.set_read(ConversationId{8}, account(2), a), Errc::not_found);
  CHECK_ERROR(r.note_read(MessageId{8}, account(2), t.now()), Errc::not_found);
}

TEST_CASE("attachments keep their key and their progress") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto id = t.add(c, "x");
  auto tx = t.store.begin();
  Attachment a;
  a.message = id;
  a.name = "file.jpg";
  a.mime = "image/jpeg";
  a.size = 5'000'000'000;
  a.key = key(7);
  a.digest = filled<32>(8);
  a.preview = Bytes{1};
  const auto row = tx->attachments.insert(a);
  CHECK_ERROR(tx->attachments.insert(a), Errc::already_exists);
  tx->attachments.set_progress(row, AttachmentState::transferring, 4'999'999'999);
  tx->attachments.set_remote_ref(row, Bytes{1, 2});
  tx->attachments.set_local_name(row, "abc");
  const auto out = tx->attachments.of(id);
  REQUIRE(out.size() == 1);
  CHECK(equal_ct(out[0].key.expose(), key(7).expose()));
  CHECK(out[0].size == 5'000'000'000);
  CHECK(out[0].bytes_done == 4'999'999'999);
  CHECK(out[0].remote_ref == Bytes{1, 2});
  CHECK(out[0].local_name == "abc");
  CHECK(tx->attachments.find(row)->message == id);
  CHECK_FALSE(tx->attachments.find(AttachmentId{9}).has_value());
  CHECK_ERROR(tx->attachments.set_local_name(AttachmentId{9}, "x"), Errc::not_found);
  a.message = MessageId{1};
  CHECK_ERROR(tx->attachments.insert(a), Errc::not_found);
  a.size = -1;
  CHECK_ERROR(tx->attachments.insert(a), Errc::invalid_argument);
}

TEST_CASE("the call log: pages, missed calls and calls nobody ended") {
  MemoryStore t;
  const auto c = t.conversation();
  auto tx = t.store.begin();
  for (std::uint64_t i = 0; i < 5; ++i) {
    Call call;
    call.uid = numbered<16>(i);
    call.conversation = c;
    call.peer = account(2);
    call.is_outgoing = i == 4;
    call.started = t.now() + Milliseconds{i / 2};
    tx->calls.insert(call);
    if (i == 0) CHECK_ERROR(tx->calls.insert(call), Errc::already_exists);
  }
  tx->calls.set_answered(tx->calls.find(c, numbered<16>(0))->id, t.now());
  tx->calls.set_ended(tx->calls.find(c, numbered<16>(0))->id, CallOutcome::answered, t.now());
  CHECK(tx->calls.expire_ringing(t.now() + Milliseconds{9}) == 4);
  CHECK(tx->calls.missed_unseen() == 3);
  CHECK(tx->calls.find(c, numbered<16>(4))->outcome == CallOutcome::failed);
  tx->calls.mark_missed_seen();
  CHECK(tx->calls.missed_unseen() == 0);
  const auto first = tx->calls.list({}, 3);
  const auto second = tx->calls.list(first.next, 3);
  CHECK(first.items.size() == 3);
  CHECK(second.items.size() == 2);
  CHECK_FALSE(second.next.has_value());
  CHECK(first.items[0].uid == numbered<16>(4));
  CHECK_ERROR(tx->calls.set_answered(CallId{99}, t.now()), Errc::not_found);
}

TEST_CASE("local figures add up per day") {
  MemoryStore t;
  const auto a = t.conversation(1);
  const auto b = t.conversation(2);
  const auto day = std::chrono::floor<std::chrono::days>(t.now());
  auto tx = t.store.begin();
  tx->stats.add(Metric::sent, a, t.now());
  tx->stats.add(Metric::sent, a, t.now());
  tx->stats.add(Metric::sent, b, t.now() + std::chrono::days(1), 5);
  tx->stats.add(Metric::received, b, t.now());
  const auto all = tx->stats.daily(Metric::sent, {}, day, day + std::chrono::days(9));
  REQUIRE(all.size() == 2);
  CHECK(all[0].value == 2);
  CHECK(all[1].day == day + std::chrono::days(1));
  CHECK(tx->stats.daily(Metric::sent, b, day, day + std::chrono::days(9)).size() == 1);
  CHECK(tx->stats.top(Metric::sent, day, 5)[0] == std::pair{b, std::int64_t{5}});
  CHECK(tx->stats.totals().conversations == 2);
}
