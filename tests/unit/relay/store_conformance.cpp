#include "conformance.hpp"
#include "samples.hpp"
#include "support/check.hpp"

namespace anochat::testing {

using Append = RelayStore::Append;
using Ids = std::vector<int>;

void check_accounts_and_devices(const Make<RelayStore>& make) {
  const auto store = make();
  CHECK_FALSE(store->has_changes());
  CHECK_FALSE(store->account({1}));
  CHECK_FALSE(store->device(box(1)));
  CHECK(store->devices({1}).empty());
  CHECK_FALSE(store->recipient(box(1), kNow));

  store->put_account({1}, {Bytes{1, 2, 3}, {7}});
  CHECK(store->has_changes());
  store->put_device(device(2));
  store->put_device(device(1));
  store->put_device(device(3, /*account=*/2));
  const auto account = store->account({1});
  REQUIRE(account);
  CHECK(account->device_list == Bytes{1, 2, 3});
  CHECK(account->delivery_token == DeliveryToken{7});
  const auto devices = store->devices({1});
  REQUIRE(devices.size() == 2);
  CHECK(devices[0].mailbox == box(1));
  CHECK(devices[1].device == 2);
  CHECK(store->recipient(box(1), kNow)->delivery_token == DeliveryToken{7});
  CHECK(store->recipient(box(3), kNow)->delivery_token == DeliveryToken{});  // its account has published nothing

  SUBCASE("an account is replaced") {
    store->put_account({1}, {{}, {8}});
    CHECK(store->account({1})->device_list.empty());
    CHECK(store->recipient(box(2), kNow)->delivery_token == DeliveryToken{8});
  }
  SUBCASE("a device is replaced and keeps what it has") {
    CHECK(put(*store, sample(1, 1)) == Append::stored);
    store->add_prekeys(box(1), {small(1), large(1), {}, {}});
    RelayDevice other = device(1, 1, /*certificate=*/9);
    other.is_listed = false;
    store->put_device(other);
    CHECK(store->devices({1}).size() == 2);
    CHECK(store->device(box(1))->certificate == ByteArray<165>{9});
    CHECK_FALSE(store->device(box(1))->is_listed);
    CHECK_FALSE(store->recipient(box(1), kNow)->takes_first_contact);
    CHECK(ids(store->lease(box(1), 0, kRoomy)) == Ids{1});
    CHECK(store->take_prekeys(box(1), true, kNow));
  }
  SUBCASE("the generation that a device told goes with the device") {
    CHECK(store->generation(box(1)) == 0);
    store->commit();
    store->set_generation(box(1), kMaxGeneration);
    CHECK(store->has_changes());
    store->set_generation(box(9), 5);  // nobody's
    CHECK(store->generation(box(1)) == kMaxGeneration);
    CHECK(store->generation(box(2)) == 0);
    CHECK(store->generation(box(9)) == 0);
    store->roll_back();
    CHECK(store->generation(box(1)) == 0);
    store->set_generation(box(1), 8);
    store->commit();
    store->put_device(device(1, 1, /*certificate=*/9));
    CHECK(store->generation(box(1)) == 8);
    store->remove_device(box(1));
    CHECK(store->generation(box(1)) == 0);
    store->put_device(device(1));
    CHECK(store->generation(box(1)) == 0);
  }
  SUBCASE("a device is removed with what it has") {
    CHECK(put(*store, sample(1, 1)) == Append::stored);
    store->add_prekeys(box(1), {small(1), large(1), {small(2)}, {}});
    store->remove_device(box(1));
    store->remove_device(box(9));
    CHECK_FALSE(store->device(box(1)));
    CHECK(store->devices({1}).size() == 1);
    store->put_device(device(1));
    CHECK(store->lease(box(1), 0, kRoomy).empty());
    CHECK(store->used(box(1)).envelopes == 0);
    CHECK_FALSE(store->take_prekeys(box(1), true, kNow));
    CHECK(store->count_prekeys(box(1), kNow).one_time == 0);
  }
}

void check_prekeys(const Make<RelayStore>& make) {
  const auto store = make();
  store->put_device(device(1));
  store->put_device(device(2));
  CHECK_FALSE(store->take_prekeys(box(1), true, kNow));
  store->add_prekeys(box(9), {small(1), large(1), {}, {}});
  CHECK_FALSE(store->take_prekeys(box(9), true, kNow));

  SUBCASE("there is no bundle without both, the signed and the last-resort prekey") {
    store->add_prekeys(box(1), {small(1), std::nullopt, {small(1)}, {large(1)}});
    CHECK_FALSE(store->take_prekeys(box(1), true, kNow));
    CHECK_FALSE(store->recipient(box(1), kNow)->takes_first_contact);
    CHECK(store->count_prekeys(box(1), kNow).one_time == 1);
    store->add_prekeys(box(1), {std::nullopt, large(1), {}, {}});
    CHECK(store->recipient(box(1), kNow)->takes_first_contact);
    CHECK(store->take_prekeys(box(1), true, kNow));
  }
  SUBCASE("a one-time prekey is handed out once, lowest id first, then the last-resort prekey") {
    store->add_prekeys(box(1), {small(1), large(90), {small(5), small(3)}, {large(4)}});
    const auto first = store->take_prekeys(box(1), true, kNow);
    REQUIRE(first);
    CHECK(first->signed_prekey == small(1));
    CHECK(first->one_time == small(3));
    CHECK(first->kem == large(4));
    CHECK_FALSE(first->is_last_resort);
    const auto second = store->take_prekeys(box(1), true, kNow);
    CHECK(second->one_time == small(5));
    CHECK(second->kem == large(90));
    CHECK(second->is_last_resort);
    CHECK_FALSE(store->take_prekeys(box(1), true, kNow)->one_time);
    CHECK_FALSE(store->take_prekeys(box(2), true, kNow));
  }
  SUBCASE("who may take no one-time prekey gets the last-resort one and leaves the others") {
    store->add_prekeys(box(1), {small(1), large(90), {small(3)}, {large(4)}});
    const auto taken = store->take_prekeys(box(1), false, kNow);
    CHECK_FALSE(taken->one_time);
    CHECK(taken->is_last_resort);
    CHECK(store->count_prekeys(box(1), kNow).one_time == 1);
    CHECK(store->count_prekeys(box(1), kNow).kem_one_time == 1);
  }
  SUBCASE("publishing again brings nothing back that was handed out") {
    const PublishPreKeys published{small(1), large(90), {small(3)}, {large(4)}};
    store->add_prekeys(box(1), published);
    CHECK(store->take_prekeys(box(1), true, kNow)->one_time == small(3));
    store->add_prekeys(box(1), published);
    CHECK_FALSE(store->take_prekeys(box(1), true, kNow)->one_time);
    CHECK(store->count_prekeys(box(1), kNow).kem_one_time == 0);
  }
  SUBCASE("a signed and a last-resort prekey replace the one before") {
    store->add_prekeys(box(1), {small(1), large(1), {}, {}});
    store->add_prekeys(box(1), {small(2), large(2), {}, {}});
    const auto taken = store->take_prekeys(box(1), true, kNow);
    CHECK(taken->signed_prekey == small(2));
    CHECK(taken->kem == large(2));
  }
  SUBCASE("what has expired is not handed out") {
    const UnixTime soon = kNow + std::chrono::hours(1);
    store->add_prekeys(box(1), {small(1), large(90), {small(3, soon), small(4)}, {large(5, soon)}});
    CHECK(store->count_prekeys(box(1), soon).one_time == 1);
    const auto taken = store->take_prekeys(box(1), true, soon);
    CHECK(taken->one_time == small(4));
    CHECK(taken->is_last_resort);
    CHECK_FALSE(store->take_prekeys(box(1), true, kNow + std::chrono::hours(24)));
  }
  SUBCASE("an expiry beyond all time is one") {
    Bytes record = small(7);
    std::fill(record.begin() + 12, record.begin() + 20, std::uint8_t{0xff});
    store->add_prekeys(box(1), {small(1), large(90), {record}, {}});
    CHECK(store->take_prekeys(box(1), true, kNow)->one_time == record);
  }
  SUBCASE("dropped prekeys are gone, those of another device are not") {
    store->add_prekeys(box(1), {small(1), large(1), {small(3)}, {}});
    store->add_prekeys(box(2), {small(1), large(1), {small(3)}, {}});
    store->drop_prekeys(box(1));
    CHECK_FALSE(store->take_prekeys(box(1), true, kNow));
    CHECK(store->count_prekeys(box(1), kNow).one_time == 0);
    CHECK(store->take_prekeys(box(2), true, kNow)->one_time == small(3));
  }
}

void check_mailboxes(const Make<RelayStore>& make) {
  const auto store = make();
  store->put_device(device(1));
  store->put_device(device(2));
  for (std::uint8_t id = 1; id <= 4; ++id) CHECK(put(*store, sample(1, id)) == Append::stored);
  CHECK(put(*store, sample(2, 1)) == Append::stored);

  SUBCASE("there is no mailbox without a device") { CHECK_ERROR(put(*store, sample(9, 1)), Errc::not_found); }
  SUBCASE("envelopes come oldest first, in batches, and stay") {
    const auto first = store->lease(box(1), 0, {3, 1'000});
    CHECK(ids(first) == Ids{1, 2, 3});
    CHECK(first[0].envelope == sample(1, 1).encoded);
    CHECK(ids(store->lease(box(1), first.back().number, kRoomy)) == Ids{4});
    CHECK(ids(store->lease(box(1), 0, kRoomy)) == Ids{1, 2, 3, 4});
    CHECK(ids(store->lease(box(1), 0, {10, 250})) == Ids{1, 2});  // 100 bytes each
    CHECK(ids(store->lease(box(1), 0, {10, 1})) == Ids{1});       // one comes in any case
    CHECK(store->lease(box(9), 0, kRoomy).empty());
  }
  SUBCASE("a repetition is known, also of what was acknowledged, and only in its own mailbox") {
    CHECK(put(*store, sample(1, 2)) == Append::repeated);
    CHECK(store->acknowledge(box(1), named({2}), kThisHour + std::chrono::hours(3)) == 1);
    CHECK(put(*store, sample(1, 2)) == Append::repeated);
    CHECK(put(*store, sample(2, 2)) == Append::stored);
    CHECK(ids(store->lease(box(1), 0, kRoomy)) == Ids{1, 3, 4});
  }
  SUBCASE("acknowledging what is not there, or again, or somebody else's, is nothing") {
    const auto some = named({1, 1, 99, 3});
    CHECK(store->acknowledge(box(1), some, kThisHour) == 2);
    CHECK(store->acknowledge(box(1), some, kThisHour) == 0);
    CHECK(store->acknowledge(box(9), some, kThisHour) == 0);
    CHECK(ids(store->lease(box(1), 0, kRoomy)) == Ids{2, 4});
    CHECK(ids(store->lease(box(2), 0, kRoomy)) == Ids{1});
  }
  SUBCASE("a full mailbox takes no more, by number or by bytes, and knows repetitions") {
    CHECK(store->used(box(1)).envelopes == 4);
    CHECK(store->used(box(1)).bytes == 400);
    CHECK(put(*store, sample(1, 5), {4, 10'000}) == Append::full);
    CHECK(put(*store, sample(1, 5), {10, 499}) == Append::full);
    CHECK(put(*store, sample(1, 4), {4, 10'000}) == Append::repeated);
    CHECK(put(*store, sample(1, 5), {5, 500}) == Append::stored);
    CHECK(put(*store, sample(1, 6), {5, 500}) == Append::full);
    CHECK(store->acknowledge(box(1), named({1}), kThisHour) == 1);
    CHECK(put(*store, sample(1, 6), {5, 500}) == Append::stored);
  }
  SUBCASE("numbers grow, also after the newest has gone") {
    const std::uint64_t last = store->lease(box(1), 0, kRoomy).back().number;
    store->acknowledge(box(1), named({4}), kThisHour - std::chrono::hours(1));
    store->expire(kNow, 10);
    const Sample next = sample(1, 5);
    const auto appended = store->append(next.envelope.view(), next.encoded, next.envelope.expires, kRoomy);
    CHECK(appended.result == Append::stored);
    CHECK(appended.number > last);
    const auto leased = store->lease(box(1), last, kRoomy);
    CHECK(ids(leased) == Ids{5});
    CHECK(leased.front().number == appended.number);
  }
}

void check_expiry(const Make<RelayStore>& make) {
  const auto store = make();
  store->put_device(device(1));
  const auto in = [](int hours) { return std::chrono::hours(hours); };
  for (std::uint8_t hour = 1; hour <= 4; ++hour) put(*store, sample(1, hour, kThisHour + in(hour)));
  store->commit();

  SUBCASE("envelopes go in their hour and not a millisecond before") {
    CHECK(store->expire(kNow + in(1) - Milliseconds(1), 100) == 0);
    CHECK_FALSE(store->has_changes());
    CHECK(store->expire(kNow + in(1), 100) == 1);
    CHECK(store->expire(kNow + in(1), 100) == 0);
    CHECK(ids(store->lease(box(1), 0, kRoomy)) == Ids{2, 3, 4});
    CHECK(store->used(box(1)).envelopes == 3);
    CHECK(store->used(box(1)).bytes == 300);
    CHECK(put(*store, sample(1, 1)) == Append::stored);  // nobody remembers it
  }
  SUBCASE("no more than asked for go at a time") {
    CHECK(store->expire(kNow + in(9), 3) == 3);
    CHECK(store->expire(kNow + in(9), 3) == 1);
    CHECK(store->used(box(1)).envelopes == 0);
  }
  SUBCASE("an acknowledged id is forgotten at the sooner of two times") {
    store->acknowledge(box(1), named({1, 4}), kThisHour + in(2));
    CHECK(store->expire(kNow + in(1), 100) == 1);
    CHECK(put(*store, sample(1, 1)) == Append::stored);
    CHECK(put(*store, sample(1, 4)) == Append::repeated);
    CHECK(store->expire(kNow + in(2), 100) == 2);
    CHECK(put(*store, sample(1, 4)) == Append::stored);
    CHECK(store->used(box(1)).envelopes == 3);
  }
  SUBCASE("prekeys go, used ones too") {
    const UnixTime soon = kNow + std::chrono::minutes(10);
    store->add_prekeys(box(1), {small(1), large(1), {small(2, soon), small(3, soon)}, {}});
    CHECK(store->take_prekeys(box(1), true, kNow)->one_time == small(2, soon));
    store->commit();
    CHECK(store->expire(soon - Milliseconds(1), 100) == 0);
    CHECK(store->expire(soon, 100) == 2);
    CHECK(store->count_prekeys(box(1), kNow).one_time == 0);
    CHECK(store->take_prekeys(box(1), true, kNow));
  }
}

void check_groups(const Make<RelayStore>& make) {
  const auto store = make();
  store->put_account({1}, {Bytes{1}, {1}});
  store->put_device(device(1));
  store->add_prekeys(box(1), {small(1), large(1), {small(2)}, {large(2)}});
  put(*store, sample(1, 1));
  store->commit();
  CHECK_FALSE(store->has_changes());
  store->commit();  // of nothing

  store->put_account({1}, {Bytes{2}, {2}});
  store->put_account({2}, {});
  store->put_device(device(1, 1, 9));
  store->put_device(device(2));
  store->add_prekeys(box(1), {small(5), large(5), {small(6)}, {}});
  CHECK(store->take_prekeys(box(1), true, kNow)->one_time == small(2));
  put(*store, sample(1, 2));
  put(*store, sample(2, 1));
  CHECK(store->acknowledge(box(1), named({1}), kThisHour) == 1);
  CHECK(store->has_changes());

  SUBCASE("roll_back undoes all of it") {
    store->roll_back();
    CHECK(store->account({1})->delivery_token == DeliveryToken{1});
    CHECK_FALSE(store->account({2}));
    CHECK(store->device(box(1))->certificate == ByteArray<165>{1});
    CHECK_FALSE(store->device(box(2)));
    CHECK(ids(store->lease(box(1), 0, kRoomy)) == Ids{1});
    CHECK(store->used(box(1)).envelopes == 1);
    CHECK(store->count_prekeys(box(1), kNow).one_time == 1);
    const auto taken = store->take_prekeys(box(1), true, kNow);
    CHECK(taken->signed_prekey == small(1));
    CHECK(taken->one_time == small(2));
    store->roll_back();
    store->expire(kNow + std::chrono::hours(1'000), 100);
    store->remove_device(box(1));
    store->roll_back();
    CHECK(ids(store->lease(box(1), 0, kRoomy)) == Ids{1});
    CHECK(store->count_prekeys(box(1), kNow).one_time == 1);
  }
  SUBCASE("commit keeps all of it") {
    store->commit();
    store->roll_back();  // of nothing
    CHECK(store->account({1})->delivery_token == DeliveryToken{2});
    CHECK(ids(store->lease(box(1), 0, kRoomy)) == Ids{2});
    CHECK(ids(store->lease(box(2), 0, kRoomy)) == Ids{1});
    CHECK(store->count_prekeys(box(1), kNow).one_time == 1);
  }
  CHECK_FALSE(store->has_changes());
}

void check_directory(const std::function<StoreUnderTest()>& make) {
  const auto [store, directory] = make();
  CHECK_FALSE(directory->find_handle({1}));
  CHECK(directory->claim_handle({1}, {7}, 2));
  CHECK(directory->claim_handle({1}, {7}, 2));  // it has it already
  CHECK_FALSE(directory->claim_handle({1}, {8}, 2));
  CHECK(directory->claim_handle({2}, {7}, 2));
  CHECK_FALSE(directory->claim_handle({3}, {7}, 2));
  CHECK(directory->find_handle({1}) == Directory::Key{7});
  CHECK_FALSE(directory->find_handle({3}));
  CHECK_FALSE(directory->release_handle({1}, {8}));
  CHECK_FALSE(directory->release_handle({3}, {7}));
  store->commit();
  CHECK(directory->release_handle({1}, {7}));
  CHECK_FALSE(directory->find_handle({1}));
  store->roll_back();
  CHECK(directory->find_handle({1}) == Directory::Key{7});
}

}  // namespace anochat::testing
