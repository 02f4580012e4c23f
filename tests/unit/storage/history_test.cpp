// Pages of history: order, cursors, and their stability.
#include <doctest/doctest.h>
#include <map>
#include <random>
#include <set>

#include "fixture.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;

namespace {

std::vector<std::string> bodies(const MessagePage& page) {
  std::vector<std::string> out;
  for (const Message& m : page.items) out.push_back(m.body);
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("messages of one millisecond keep the order of their insertion") {
  MemoryStore t;
  const auto c = t.conversation();
  Texts expected;
  for (int i = 0; i < 70; ++i) {
    expected.push_back(std::to_string(i));
    t.add(c, expected.back());
  }
  CHECK(bodies(t.store.snapshot()->messages.latest(c, 100)) == expected);
}

TEST_CASE("pages lead through the whole history in both directions") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto other = t.conversation(2);
  for (int i = 0; i < 10; ++i) {
    t.add(c, std::to_string(i));
    t.add(other, "elsewhere");
    t.clock.advance(Milliseconds{i % 3});
  }
  const auto snapshot = t.store.snapshot();
  const Messages& messages = snapshot->messages;
  auto page = messages.latest(c, 4);
  CHECK(bodies(page) == Texts{"6", "7", "8", "9"});
  page = messages.before(c, page.older.value(), 4);
  CHECK(bodies(page) == Texts{"2", "3", "4", "5"});
  page = messages.before(c, page.older.value(), 4);
  CHECK(bodies(page) == Texts{"0", "1"});
  CHECK_FALSE(page.older.has_value());
  page = messages.after(c, page.newer.value(), 3);
  CHECK(bodies(page) == Texts{"2", "3", "4"});
  CHECK(bodies(messages.before(c, page.older.value(), 2)) == Texts{"0", "1"});
  page = messages.around(page.items[1].id, 5);
  CHECK(bodies(page) == Texts{"1", "2", "3", "4", "5"});
}

TEST_CASE("a cursor at the end shows what comes later") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto empty = t.store.snapshot()->messages.latest(c, 10);
  CHECK(empty.items.empty());
  CHECK_FALSE(empty.older.has_value());
  t.add(c, "first");
  auto page = t.store.snapshot()->messages.after(c, empty.newer.value(), 10);
  CHECK(bodies(page) == Texts{"first"});
  CHECK(bodies(t.store.snapshot()->messages.after(c, page.newer.value(), 10)).empty());
  t.add(c, "second");
  CHECK(bodies(t.store.snapshot()->messages.after(c, page.newer.value(), 10)) == Texts{"second"});
}

TEST_CASE("around an end the page is filled from the other side") {
  MemoryStore t;
  const auto c = t.conversation();
  std::vector<MessageId> ids;
  for (int i = 0; i < 8; ++i) ids.push_back(t.add(c, std::to_string(i)));
  const auto snapshot = t.store.snapshot();
  CHECK(bodies(snapshot->messages.around(ids[0], 4)) == Texts{"0", "1", "2", "3"});
  CHECK(bodies(snapshot->messages.around(ids[7], 4)) == Texts{"6", "7"});
  CHECK(bodies(snapshot->messages.around(ids[3], 1)) == Texts{"3"});
  CHECK_ERROR(snapshot->messages.around(MessageId{12345}, 4), Errc::not_found);
}

TEST_CASE("paging is stable while messages come, go and change: each old one is met exactly once") {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    MemoryStore t;
    std::mt19937 rng(seed);
    const auto c = t.conversation();
    std::set<std::string> expected;
    std::map<std::string, MessageId> ids;
    for (int i = 0; i < 60; ++i) {
      const auto body = "old " + std::to_string(i);
      ids[body] = t.add(c, body);
      expected.insert(body);
      if (rng() % 2) t.clock.advance(Milliseconds{static_cast<int>(rng() % 4)});
    }
    std::multiset<std::string> met;
    auto page = t.store.snapshot()->messages.latest(c, 1 + static_cast<int>(rng() % 9));
    for (;;) {
      for (const Message& m : page.items) met.insert(m.body);
      if (!page.older) break;
      t.add(c, "new");  // at the end
      NewMessage late = t.message(c, "late", ++t.last_uid);
      late.order_at = t.now() - Milliseconds{static_cast<int>(rng() % 120)};  // anywhere in the history
      t.store.write([&](Records& r) { return r.messages.insert(late); });
      if (const auto body = "old " + std::to_string(rng() % 60); met.count(body) && ids.count(body)) {
        t.store.write([&](Records& r) { r.messages.remove(ids[body]); });
        ids.erase(body);
      }
      page = t.store.snapshot()->messages.before(c, *page.older, 1 + static_cast<int>(rng() % 9));
    }
    met.erase("new");
    met.erase("late");
    CHECK(std::set<std::string>(met.begin(), met.end()) == expected);
    CHECK(met.size() == expected.size());
  }
}

TEST_CASE("garbage is no cursor") {
  MemoryStore t;
  const auto c = t.conversation();
  const auto other = t.conversation(2);
  t.add(c, "text");
  const auto snapshot = t.store.snapshot();
  const Cursor good = snapshot->messages.latest(c, 1).newer.value();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Cursor bad = good;
    bad[i] = bad[i] == '0' ? '1' : '0';
    CHECK_ERROR(snapshot->messages.after(c, bad, 1), Errc::invalid_argument);
  }
  for (const Cursor& bad : {Cursor(), Cursor("x"), good + "00", good.substr(1), Cursor(72, 'z'), Cursor(72, '0')}) {
    CHECK_ERROR(snapshot->messages.after(c, bad, 1), Errc::invalid_argument);
    CHECK_ERROR(snapshot->messages.before(c, bad, 1), Errc::invalid_argument);
    CHECK_ERROR(snapshot->conversations.list(false, bad, 1), Errc::invalid_argument);
    CHECK_ERROR(snapshot->calls.list(bad, 1), Errc::invalid_argument);
  }
  CHECK_ERROR(snapshot->messages.after(other, good, 1), Errc::invalid_argument);
  CHECK_ERROR(snapshot->conversations.list(false, good, 1), Errc::invalid_argument);
  CHECK_ERROR(snapshot->messages.latest(c, 0), Errc::invalid_argument);
  CHECK_ERROR(snapshot->messages.latest(c, 501), Errc::invalid_argument);
}
