// Full-text search: what is found, in which order, and that no text breaks it.
#include <doctest/doctest.h>
#include <random>

#include "fixture.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;

namespace {

using Texts = std::vector<std::string>;

Texts found(const Store& store, const SearchQuery& query) {
  Texts out;
  for (const SearchHit& hit : store.snapshot()->search.find(query).items) out.push_back(hit.message.body);
  return out;
}

Texts found(const Store& store, std::string_view text) { return found(store, SearchQuery{.text = text}); }

}  // namespace

TEST_CASE("words are found without regard to case and diacritics, the last one as a prefix") {
  MemoryStore t;
  const auto c = t.conversation();
  t.add(c, "Crème brûlée at the Café");
  t.add(c, "creme fraiche");
  CHECK(found(t.store, "CREME").size() == 2);
  CHECK(found(t.store, "crème br").size() == 1);
  CHECK(found(t.store, "cafe creme").size() == 1);
  CHECK(found(t.store, "br creme").empty());
  CHECK(found(t.store, "tea").empty());
}

TEST_CASE("writing without spaces and emoji are found inside the text") {
  MemoryStore t;
  const auto c = t.conversation();
  t.add(c, "明日は東京タワーに行きます");
  t.add(c, "สวัสดีครับ");
  t.add(c, "rocket 👩‍🚀 launch");
  t.add(c, "안녕하세요 여러분");
  CHECK(found(t.store, "東京タワー").size() == 1);
  CHECK(found(t.store, "東京").size() == 1);
  CHECK(found(t.store, "京").size() == 1);
  CHECK(found(t.store, "大阪").empty());
  CHECK(found(t.store, "สวัสดี").size() == 1);
  CHECK(found(t.store, "👩‍🚀").size() == 1);
  CHECK(found(t.store, "🚀 launch").size() == 1);
  CHECK(found(t.store, "🚀 landing").empty());
  CHECK(found(t.store, "안녕").size() == 1);
}

TEST_CASE("filters narrow by conversation, sender and time") {
  MemoryStore t;
  const auto a = t.conversation(1);
  const auto b = t.conversation(2);
  const UnixTime start = t.now();
  t.add(a, "word one");
  t.clock.advance(Milliseconds{100});
  t.add(b, "word two");
  NewMessage own = t.message(b, "word three 東京", 99);
  own.sender = device(7);
  t.store.write([&](Records& r) { r.messages.insert(own); });
  CHECK(found(t.store, {.text = "word", .conversation = a}) == Texts{"word one"});
  CHECK(found(t.store, {.text = "word", .sender = account(7)}) == Texts{"word three 東京"});
  CHECK(found(t.store, {.text = "東京", .sender = account(7)}).size() == 1);
  CHECK(found(t.store, {.text = "東京", .sender = account(2)}).empty());
  CHECK(found(t.store, {.text = "word", .until = t.now()}) == Texts{"word one"});
  CHECK(found(t.store, {.text = "word", .from = start + Milliseconds{1}}).size() == 2);
  CHECK(found(t.store, {.text = "word", .conversation = b, .sender = account(2), .from = start, .until = start}).empty());
}

TEST_CASE("newest first goes through all hits in pages, across conversations") {
  MemoryStore t;
  const auto a = t.conversation(1);
  const auto b = t.conversation(2);
  Texts expected;
  for (int i = 0; i < 23; ++i) {
    expected.insert(expected.begin(), "needle " + std::to_string(i));
    t.add(i % 3 ? a : b, expected.front());
    t.clock.advance(Milliseconds{1});
  }
  Texts all;
  SearchQuery query{.text = "needle", .limit = 4};
  for (;;) {
    const auto page = t.store.snapshot()->search.find(query);
    for (const auto& hit : page.items) all.push_back(hit.message.body);
    if (!page.next) break;
    query.after = page.next;
    t.clock.advance(Milliseconds{1});
    t.add(a, "needle new");
  }
  CHECK(all == expected);
  query.after = "garbage";
  CHECK_ERROR(t.store.snapshot()->search.find(query), Errc::invalid_argument);
}

TEST_CASE("relevance puts the denser text first and marks the hit") {
  MemoryStore t;
  const auto c = t.conversation();
  t.add(c, "one needle among very many other words that mean nothing here at all");
  t.add(c, "needle needle");
  const auto page = t.store.snapshot()->search.find({.text = "needle", .order = SearchOrder::relevance});
  REQUIRE(page.items.size() == 2);
  CHECK(page.items[0].message.body == "needle needle");
  CHECK(page.items[0].rank < page.items[1].rank);
  CHECK(page.items[1].snippet.find("\uE000needle\uE001") != std::string::npos);
  CHECK_ERROR(t.store.snapshot()->search.find({.text = "x", .order = SearchOrder::relevance, .after = "x"}),
              Errc::invalid_argument);
  CHECK_ERROR(t.store.snapshot()->search.find({.text = "x", .limit = 0}), Errc::invalid_argument);
  CHECK_ERROR(t.store.snapshot()->search.find({.text = "x", .limit = 201}), Errc::invalid_argument);
}

TEST_CASE("no text is a syntax error") {
  MemoryStore t;
  const auto c = t.conversation();
  t.add(c, "AND OR NOT NEAR body \" ' * ^ - + : ( ) { } [ ] % _ \\ 100%");
  t.add(c, "東京%_\\");
  const Texts hostile{"\"",       "\"\"",     "'",        "*",        "a*",        "a * b",     "AND",
                      "OR",       "NOT",      "NEAR(a b)", "a AND",    "body:x",    "^a",        "-a",
                      "(",        ")",        "{a b}",    "a + b",    "\"unclosed", "a\"b",      "%",
                      "_",        "\\",       "東%",      "東京_",    "東\\",       "\xff\xfe",  "a\xffz",
                      "\xe3\x81", "!!! ???",  "«»",       "",         "   ",       "\t\r\n",    std::string(1, '\0'),
                      std::string("a\0b", 3), "rowid:1",  "messages_fts MATCH 'x'",   "'; DROP TABLE messages; --",
                      std::string(100'000, 'a'), std::string(5'000, '"'), "👍🏽\"東"};
  for (const std::string& text : hostile) {
    for (const auto order : {SearchOrder::newest, SearchOrder::relevance}) {
      CHECK_NOTHROW(static_cast<void>(found(t.store, {.text = text, .order = order})));
    }
  }
  CHECK(found(t.store, "100%").size() == 1);
  CHECK(found(t.store, "東京%").size() == 1);
  CHECK(found(t.store, "京%").size() == 1);
  CHECK(found(t.store, "\" NEAR").size() == 1);
  std::mt19937 rng(4);
  for (int i = 0; i < 3'000; ++i) {
    std::string text(rng() % 24, ' ');
    static constexpr std::string_view kSigns = "\"*^(){}:+-%_\\ aANDOR\xe6\x9d\xb1";
    for (char& ch : text) ch = rng() % 3 ? kSigns[rng() % kSigns.size()] : static_cast<char>(rng());
    CHECK_NOTHROW(static_cast<void>(found(t.store, text)));
  }
}
