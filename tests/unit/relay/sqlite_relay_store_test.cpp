#include <anochat/relay/memory_relay_store.hpp>
#include <anochat/relay/sqlite_relay_store.hpp>
#include <anochat/testing/random.hpp>

#include "relay/database.hpp"
#include "samples.hpp"
#include "support/check.hpp"
#include "support/temporary_folder.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <new>
#include <random>
#include <span>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace anochat;
using namespace anochat::testing;

namespace {

using Ids = std::vector<int>;

void run_sql(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

/// All that one can see of a store, as one number after the other.
Bytes look(RelayStore& store) {
  Bytes seen;
  for (std::uint8_t i = 0; i < 4; ++i) {
    const auto account = store.account({i});
    if (account) seen.push_back(account->delivery_token[0]);
    seen.push_back(static_cast<std::uint8_t>(store.devices({i}).size()));
    const auto recipient = store.recipient(box(i), kNow);
    seen.push_back(recipient ? static_cast<std::uint8_t>(1 + recipient->takes_first_contact) : 0);
    const PreKeyCount count = store.count_prekeys(box(i), kNow);
    seen.push_back(static_cast<std::uint8_t>(count.one_time));
    seen.push_back(static_cast<std::uint8_t>(count.kem_one_time));
    seen.push_back(static_cast<std::uint8_t>(store.used(box(i)).bytes / 100));
    for (const int id : ids(store.lease(box(i), 0, kRoomy))) seen.push_back(static_cast<std::uint8_t>(id));
    seen.push_back(0xff);
  }
  return seen;
}

/// One random change. @return what it answered
std::size_t change(RelayStore& store, std::mt19937& random) {
  const auto number = [&random](unsigned most) { return static_cast<std::uint8_t>(random() % most); };
  const std::uint8_t where = number(4);
  const UnixTime soon = kNow + std::chrono::minutes(60 * number(5));
  const UnixHour hour = kThisHour + std::chrono::hours(number(6));
  switch (random() % 14) {
    case 0:
      store.put_account({where}, {Bytes(number(3)), {number(5)}});
      return 0;
    case 1:
      store.put_device(device(where, where % 2, number(3)));
      return 0;
    case 2:
      if (number(4) == 0) store.remove_device(box(where));
      return 0;
    case 3:
      store.add_prekeys(box(where), {small(number(3), soon), large(1), {small(number(9), soon)}, {large(number(9))}});
      return 0;
    case 4:
      if (number(4) == 0) store.drop_prekeys(box(where));
      return 0;
    case 5: {
      const auto taken = store.take_prekeys(box(where), number(3) != 0, kNow + std::chrono::minutes(number(90)));
      return taken ? 1 + taken->signed_prekey[3] + 10U * taken->kem[3] +
                         100U * (taken->one_time ? (*taken->one_time)[3] : 99U)
                   : 0;
    }
    case 6:
    case 7:
    case 8:
    case 9:
      if (!store.device(box(where))) return 9;
      return static_cast<std::size_t>(put(store, sample(where, number(30), hour), {12, 1'100}));
    case 10:
      return store.acknowledge(box(where), named({number(30)}), hour);
    case 11:
      return store.expire(kNow + std::chrono::minutes(number(120)), 1'000);
    case 12:
      store.commit();
      return 0;
    default:
      if (number(3) == 0) store.roll_back();
      return 0;
  }
}

}  // namespace

TEST_CASE("the SQLite store does what the store in memory does, for thousands of random changes") {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    const TemporaryFolder folder;
    const std::string path = folder.file("relay.db");
    auto sqlite = std::make_unique<SqliteRelayStore>(path);
    MemoryRelayStore memory;
    std::mt19937 first(seed);
    std::mt19937 second(seed);
    for (int step = 0; step < 1'500; ++step) {
      CAPTURE(step);
      REQUIRE(change(*sqlite, first) == change(memory, second));
      if (step % 10 == 0) REQUIRE(look(*sqlite) == look(memory));
      if (step % 50 != 0) continue;
      sqlite.reset();  // what is not committed is lost
      sqlite = std::make_unique<SqliteRelayStore>(path);
      memory.roll_back();
      REQUIRE(look(*sqlite) == look(memory));
    }
  }
}

TEST_CASE("more mailboxes in one group than are kept in memory lose nothing") {
  constexpr unsigned kMany = 17'000;
  const TemporaryFolder folder;
  const std::string path = folder.file("relay.db");
  const auto mailbox = [](unsigned i) {
    MailboxId id = box(1);
    id.bytes[0] = static_cast<std::uint8_t>(i);
    id.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    return id;
  };
  {
    SqliteRelayStore store(path);
    for (unsigned i = 0; i < kMany; ++i) {
      RelayDevice one = device(1);
      one.mailbox = mailbox(i);
      one.device = i;
      store.put_device(one);
      const EnvelopeView envelope{one.mailbox, {}, kThisHour + std::chrono::hours(1), false, {}};
      const Bytes encoded(1 + i % 7);
      REQUIRE(store.append(envelope, encoded, envelope.expires, kRoomy).result == RelayStore::Append::stored);
    }
    CHECK(store.used(mailbox(0)).envelopes == 1);
    store.commit();
  }
  SqliteRelayStore store(path);
  for (unsigned i = 0; i < kMany; ++i) REQUIRE(store.used(mailbox(i)).bytes == 1 + i % 7);
}

TEST_CASE("envelopes are acknowledged in any order, once, whether the store still has them at hand or not") {
  const TemporaryFolder folder;
  const std::string path = folder.file("relay.db");
  std::vector<ByteArray<16>> order;
  for (std::uint8_t id = 1; id <= 200; ++id) order.push_back(named({id}).front());
  const auto fill = [](SqliteRelayStore& store) {
    store.put_device(device(1));
    for (std::uint8_t id = 1; id <= 200; ++id) CHECK(put(store, sample(1, id)) == RelayStore::Append::stored);
  };
  const auto until = kThisHour + std::chrono::hours(1);
  {
    SqliteRelayStore store(path);
    fill(store);
    SUBCASE("newest first") { std::reverse(order.begin(), order.end()); }
    SUBCASE("oldest first") {}
    SUBCASE("after a group that was undone") {
      store.commit();
      CHECK(store.acknowledge(box(1), std::span(order).first(50), until) == 50);
      store.roll_back();
    }
    SUBCASE("when some have expired") {
      const Sample early = sample(1, 201);
      CHECK(store.append(early.envelope.view(), early.encoded, kThisHour, kRoomy).result == RelayStore::Append::stored);
      CHECK(store.expire(kNow, 1'000) == 1);
      CHECK(store.acknowledge(box(1), named({201}), until) == 0);
    }
    CHECK(store.acknowledge(box(1), order, until) == 200);
    CHECK(store.acknowledge(box(1), order, until) == 0);
    CHECK(store.used(box(1)).envelopes == 0);
    CHECK(store.used(box(1)).bytes == 0);
    CHECK(put(store, sample(1, 7)) == RelayStore::Append::repeated);
    store.commit();
  }
  SqliteRelayStore store(path);
  CHECK(store.acknowledge(box(1), order, until) == 0);
  CHECK(put(store, sample(1, 7)) == RelayStore::Append::repeated);
  CHECK(store.expire(until, 1'000) == 200);
}

TEST_CASE("a mailbox that was emptied counts on where it was") {
  const TemporaryFolder folder;
  const std::string path = folder.file("relay.db");
  std::uint64_t last = 0;
  {
    SqliteRelayStore store(path);
    store.put_device(device(1));
    for (std::uint8_t id = 1; id <= 2; ++id) CHECK(put(store, sample(1, id)) == RelayStore::Append::stored);
    last = store.lease(box(1), 0, kRoomy).back().number;
    CHECK(store.acknowledge(box(1), named({1, 2}), kThisHour) == 2);
    CHECK(store.expire(kNow + std::chrono::hours(1), 1'000) == 2);
    store.commit();
  }
  SqliteRelayStore store(path);
  CHECK(put(store, sample(1, 3)) == RelayStore::Append::stored);
  CHECK(ids(store.lease(box(1), last, kRoomy)) == Ids{3});
}

TEST_CASE("what was committed is there after a restart, and nothing else") {
  const TemporaryFolder folder;
  const std::string path = folder.file("relay.db");
  std::uint64_t last = 0;
  {
    SqliteRelayStore store(path);
    store.put_account({1}, {Bytes{1, 2}, {3}});
    store.put_device(device(1));
    store.add_prekeys(box(1), {small(1), large(1), {small(2)}, {}});
    CHECK(store.claim_handle({5}, {1}, 1));
    for (std::uint8_t id = 1; id <= 2; ++id) CHECK(put(store, sample(1, id)) == RelayStore::Append::stored);
    store.commit();
    last = store.lease(box(1), 0, kRoomy).back().number;
    CHECK(put(store, sample(1, 3)) == RelayStore::Append::stored);  // nobody was told
  }
  SqliteRelayStore store(path);
  CHECK(store.account({1})->device_list == Bytes{1, 2});
  CHECK(store.find_handle({5}) == Directory::Key{1});
  CHECK(ids(store.lease(box(1), 0, kRoomy)) == Ids{1, 2});
  CHECK(put(store, sample(1, 2)) == RelayStore::Append::repeated);
  CHECK(put(store, sample(1, 3)) == RelayStore::Append::stored);
  CHECK(ids(store.lease(box(1), last, kRoomy)) == Ids{3});
  CHECK(store.take_prekeys(box(1), true, kNow)->one_time == small(2));
}

TEST_CASE("a killed relay has every committed envelope") {
  const TemporaryFolder folder;
  const std::string path = folder.file("relay.db");
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    SqliteRelayStore store(path);
    store.put_device(device(1));
    for (std::uint8_t id = 1;; ++id) {
      static_cast<void>(put(store, sample(1, id)));
      store.commit();
      if (::write(pipe[1], &id, 1) != 1) ::_exit(1);
      if (id == 200) ::pause();
    }
  }
  std::uint8_t promised = 0;
  while (promised < 40) REQUIRE(::read(pipe[0], &promised, 1) == 1);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(pipe[1]);
  while (::read(pipe[0], &promised, 1) == 1) {
  }
  ::close(pipe[0]);
  SqliteRelayStore store(path);
  const auto kept = ids(store.lease(box(1), 0, kRoomy));
  CHECK(kept.size() >= promised);
  for (std::size_t i = 0; i < kept.size(); ++i) CHECK(kept[i] == static_cast<int>(i + 1));
}

TEST_CASE("the file is for its owner alone, and for one relay at a time") {
  const TemporaryFolder folder;
  const std::string path = folder.file("relay.db");
  SqliteRelayStore store(path);
  store.put_device(device(1));
  store.commit();
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(::stat((path + "-wal").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK_ERROR(SqliteRelayStore(path), Errc::store_busy);
}

TEST_CASE("SQLite's codes become a relay's") {
  const std::pair<int, Errc> expected[] = {
      {SQLITE_BUSY, Errc::store_busy},        {SQLITE_LOCKED, Errc::store_busy},
      {SQLITE_FULL, Errc::disk_full},         {SQLITE_NOTADB, Errc::not_a_store},
      {SQLITE_CORRUPT, Errc::store_corrupt},  {SQLITE_CORRUPT_INDEX, Errc::store_corrupt},
      {SQLITE_IOERR_WRITE, Errc::io_failed},  {SQLITE_CANTOPEN, Errc::io_failed},
      {SQLITE_READONLY, Errc::read_only},     {SQLITE_PERM, Errc::read_only},
      {SQLITE_ERROR, Errc::internal},
  };
  for (const auto& [code, errc] : expected) CHECK_ERROR(relay::raise(code), errc);
  for (const int code : {SQLITE_NOMEM, SQLITE_IOERR_NOMEM}) CHECK_THROWS_AS(relay::raise(code), std::bad_alloc);
}

TEST_CASE("a group that SQLite itself has given up takes no more changes and is not committed") {
  const TemporaryFolder folder;
  relay::Database database(folder.file("group.db"), 7, "CREATE TABLE t(n INTEGER PRIMARY KEY) STRICT");
  const auto count = [&] {
    relay::Query row = database.read("SELECT count(*) FROM t");
    return row.step() ? row.i64(0) : -1;
  };
  database.write("INSERT INTO t VALUES(1)").run();
  CHECK_THROWS_AS(database.write("INSERT OR ROLLBACK INTO t VALUES(1)").run(), Error);
  CHECK_ERROR(database.write("INSERT INTO t VALUES(2)").run(), Errc::io_failed);
  CHECK_ERROR(database.commit(), Errc::io_failed);
  database.roll_back();
  CHECK(count() == 0);
  database.write("INSERT INTO t VALUES(3)").run();
  database.commit();
  CHECK(count() == 1);
}

TEST_CASE("a page that was damaged is said to be damaged") {
  const TemporaryFolder folder;
  const std::string path = folder.file("relay.db");
  {
    SqliteRelayStore store(path);
    store.put_device(device(1));
    for (std::uint8_t i = 0; i < 200; ++i) put(store, sample(1, i));
    store.commit();
  }
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4'096);  // all but the first page, with the schema
    const auto size = std::filesystem::file_size(path);
    file << std::string(static_cast<std::size_t>(size) - 4'096, '\x55');
  }
  const auto use = [&] {
    SqliteRelayStore store(path);
    static_cast<void>(store.lease(box(1), 0, kRoomy));
  };
  CHECK_ERROR(use(), Errc::store_corrupt);
}

TEST_CASE("what is no store of a relay is not opened") {
  const TemporaryFolder folder;
  const std::string path = folder.file("relay.db");
  SUBCASE("a file of something else") {
    std::ofstream(path) << std::string(5'000, 'x');
    CHECK_ERROR(SqliteRelayStore(path), Errc::not_a_store);
  }
  SUBCASE("a database of something else") {
    run_sql(path, "CREATE TABLE other(a)");
    CHECK_ERROR(SqliteRelayStore(path), Errc::not_a_store);
  }
  SUBCASE("a blob store") {
    SeededRandom random(1);
    { SqliteBlobStore blobs(path, random); }
    CHECK_ERROR(SqliteRelayStore(path), Errc::not_a_store);
  }
  SUBCASE("one of a newer AnoChat") {
    { SqliteRelayStore store(path); }
    run_sql(path, "PRAGMA user_version = 2");
    CHECK_ERROR(SqliteRelayStore(path), Errc::newer_schema);
  }
  SUBCASE("a folder that is not there") { CHECK_ERROR(SqliteRelayStore(folder.file("no/relay.db")), Errc::io_failed); }
}

TEST_CASE("blobs are there after a restart") {
  const TemporaryFolder folder;
  SeededRandom random(1);
  BlobTicket ticket;
  {
    SqliteBlobStore blobs(folder.file("blobs.db"), random, kBlobLimits);
    ticket = blobs.begin(3, std::chrono::hours(24), kNow);
    CHECK(blobs.append(ticket.id, ticket.write, 0, Bytes{1, 2}, kNow) == 2);
  }
  SqliteBlobStore blobs(folder.file("blobs.db"), random, kBlobLimits);
  CHECK(blobs.total_bytes() == 3);
  CHECK(blobs.append(ticket.id, ticket.write, 2, Bytes{3}, kNow) == 3);
  CHECK(blobs.read(ticket.id, ticket.read, 0, 100, kNow) == Bytes{1, 2, 3});
}
