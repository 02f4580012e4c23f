#include <anochat/relay/json_log.hpp>
#include <anochat/relay/sqlite_relay_store.hpp>

#include "relay_world.hpp"
#include "support/check.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

using namespace anochat;
using namespace anochat::testing;

TEST_CASE("metrics are Prometheus text without labels") {
  RelayWorld world;
  RelayUser alice(world);
  alice.log_in();
  const std::string text = prometheus_text(world.relay.metrics());
  CHECK(text.find("# TYPE anochat_relay_connections gauge\nanochat_relay_connections 1\n") != std::string::npos);
  CHECK(text.find("# TYPE anochat_relay_logins_total counter\nanochat_relay_logins_total 1\n") != std::string::npos);
  CHECK(text.find("anochat_relay_received_bytes_total ") != std::string::npos);
  CHECK(text.find('{') == std::string::npos);
  CHECK(text.back() == '\n');
  // Every field is written: as many samples as the struct has numbers.
  std::size_t samples = 0;
  for (std::size_t at = text.find("# TYPE"); at != std::string::npos; at = text.find("# TYPE", at + 1)) ++samples;
  CHECK(samples == sizeof(RelayMetrics) / sizeof(std::uint64_t));
}

TEST_CASE("a log line is one JSON object with a time") {
  const FakeClock clock;
  std::string lines;
  JsonLog log(clock, [&lines](std::string_view line) { lines += line; });
  log.debug("relay.quiet");
  log.info("relay.started", {{"port", 443}, {"below", -1}});
  log.error("relay.\"odd\"\n", {});
  CHECK(lines ==
        "{\"time\":\"2030-01-01T00:00:00.000Z\",\"level\":\"info\",\"event\":\"relay.started\",\"port\":443,\"below\":-"
        "1}\n"
        "{\"time\":\"2030-01-01T00:00:00.000Z\",\"level\":\"error\",\"event\":\"relay.odd\"}\n");
  JsonLog throwing(clock, [](std::string_view) { throw std::bad_alloc(); });
  throwing.error("relay.lost");
}

TEST_CASE("the file of a relay has no sender in it, and nothing acknowledged comes back") {
  const TemporaryFolder folder;
  const std::string path = folder.file("relay.db");
  const auto contains = [](const std::string& file, ByteView wanted) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    const std::string_view text = as_text(wanted);
    return bytes.find(text) != std::string::npos;
  };
  SqliteRelayStore store(path);
  RelayWorld world(test_options(), &store);
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join();
  const auto alice_device = alice.device.certificate().encode();
  alice.connect();  // never logs in: the token is enough
  CHECK(submit_one(alice, bob.envelope(77)) == 0);
  CHECK(delivered(bob.take()) == std::vector{77});
  bool found_recipient = false;
  for (const char* suffix : {"", "-wal"}) {
    CHECK_FALSE(contains(path + suffix, ByteView(alice_device).first(32)));
    CHECK_FALSE(contains(path + suffix, alice.account.id()));
    CHECK_FALSE(contains(path + suffix, alice.mailbox().bytes));
    CHECK_FALSE(
        contains(path + suffix, alice.address_class.size() > 4 ? ByteView(alice.address_class) : as_bytes("no such")));
    found_recipient |= contains(path + suffix, bob.account.id());
  }
  CHECK(found_recipient);
  bob.ask<Done>(Acknowledge{{{77}}});
  CHECK(bob.log_in().empty());
}

TEST_CASE("the relay works the same on SQLite") {
  const TemporaryFolder folder;
  SqliteRelayStore store(folder.file("relay.db"));
  RelayWorld world(test_options(), &store);
  RelayUser alice(world);
  RelayUser bob(world);
  bob.join(3);
  world.relay.close(bob.connection);
  alice.join();
  CHECK(alice.ask<FetchedAccounts>(FetchAccounts{{bob.account.id()}}).accounts[0].bundles.size() == 1);
  CHECK(submit_one(alice, bob.first_contact(1)) == 0);
  for (unsigned i = 2; i <= 100; ++i) alice.tell(Submit{{bob.envelope(i)}});
  world.relay.flush();
  CHECK(alice.take().size() == 99);
  CHECK(delivered(bob.log_in()).size() == 100);
  CHECK(bob.ask<PreKeyCount>(CountPreKeys{}).kem_one_time == 2);
  CHECK(world.relay.metrics().commits < 20);
}
