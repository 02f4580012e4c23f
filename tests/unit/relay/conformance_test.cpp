#include "conformance.hpp"

#include <anochat/relay/memory_relay_store.hpp>
#include <anochat/relay/sqlite_relay_store.hpp>
#include <anochat/testing/random.hpp>

#include "samples.hpp"
#include "support/check.hpp"
#include "support/temporary_folder.hpp"

using namespace anochat;
using namespace anochat::testing;

namespace {

struct InMemory {
  std::unique_ptr<MemoryRelayStore> store() const { return std::make_unique<MemoryRelayStore>(); }
  std::unique_ptr<BlobStore> blobs(Random& random) const {
    return std::make_unique<MemoryBlobStore>(random, kBlobLimits);
  }
};

struct InSqlite {
  TemporaryFolder folder;
  std::unique_ptr<SqliteRelayStore> store() const {
    return std::make_unique<SqliteRelayStore>(folder.file("relay.db"));
  }
  std::unique_ptr<BlobStore> blobs(Random& random) const {
    return std::make_unique<SqliteBlobStore>(folder.file("blobs.db"), random, kBlobLimits);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("a relay store keeps accounts and devices", Place, InMemory, InSqlite) {
  const Place place;
  check_accounts_and_devices([&] { return place.store(); });
}
TEST_CASE_TEMPLATE("a relay store hands out prekeys", Place, InMemory, InSqlite) {
  const Place place;
  check_prekeys([&] { return place.store(); });
}
TEST_CASE_TEMPLATE("a relay store keeps envelopes until they are acknowledged", Place, InMemory, InSqlite) {
  const Place place;
  check_mailboxes([&] { return place.store(); });
}
TEST_CASE_TEMPLATE("a relay store drops what has expired", Place, InMemory, InSqlite) {
  const Place place;
  check_expiry([&] { return place.store(); });
}
TEST_CASE_TEMPLATE("a relay store keeps all changes of a group or none", Place, InMemory, InSqlite) {
  const Place place;
  check_groups([&] { return place.store(); });
}
TEST_CASE_TEMPLATE("a directory finds exact handles", Place, InMemory, InSqlite) {
  const Place place;
  check_directory([&] {
    auto store = place.store();
    Directory* directory = store.get();
    return StoreUnderTest{std::move(store), directory};
  });
}
TEST_CASE_TEMPLATE("a blob store keeps files for who has the capability", Place, InMemory, InSqlite) {
  const Place place;
  SeededRandom random(1);
  check_blob_store([&] { return place.blobs(random); });
}
TEST_CASE("presence in a process is presence") {
  check_presence([] { return std::make_unique<InProcessPresence>(); });
}
TEST_CASE("wakeups in a process are wakeups") {
  check_wakeup([] { return std::make_unique<InProcessWakeup>(3); });
}
TEST_CASE("the rate limiter in a process is a rate limiter") {
  check_rate_limiter([] { return std::make_unique<InProcessRateLimiter>(); });
}
TEST_CASE("the rate limiter in a process is bounded, and forgets full buckets first") {
  InProcessRateLimiter limiter(100);
  const Rate rate{10, 1};
  for (unsigned i = 0; i < 1'000; ++i) {
    const auto low = static_cast<std::uint8_t>(i);
    const auto high = static_cast<std::uint8_t>(i / 256);
    CHECK(limiter.take({high, low}, rate, 1, kNow + Milliseconds(i)) == Milliseconds(0));
  }
  CHECK(limiter.size() <= 100);
  const ByteArray<32> mine{0xff};
  CHECK(limiter.take(mine, rate, 10, kNow + std::chrono::hours(1)) == Milliseconds(0));
  for (std::uint8_t i = 0; i < 99; ++i) static_cast<void>(limiter.take({i, 1}, rate, 1, kNow + std::chrono::hours(1)));
  CHECK(limiter.take(mine, rate, 10, kNow + std::chrono::hours(1)) > Milliseconds(0));
}
