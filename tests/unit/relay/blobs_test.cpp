#include "relay_world.hpp"
#include "support/check.hpp"

#include <algorithm>

using namespace anochat;
using namespace anochat::testing;

namespace {

Bytes sealed_file(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + (i >> 8));
  return bytes;
}

Bytes part_of(const Bytes& file, std::size_t offset, std::size_t size) {
  const auto begin = file.begin() + static_cast<std::ptrdiff_t>(offset);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(size, file.size() - offset))};
}

struct Upload {
  RelayWorld world;
  RelayUser alice{world};
  RelayUser bob{world};
  Bytes file = sealed_file(600'000);
  BlobBegun blob;

  Upload() {
    alice.log_in();
    bob.connect();  // a capability needs no login
    blob = alice.ask<BlobBegun>(BeginBlob{file.size(), 24});
  }
  std::uint64_t append(RelayUser& user, std::size_t offset, std::size_t size) {
    return user.ask<BlobStatus>(AppendBlob{blob.id, blob.write, offset, part_of(file, offset, size)}).received;
  }
  void finish() {
    for (std::size_t at = 0; at < file.size();) at = append(alice, at, kMaxBlobPart);
  }
  Errc refused(RelayUser& user, const auto& body) { return user.ask<Refused>(body).code; }
};

}  // namespace

TEST_CASE("a file goes up in parts and comes down in ranges") {
  Upload up;
  up.finish();
  Bytes got;
  while (got.size() < up.file.size()) {
    const auto part = up.bob.ask<BlobPart>(ReadBlob{up.blob.id, up.blob.read, got.size(), 200'000}).part;
    REQUIRE(!part.empty());
    got.insert(got.end(), part.begin(), part.end());
  }
  CHECK(got == up.file);
  CHECK(up.bob.ask<BlobPart>(ReadBlob{up.blob.id, up.blob.read, 599'990, 100}).part == part_of(up.file, 599'990, 10));
  CHECK(up.bob.ask<BlobPart>(ReadBlob{up.blob.id, up.blob.read, 600'000, 100}).part.empty());
  CHECK(up.world.relay.metrics().blobs_begun == 1);
}

TEST_CASE("an upload goes on where it was interrupted, on any connection") {
  Upload up;
  CHECK(up.append(up.alice, 0, 100'000) == 100'000);
  up.world.relay.close(up.alice.connection);
  RelayUser again(up.world);
  again.connect();
  CHECK(again.ask<BlobStatus>(AskBlob{up.blob.id, up.blob.write}).received == 100'000);
  CHECK(up.append(again, 50'000, 100'000) == 150'000);  // what is there already is skipped
  CHECK(up.refused(again, AppendBlob{up.blob.id, up.blob.write, 150'001, {1}}) == Errc::wrong_state);
  CHECK(up.refused(again, AppendBlob{up.blob.id, up.blob.write, 599'999, {1, 2}}) == Errc::too_large);
  for (std::size_t at = 150'000; at < up.file.size();) at = up.append(again, at, kMaxBlobPart);
  CHECK(up.bob.ask<BlobPart>(ReadBlob{up.blob.id, up.blob.read, 149'990, 20}).part == part_of(up.file, 149'990, 20));
}

TEST_CASE("unfinished, unknown, foreign and expired files are one refusal") {
  Upload up;
  const ReadBlob read{up.blob.id, up.blob.read, 0, 100};
  CHECK(up.refused(up.bob, read) == Errc::unauthorised);  // not finished
  up.finish();
  up.bob.ask<BlobPart>(read);
  CHECK(up.refused(up.bob, ReadBlob{{9}, up.blob.read, 0, 100}) == Errc::unauthorised);
  CHECK(up.refused(up.bob, ReadBlob{up.blob.id, up.blob.write, 0, 100}) == Errc::unauthorised);
  CHECK(up.refused(up.bob, AppendBlob{up.blob.id, up.blob.read, 0, {1}}) == Errc::unauthorised);
  CHECK(up.refused(up.bob, AskBlob{up.blob.id, up.blob.read}) == Errc::unauthorised);
  CHECK(up.refused(up.bob, RemoveBlob{up.blob.id, up.blob.read}) == Errc::unauthorised);
  CHECK(up.world.relay.metrics().unauthorised == 6);
  SUBCASE("its time is over") {
    up.world.clock.advance(std::chrono::hours(25));
    RelayUser late(up.world);
    late.connect();
    CHECK(up.refused(late, read) == Errc::unauthorised);
    up.world.relay.tick();
    CHECK(up.world.blobs.total_bytes() == 0);
  }
  SUBCASE("its owner removed it") {
    up.alice.ask<Done>(RemoveBlob{up.blob.id, up.blob.write});
    CHECK(up.refused(up.bob, read) == Errc::unauthorised);
  }
}

TEST_CASE("files have limits: of one, of all, of an account and of a connection") {
  RelayOptions options = test_options();
  options.account_blob_bytes = {1'500'000, 1'000};
  options.blob_bytes = {300'000, 1'000};
  RelayWorld world(options);
  RelayUser alice(world);
  alice.log_in();
  CHECK(alice.ask<Refused>(BeginBlob{1'600'000, 1}).code == Errc::too_large);  // more than the account ever may
  CHECK(alice.ask<Refused>(BeginBlob{1'000'001, 1}).code == Errc::too_large);  // more than one may have
  world.clock.advance(std::chrono::hours(1));
  alice.log_in();
  const auto blob = alice.ask<BlobBegun>(BeginBlob{1'000'000, 1});
  const auto wait = alice.ask<Refused>(BeginBlob{1'000'000, 1});
  CHECK(wait.code == Errc::rate_limited);
  CHECK(wait.retry_after.count() > 0);
  alice.ask<BlobStatus>(AppendBlob{blob.id, blob.write, 0, Bytes(kMaxBlobPart)});
  CHECK(alice.ask<Refused>(AppendBlob{blob.id, blob.write, kMaxBlobPart, Bytes(100'000)}).code == Errc::rate_limited);

  RelayUser bob(world);
  bob.log_in();
  bob.ask<BlobBegun>(BeginBlob{1'000'000, 1});
  RelayUser carol(world);
  carol.log_in();
  CHECK(carol.ask<Refused>(BeginBlob{1, 1}).code == Errc::quota_exceeded);
}

TEST_CASE("without a login no file is begun, and a login deadline holds for who shows no capability") {
  RelayWorld world;
  RelayUser eve(world);
  eve.connect();
  SUBCASE("begun") { check_closed(eve, eve.say(BeginBlob{1, 1}), Errc::unauthorised); }
  SUBCASE("deadline") {
    CHECK(eve.ask<Refused>(ReadBlob{{1}, {2}, 0, 1}).code == Errc::unauthorised);
    world.clock.advance(std::chrono::seconds(16));
    world.relay.tick();
    check_closed(eve, eve.take(), Errc::timed_out);
  }
}
