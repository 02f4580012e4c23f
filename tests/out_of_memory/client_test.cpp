// A whole client over a store in memory: what a call could not finish left no row behind, and the next try finishes it.
#include "faults.hpp"
#include "storage/store_state.hpp"
#include "unit/client/world.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace anochat;
using client::tests::Party;
using oom::fail_every_allocation;
using oom::Trial;

namespace {

/// Every row of every table.
Bytes rows_of(Client& client) {
  storage::detail::Connection& db = *storage::detail::StoreAccess::state(client.store()).writer;
  std::vector<std::string> tables;
  auto names =
      db.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' ORDER BY name");
  while (names.step()) tables.push_back(names.text(0));
  Bytes all;
  for (const std::string& table : tables) {
    std::string columns;
    auto info = db.query("SELECT name FROM pragma_table_info('" + table + "')");
    while (info.step()) columns += (columns.empty() ? "quote(\"" : " || ',' || quote(\"") + info.text(0) + "\")";
    auto rows = db.query("SELECT " + columns + " FROM \"" + table + "\" ORDER BY 1");
    while (rows.step()) {
      const std::string row = table + ": " + rows.text(0) + "\n";
      all.insert(all.end(), row.begin(), row.end());
    }
  }
  return all;
}

struct Friends : client::tests::Pair {
  explicit Friends(bool have_talked = true) {
    if (have_talked) befriend();
  }
  MessageHandle message{};
  std::vector<Bytes> frames;

  /// What the relay has for Bob now.
  void fetch_for_bob() {
    for (const Bytes& frame : alice.client.outgoing()) relay.receive(*alice.connection, frame);
    frames = relay.take(*bob.connection);
  }
};

template <class Body>
Trial on_alice(Body body, bool have_talked = true) {
  auto world = std::make_shared<Friends>(have_talked);
  const auto with = world->alice.with(world->bob);
  return {world, [w = world.get(), with, body] { body(*w, with); },
          [w = world.get()] { return rows_of(w->alice.client); },
          [w = world.get()] {
            w->settle();  // the world goes on, and nobody has lost anything
            CHECK(w->bob.client.store().check(storage::CheckDepth::full, false).is_good());
          }};
}

}  // namespace

TEST_CASE("a client without memory writes nothing, and writes it all at the next try") {
  fail_every_allocation("client: send a text", [] {
    Trial trial = on_alice([](Friends& w, auto with) { w.message = w.alice.client.send_text(with, "once only"); });
    const auto world = std::static_pointer_cast<Friends>(trial.world);
    const auto settle = trial.check;
    trial.check = [world, settle] {
      settle();
      const auto texts = world->bob.texts(world->alice);
      CHECK(std::count(texts.begin(), texts.end(), "once only") == 1);
    };
    return trial;
  });
  fail_every_allocation("client: first message", [] {
    return on_alice([](Friends& w, auto with) { w.message = w.alice.client.send_text(with, "hello"); }, false);
  });
  fail_every_allocation("client: read a page", [] {
    return on_alice([](Friends& w, auto with) { static_cast<void>(w.alice.client.latest(with, 50)); });
  });
}

TEST_CASE("what a client could not put into frames for lack of memory leaves at the next call") {
  fail_every_allocation("client: outgoing", [] {
    auto world = std::make_shared<Friends>();
    world->alice.client.send_text(world->alice.with(world->bob), "leaves late");
    return Trial{world,
                 [w = world.get()] { w->frames = w->alice.client.outgoing(); },
                 {},
                 [w = world.get()] {
                   for (const Bytes& frame : w->frames) w->relay.receive(*w->alice.connection, frame);
                   w->settle();
                   const auto texts = w->bob.texts(w->alice);
                   CHECK(std::count(texts.begin(), texts.end(), "leaves late") == 1);
                 }};
  });
}

TEST_CASE("a client that runs out of memory while it receives opens the same frames later") {
  fail_every_allocation("client: receive a text", [] {
    auto world = std::make_shared<Friends>();
    world->alice.client.send_text(world->alice.with(world->bob), "on its way");
    world->fetch_for_bob();
    return Trial{world,
                 [w = world.get()] {
                   while (!w->frames.empty()) {
                     w->bob.client.receive(w->frames.front());
                     w->frames.erase(w->frames.begin());
                   }
                 },
                 {},
                 [w = world.get()] {
                   w->settle();
                   w->disconnect(w->bob);  // whatever the relay was not told is sent again
                   w->connect(w->bob);
                   w->settle();
                   const auto texts = w->bob.texts(w->alice);
                   CHECK(std::count(texts.begin(), texts.end(), "on its way") == 1);
                 }};
  });
}
