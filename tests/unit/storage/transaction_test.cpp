// Transaction, Snapshot and the writer thread.
#include <atomic>
#include <doctest/doctest.h>
#include <stdexcept>
#include <thread>

#include "fixture.hpp"
#include "store_fixture.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;

TEST_CASE("what is not committed never happened") {
  MemoryStore t;
  {
    auto tx = t.store.begin();
    tx->meta.set_number("x", 1);
    CHECK(tx->meta.number("x") == 1);
  }
  CHECK_FALSE(t.store.snapshot()->meta.number("x").has_value());
  auto tx = t.store.begin();
  tx->meta.set_number("x", 2);
  tx.roll_back();
  CHECK_FALSE(tx.is_open());
  CHECK_FALSE(t.store.snapshot()->meta.number("x").has_value());
  CHECK_ERROR(t.store.write([](Records& r) {
    r.meta.set_number("x", 3);
    throw Error(Errc::bad_content, "test");
  }), Errc::bad_content);
  CHECK_FALSE(t.store.snapshot()->meta.number("x").has_value());
}

TEST_CASE("an attempt that fails takes only its own writes along") {
  MemoryStore t;
  auto tx = t.store.begin();
  tx->meta.set_number("before", 1);
  CHECK_ERROR(tx.attempt([&] {
    tx->meta.set_number("inside", 2);
    throw Error(Errc::bad_content, "test");
  }), Errc::bad_content);
  tx.attempt([&] { tx->meta.set_number("good", 3); });
  CHECK_ERROR(tx.attempt([&] { tx.attempt([] {}); }), Errc::wrong_state);
  tx.commit();
  const auto seen = t.store.snapshot();
  CHECK(seen->meta.number("before") == 1);
  CHECK(seen->meta.number("good") == 3);
  CHECK_FALSE(seen->meta.number("inside").has_value());
}

TEST_CASE("a transaction ends once, does not nest, and takes its repositories along") {
  MemoryStore t;
  auto tx = t.store.begin();
  CHECK_ERROR(t.store.begin(), Errc::wrong_state);
  Records& kept = *tx;
  auto moved = std::move(tx);
  CHECK_ERROR(tx->meta.number("x"), Errc::wrong_state);  // NOLINT(bugprone-use-after-move): that is what is tested
  moved.commit();
  CHECK_ERROR(moved.commit(), Errc::wrong_state);
  CHECK_ERROR(moved->meta.number("x"), Errc::wrong_state);
  static_cast<void>(kept);
  t.store.begin().commit();
}

TEST_CASE("a statement that writes is refused outside a transaction") {
  MemoryStore t;
  detail::Connection& db = *detail::StoreAccess::state(t.store).writer;
  Meta stray(db);
  CHECK_ERROR(stray.set_number("x", 1), Errc::wrong_state);
  CHECK_FALSE(stray.number("x").has_value());
}

TEST_CASE("an in-memory store says so, aloud") {
  struct Ear final : Log {
    int warnings = 0;
    void write(LogLevel level, std::string_view event, std::initializer_list<LogField>) noexcept override {
      warnings += level == LogLevel::warning && event.find("in_memory") != std::string_view::npos ? 1 : 0;
    }
  } ear;
  StoreOptions options;
  options.log = &ear;
  const Store store = Store::in_memory(options);
  CHECK(ear.warnings == 1);
  CHECK(store.is_in_memory());
}

TEST_CASE("in-memory stores do not see each other") {
  MemoryStore a;
  MemoryStore b;
  a.conversation();
  CHECK(b.store.snapshot()->stats.totals().conversations == 0);
}

TEST_CASE("options out of range are refused") {
  for (int readers : {0, 9}) {
    StoreOptions options;
    options.readers = readers;
    CHECK_ERROR(Store::in_memory(options), Errc::invalid_argument);
  }
  StoreOptions few;
  few.cached_statements = 7;
  CHECK_ERROR(Store::in_memory(few), Errc::invalid_argument);
}

TEST_CASE("the statement cache is bounded and statements in use are not taken away") {
  MemoryStore t;
  detail::Connection& db = *detail::StoreAccess::state(t.store).writer;
  auto outer = db.query("SELECT name FROM meta");
  REQUIRE(outer.step());
  for (int i = 0; i < 500; ++i) {
    auto row = db.query("SELECT " + std::to_string(i));
    REQUIRE(row.step());
    CHECK(row.i64(0) == i);
  }
  CHECK(db.cached_statement_count() <= 96);
  auto twice = db.query("SELECT name FROM meta");  // the cached one is in use
  REQUIRE(twice.step());
  CHECK_FALSE(outer.step());
}

TEST_CASE("snapshots are bounded") {
  World w;
  StoreOptions options = w.options();
  options.readers = 2;
  options.busy_timeout = std::chrono::milliseconds(10);
  Store store = Store::in_memory(options);
  auto a = store.snapshot();
  {
    auto b = store.snapshot();
    CHECK_ERROR(store.snapshot(), Errc::store_busy);
  }
  const auto again = store.snapshot();
  CHECK_ERROR(store.close(), Errc::wrong_state);
}

TEST_CASE("a closed store refuses everything") {
  MemoryStore t;
  {
    auto tx = t.store.begin();
    CHECK_ERROR(t.store.close(), Errc::wrong_state);
  }
  t.store.close();
  t.store.close();
  CHECK_ERROR(t.store.begin(), Errc::wrong_state);
  CHECK_ERROR(t.store.snapshot(), Errc::wrong_state);
  CHECK_ERROR(t.store.submit([](Records&) {}), Errc::wrong_state);
}

TEST_CASE("group commit: a failing job is undone alone, the others are kept") {
  MemoryStore t;
  std::vector<Ticket> tickets;
  {
    const auto hold = t.store.begin();  // so that the jobs gather into groups
    for (int i = 0; i < 200; ++i) {
      tickets.push_back(t.store.submit([i](Records& r) {
        r.meta.set_number("job " + std::to_string(i), i);
        if (i % 10 == 3) throw Error(Errc::bad_content, "test");
        if (i % 10 == 7) throw std::runtime_error("another kind");
      }));
    }
  }
  for (int i = 0; i < 200; ++i) {
    auto& ticket = tickets[static_cast<std::size_t>(i)];
    if (i % 10 == 3) {
      CHECK_ERROR(ticket.get(), Errc::bad_content);
    } else if (i % 10 == 7) {
      CHECK_THROWS_AS(ticket.get(), std::runtime_error);
    } else {
      CHECK_NOTHROW(ticket.get());
    }
  }
  const auto snapshot = t.store.snapshot();
  for (int i = 0; i < 200; ++i) {
    const bool is_kept = i % 10 != 3 && i % 10 != 7;
    CHECK(snapshot->meta.number("job " + std::to_string(i)).has_value() == is_kept);
  }
}

TEST_CASE("group commit: jobs from many threads and plain transactions mix") {
  MemoryStore t;
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        const auto count = [](Records& r) { r.meta.set_number("n", r.meta.number("n").value_or(0) + 1); };
        if (i % 5 == 0) {
          t.store.write(count);
        } else {
          t.store.submit(count).get();
        }
        ++done;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(done == 400);
  CHECK(t.store.snapshot()->meta.number("n") == 400);
}

TEST_CASE("group commit: a job cannot open a transaction, and closing finishes the queue") {
  MemoryStore t;
  auto nested = t.store.submit([&](Records&) { static_cast<void>(t.store.begin()); });
  CHECK_ERROR(nested.get(), Errc::wrong_state);
  std::vector<Ticket> tickets;
  for (int i = 0; i < 100; ++i) tickets.push_back(t.store.submit([](Records& r) { r.meta.take("n", 1, 1000); }));
  t.store.close();
  for (auto& ticket : tickets) CHECK_NOTHROW(ticket.get());
  MemoryStore other;
  CHECK_ERROR(other.store.submit({}), Errc::invalid_argument);
  CHECK_ERROR(tickets[0].get(), Errc::wrong_state);
  CHECK_ERROR(Ticket().wait_for(std::chrono::milliseconds(1)), Errc::wrong_state);
}

TEST_CASE("group commit: a job that fills its own queue is refused, and the others are done") {
  MemoryStore t;
  std::vector<Ticket> tickets;
  const auto count = [](Records& r) { r.meta.set_number("n", r.meta.number("n").value_or(0) + 1); };
  auto greedy = t.store.submit([&](Records&) {
    for (int i = 0; i <= 1'024; ++i) tickets.push_back(t.store.submit(count));
  });
  CHECK_ERROR(greedy.get(), Errc::wrong_state);
  REQUIRE(tickets.size() == 1'024);
  CHECK(tickets.back().wait_for(std::chrono::minutes(2)));
  for (auto& ticket : tickets) CHECK_NOTHROW(ticket.get());
  CHECK(t.store.snapshot()->meta.number("n") == 1'024);
}

TEST_CASE("a store, a ticket and a snapshot can be moved, and what they held before is closed") {
  MemoryStore t, other;
  t.store.write([](Records& r) { r.meta.set_number("n", 1); });
  Store moved(std::move(t.store));
  CHECK_ERROR(t.store.begin(), Errc::wrong_state);  // NOLINT(bugprone-use-after-move): that is what is tested
  {
    auto first = moved.snapshot();
    const Snapshot second(std::move(first));
    CHECK(second->meta.number("n") == 1);
    CHECK_ERROR(first->meta.number("n"), Errc::wrong_state);  // NOLINT(bugprone-use-after-move)
  }
  Ticket ticket;
  ticket = moved.submit([](Records& r) { r.meta.set_number("n", 2); });
  ticket.get();
  moved = std::move(other.store);
  CHECK_FALSE(moved.snapshot()->meta.number("n").has_value());
}

TEST_CASE("a snapshot of a file does not change while others write") {
  const test::TempFolder folder;
  const auto path = folder / "snapshot.db";
  World w;
  {
    Store store = detail::StoreAccess::make(detail::plain_source(path.string()), w.options());
    store.write([](Records& r) { r.meta.set_number("n", 1); });
    const auto before = store.snapshot();
    store.write([](Records& r) { r.meta.set_number("n", 2); });
    auto tx = store.begin();
    tx->meta.set_number("n", 3);
    CHECK(before->meta.number("n") == 1);
    CHECK(store.snapshot()->meta.number("n") == 2);
    tx.commit();
    CHECK(store.snapshot()->meta.number("n") == 3);
    std::atomic<bool> stop{false};
    std::thread reader([&] {
      std::int64_t last = 0;
      while (!stop) {
        const auto s = store.snapshot();
        const auto n = s->meta.number("n").value();
        const auto m = s->meta.number("m").value_or(n);
        CHECK(n == m);
        CHECK(n >= last);
        last = n;
      }
    });
    for (int i = 4; i < 300; ++i) {
      store.submit([i](Records& r) {
        r.meta.set_number("n", i);
        r.meta.set_number("m", i);
      }).get();
    }
    stop = true;
    reader.join();
  }
}
