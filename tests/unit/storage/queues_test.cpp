// Outbox, pending sends, resend log, inbox and decryption failures.
#include <doctest/doctest.h>

#include "fixture.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;

namespace {

OutboxEntry entry(const World& t, std::uint64_t id, std::optional<MessageId> message = {}) {
  OutboxEntry out;
  out.envelope_id = numbered<16>(id);
  out.message = message;
  out.recipient = device(id % 3);
  out.mailbox = Bytes{1};
  out.envelope = Bytes{2, static_cast<std::uint8_t>(id)};
  out.next_at = out.created = t.now();
  out.expires = t.now() + std::chrono::days(7);
  return out;
}

}  // namespace

TEST_CASE("the outbox hands out what is due, in order, until it is removed") {
  MemoryStore t;
  auto tx = t.store.begin();
  Outbox& o = tx->outbox;
  const auto a = o.insert(entry(t, 1, MessageId{11}));
  const auto b = o.insert(entry(t, 2, MessageId{11}));
  auto later = entry(t, 3);
  later.next_at = t.now() + Milliseconds{1};
  const auto c = o.insert(later);
  CHECK_ERROR(o.insert(entry(t, 1)), Errc::already_exists);
  CHECK(o.due(t.now(), 10).size() == 2);
  CHECK(o.due(t.now(), 10)[0].row == a);
  CHECK(o.due(t.now(), 1).size() == 1);
  CHECK(o.due(later.next_at, 10).size() == 3);
  CHECK(o.next_due() == t.now());
  CHECK(o.count_for(MessageId{11}) == 2);
  o.mark_in_flight(a);
  CHECK(o.due(t.now(), 10).size() == 1);
  CHECK(o.find(a)->attempts == 1);
  o.retry_at(a, t.now() + std::chrono::seconds(1));
  CHECK(o.due(t.now(), 10).size() == 1);
  o.mark_in_flight(b);
  CHECK(o.reset_in_flight(t.now()) == 1);
  CHECK(o.due(t.now(), 10)[0].row == b);
  CHECK(o.find(numbered<16>(2))->envelope == Bytes{2, 2});
  o.mark_failed(c);
  CHECK(o.count(OutboxState::failed) == 1);
  CHECK(o.remove(numbered<16>(2)));
  CHECK_FALSE(o.remove(b));
  CHECK(o.remove_expired(t.now() + std::chrono::days(7)) == std::vector{MessageId{11}});
  CHECK_FALSE(o.next_due().has_value());
  CHECK_ERROR(o.mark_in_flight(a), Errc::not_found);
  CHECK_ERROR(o.insert(OutboxEntry{}), Errc::invalid_argument);
  CHECK_ERROR(o.due(t.now(), 0), Errc::invalid_argument);
}

TEST_CASE("what waits for a later attempt at an account can be told to go now") {
  MemoryStore t;
  auto tx = t.store.begin();
  Outbox& o = tx->outbox;
  const auto here = o.insert(entry(t, 1));
  const auto elsewhere = o.insert(entry(t, 2));
  const auto failed = o.insert(entry(t, 4));
  for (const auto row : {here, elsewhere}) o.retry_at(row, t.now() + std::chrono::hours(1));
  o.mark_failed(failed);
  CHECK(o.due(t.now(), 10).empty());
  o.retry_now(account(1), t.now());
  REQUIRE(o.due(t.now(), 10).size() == 1);
  CHECK(o.due(t.now(), 10)[0].row == here);
}

TEST_CASE("pending sends wait per account") {
  MemoryStore t;
  auto tx = t.store.begin();
  PendingSend send;
  send.content = secret("content");
  send.expires = t.now();
  send.account = account(2);
  send.message = MessageId{5};
  tx->pending_sends.insert(send);
  send.account = account(1);
  send.device = 4;
  const auto row = tx->pending_sends.insert(send);
  CHECK(tx->pending_sends.accounts(10) == std::vector{account(2), account(1)});
  REQUIRE(tx->pending_sends.of(account(1)).size() == 1);
  CHECK(tx->pending_sends.of(account(1))[0].content == send.content);
  CHECK(tx->pending_sends.of(account(1))[0].device == 4);
  CHECK(tx->pending_sends.remove(row));
  CHECK_FALSE(tx->pending_sends.remove(row));
  CHECK(tx->pending_sends.remove_expired(t.now()) == std::vector{MessageId{5}});
  CHECK(tx->pending_sends.accounts(10).empty());
}

TEST_CASE("the resend log is short") {
  MemoryStore t;
  auto tx = t.store.begin();
  for (std::uint64_t i = 0; i < 10; ++i) {
    ResendEntry e;
    e.recipient = device(i % 2);
    e.envelope_id = numbered<16>(i);
    e.content = secret("content");
    e.created = t.now() + Milliseconds{i};
    tx->resend_log.insert(e);
    if (i == 3) CHECK_ERROR(tx->resend_log.insert(e), Errc::already_exists);
  }
  CHECK(tx->resend_log.find(device(1), numbered<16>(3))->content == secret("content"));
  CHECK_FALSE(tx->resend_log.find(device(0), numbered<16>(3)).has_value());
  CHECK(tx->resend_log.since(device(0), t.now() + Milliseconds{4}, 10).size() == 3);
  CHECK(tx->resend_log.prune(t.now() + Milliseconds{2}, 3) == 4);
  CHECK(tx->resend_log.since(device(0), t.now(), 10).size() == 3);
  CHECK(tx->resend_log.since(device(0), t.now(), 10)[0].envelope_id == numbered<16>(8));
  CHECK_ERROR(tx->resend_log.prune(t.now(), -1), Errc::invalid_argument);
  CHECK(tx->resend_log.remove(device(0), numbered<16>(8)));
  CHECK_FALSE(tx->resend_log.remove(device(0), numbered<16>(8)));
}

TEST_CASE("an envelope is handled once") {
  MemoryStore t;
  auto tx = t.store.begin();
  CHECK(tx->inbox.note(filled<32>(1), t.now()));
  CHECK_FALSE(tx->inbox.note(filled<32>(1), t.now()));
  CHECK(tx->inbox.has_seen(filled<32>(1)));
  CHECK(tx->inbox.prune(t.now() + Milliseconds{1}) == 1);
  CHECK_FALSE(tx->inbox.has_seen(filled<32>(1)));
}

TEST_CASE("the number of decryption failures on record can be bounded") {
  MemoryStore t;
  auto tx = t.store.begin();
  DecryptFailures& f = tx->decrypt_failures;
  for (std::uint8_t i = 1; i <= 9; ++i) static_cast<void>(f.insert({i}, std::nullopt, -10, t.now()));
  CHECK(f.keep_newest(4) == 5);
  CHECK(f.latest(100).size() == 4);
  CHECK(f.latest(100)[0].hash == Hash{9});
  CHECK_ERROR(f.keep_newest(-1), Errc::invalid_argument);
}

TEST_CASE("decryption failures are on record, and repairs are countable") {
  MemoryStore t;
  auto tx = t.store.begin();
  DecryptFailures& f = tx->decrypt_failures;
  const auto a = f.insert(filled<32>(1), device(2), -10, t.now());
  REQUIRE(a.has_value());
  CHECK_FALSE(f.insert(filled<32>(1), device(2), -10, t.now()).has_value());
  const auto b = f.insert(filled<32>(2), std::nullopt, -11, t.now());
  CHECK_FALSE(f.find(*b)->sender.has_value());
  CHECK(f.find(*a)->sender == device(2));
  f.set_repair(*a, Repair::requested, t.now() + Milliseconds{5});
  CHECK(f.repairs_since(device(2), t.now() + Milliseconds{5}) == 1);
  CHECK(f.repairs_since(device(2), t.now() + Milliseconds{6}) == 0);
  f.set_repair(*a, Repair::repaired, t.now());
  CHECK(f.find(*a)->repaired_at == t.now());
  CHECK(f.find(*a)->attempts == 1);
  CHECK(f.count_since(device(2), t.now()) == 1);
  CHECK(f.latest(10)[0].id == *b);
  CHECK_ERROR(f.set_repair(FailureId{9}, Repair::none, t.now()), Errc::not_found);
  CHECK(f.prune(t.now() + Milliseconds{1}) == 2);
}
