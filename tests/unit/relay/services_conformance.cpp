#include "conformance.hpp"
#include "samples.hpp"
#include "support/check.hpp"

#include <numeric>

namespace anochat::testing {

void check_blob_store(const Make<BlobStore>& make) {
  const auto blobs = make();
  const auto day = std::chrono::hours(24);
  Bytes file(250);
  std::iota(file.begin(), file.end(), std::uint8_t{0});
  const ByteView bytes(file);
  const BlobTicket ticket = blobs->begin(file.size(), day, kNow);
  const auto append = [&](std::uint64_t offset, ByteView part) {
    return blobs->append(ticket.id, ticket.write, offset, part, kNow);
  };
  const auto read = [&](std::uint64_t offset, std::size_t size) {
    return blobs->read(ticket.id, ticket.read, offset, size, kNow);
  };
  const auto upload = [&] {
    append(0, bytes.first(100));
    append(100, bytes.subspan(100, 50));
    append(150, bytes.subspan(150));
  };
  CHECK(blobs->total_bytes() == 250);

  SUBCASE("what was uploaded in parts is read in any ranges") {
    upload();
    for (std::size_t offset = 0; offset < 250; offset += 7) {
      for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{60}, std::size_t{100}}) {
        const ByteView expected = bytes.subspan(offset, std::min(size, 250 - offset));
        CHECK(read(offset, size) == Bytes(expected.begin(), expected.end()));
      }
    }
    CHECK(read(250, 10).empty());
    CHECK(read(~std::uint64_t{0}, 10).empty());
  }
  SUBCASE("an upload goes on where it was interrupted") {
    CHECK(append(0, bytes.first(60)) == 60);
    CHECK(blobs->status(ticket.id, ticket.write, kNow) == 60);
    CHECK(append(0, bytes.first(60)) == 60);           // again
    CHECK(append(40, bytes.subspan(40, 100)) == 140);  // overlapping: what is there stays
    CHECK_ERROR(append(141, bytes.subspan(141, 10)), Errc::wrong_state);
    CHECK(append(140, bytes.subspan(140, 100)) == 240);
    CHECK_ERROR(read(0, 10), Errc::unauthorised);  // not complete
    CHECK(append(240, bytes.subspan(240)) == 250);
    CHECK(read(90, 100) == Bytes(file.begin() + 90, file.begin() + 190));
    CHECK(append(250, {}) == 250);
  }
  SUBCASE("what does not fit is refused and changes nothing") {
    CHECK_ERROR(append(0, Bytes(101)), Errc::too_large);
    append(0, bytes.first(100));
    append(100, bytes.subspan(100, 100));
    CHECK_ERROR(append(200, Bytes(51)), Errc::too_large);
    CHECK_ERROR(append(251, {}), Errc::too_large);
    CHECK_ERROR(append(~std::uint64_t{0}, bytes.first(2)), Errc::too_large);
    CHECK(blobs->status(ticket.id, ticket.write, kNow) == 200);
    CHECK_ERROR(blobs->begin(0, day, kNow), Errc::invalid_argument);
    CHECK_ERROR(blobs->begin(1'001, day, kNow), Errc::too_large);
    append(200, bytes.subspan(200));
    CHECK_ERROR(read(0, 101), Errc::too_large);
  }
  SUBCASE("there is room for so much, counted when it is begun, and again when something has gone") {
    static_cast<void>(blobs->begin(1'000, day, kNow));
    const BlobTicket second = blobs->begin(1'000, day, kNow);
    CHECK_ERROR(blobs->begin(251, day, kNow), Errc::quota_exceeded);
    static_cast<void>(blobs->begin(250, day, kNow));
    blobs->remove(second.id, second.write, kNow);
    CHECK(blobs->total_bytes() == 1'500);
    static_cast<void>(blobs->begin(1'000, day, kNow));
  }
  SUBCASE("only the right capability does, and every refusal is the same") {
    upload();
    BlobTicket other = ticket;
    other.id[0] ^= 1;
    BlobCapability wrong = ticket.read;
    wrong[31] ^= 1;
    CHECK_ERROR(blobs->read(other.id, ticket.read, 0, 1, kNow), Errc::unauthorised);
    CHECK_ERROR(blobs->read(ticket.id, wrong, 0, 1, kNow), Errc::unauthorised);
    CHECK_ERROR(blobs->read(ticket.id, ticket.write, 0, 1, kNow), Errc::unauthorised);
    CHECK_ERROR(blobs->status(ticket.id, ticket.read, kNow), Errc::unauthorised);
    CHECK_ERROR(blobs->append(ticket.id, ticket.read, 0, {}, kNow), Errc::unauthorised);
    CHECK_ERROR(blobs->remove(ticket.id, ticket.read, kNow), Errc::unauthorised);
    blobs->remove(ticket.id, ticket.write, kNow);
    CHECK_ERROR(read(0, 1), Errc::unauthorised);
    CHECK(blobs->total_bytes() == 0);
  }
  SUBCASE("a capability ends with its time, and the blob goes") {
    upload();
    const BlobTicket longest = blobs->begin(1, std::chrono::hours(1'000), kNow);
    CHECK(blobs->read(ticket.id, ticket.read, 0, 1, kNow + day - Milliseconds(1)).size() == 1);
    CHECK(blobs->expire(kNow + day - Milliseconds(1)) == 0);
    CHECK_ERROR(blobs->read(ticket.id, ticket.read, 0, 1, kNow + day), Errc::unauthorised);
    CHECK(blobs->expire(kNow + day) == 1);
    CHECK(blobs->total_bytes() == 1);
    CHECK_ERROR(blobs->status(longest.id, longest.write, kNow + 2 * day), Errc::unauthorised);
  }
}

void check_presence(const Make<Presence>& make) {
  const auto presence = make();
  CHECK_FALSE(presence->find(box(1)));
  CHECK_FALSE(presence->claim(box(1), {1, 10}));
  CHECK(presence->find(box(1)) == RelayPlace{1, 10});
  CHECK(presence->claim(box(1), {2, 10}) == RelayPlace{1, 10});
  CHECK_FALSE(presence->release(box(1), {1, 10}));  // the older says nothing about the newer
  CHECK(presence->find(box(1)) == RelayPlace{2, 10});
  CHECK_FALSE(presence->release(box(2), {2, 10}));
  CHECK(presence->release(box(1), {2, 10}));
  CHECK_FALSE(presence->find(box(1)));
}

void check_wakeup(const Make<Wakeup>& make) {
  const auto wakeup = make();
  const auto wake = [](Wake::Kind kind, std::uint8_t number) { return Wake{kind, box(number), number, Bytes{number}}; };
  CHECK(wakeup->take(1).empty());
  wakeup->publish(1, wake(Wake::Kind::mail, 1));
  wakeup->publish(2, wake(Wake::Kind::displaced, 9));
  wakeup->publish(1, wake(Wake::Kind::signal, 2));
  const auto wakes = wakeup->take(1);
  REQUIRE(wakes.size() == 2);
  CHECK(wakes[0].mailbox == box(1));
  CHECK(wakes[1].kind == Wake::Kind::signal);
  CHECK(wakes[1].signal == Bytes{2});
  CHECK(wakeup->take(1).empty());
  CHECK(wakeup->take(2).at(0).connection == 9);

  for (std::uint8_t i = 0; i < 50; ++i) wakeup->publish(1, wake(i == 0 ? Wake::Kind::signal : Wake::Kind::mail, i));
  const auto most = wakeup->take(1);
  CHECK(most.size() == 4);
  CHECK(most.back().kind == Wake::Kind::everything);
  for (std::uint8_t i = 0; i < 50; ++i) wakeup->publish(1, wake(Wake::Kind::signal, i));
  CHECK(wakeup->take(1).size() == 3);  // lost signals are lost
}

void check_rate_limiter(const Make<RateLimiter>& make) {
  const auto limiter = make();
  const Rate rate{10, 2};
  const auto take = [&](std::uint8_t key, double cost, Milliseconds after) {
    return limiter->take({key}, rate, cost, kNow + after);
  };
  const Milliseconds none{0};
  CHECK(take(1, 7, none) == none);
  CHECK(take(1, 4, none) == Milliseconds(500));  // nothing was taken:
  CHECK(take(1, 3, none) == none);
  CHECK(take(1, 1, none) == Milliseconds(500));
  CHECK(take(2, 10, none) == none);  // another bucket
  CHECK(take(1, 1, Milliseconds(499)) == Milliseconds(1));
  CHECK(take(1, 1, Milliseconds(500)) == none);
  CHECK(take(1, 10, std::chrono::hours(1)) == none);  // full, and no fuller
  CHECK(take(1, 1, std::chrono::hours(1)) == Milliseconds(500));
  CHECK(take(1, 1, std::chrono::hours(-1)) == Milliseconds(500));  // set back: nothing lost or won
  CHECK(take(1, 1, std::chrono::hours(-1) + Milliseconds(500)) == none);
  CHECK(take(3, 11, none) > none);  // more than fits, for ever
}

}  // namespace anochat::testing
