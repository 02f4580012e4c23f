// An account with two devices. Linking comes later; here the second one is made by hand.
#include <doctest/doctest.h>

#include <anochat/crypto/device_list.hpp>
#include <array>

#include "world.hpp"

using namespace anochat;
using namespace anochat::client::tests;
using Texts = std::vector<std::string>;

namespace {

AccountKey account_of(Party& party) {
  auto seed = *party.client.snapshot()->meta.bytes("account_seed");
  return AccountKey::from_seed(SigningSeed(std::span<std::uint8_t, 32>(seed.data(), 32)));
}

/// Device 2 of an account, whose new list device 1 publishes at its next login.
Party second_device(World& t, Party& first) {
  SeededRandom& source = t.new_source();
  const AccountKey account = account_of(first);
  const Device device = Device::create(account, 2, source);
  const std::array<DeviceListEntry, 2> entries{
      DeviceListEntry{1, Device::load(*first.client.snapshot()->identities.self_private_key()).certificate().identity},
      DeviceListEntry{2, device.certificate().identity}};
  const UnixTime now = t.clock.now();
  const Bytes list = account.sign_device_list(2, std::chrono::floor<std::chrono::seconds>(now), entries).encode();
  first.client.store().write([&](storage::Records& records) { records.contacts.set_device_list(account.id(), 2, list, now); });
  Store store = Store::in_memory(t.store_options(source));
  store.write([&](storage::Records& records) {
    records.identities.set_self(device.address(), device.certificate().identity.encode(), device.save(), now);
    records.contacts.set_consent(account.id(), storage::Consent::allowed, now);
    records.contacts.set_device_list(account.id(), 2, list, now);
    records.meta.set_bytes("delivery_token", *first.client.snapshot()->meta.bytes("delivery_token"));
  });
  Party party(Client::open(std::move(store), t.options(source)), source);
  party.client.tick();
  return party;
}

struct ThreeDevices : Pair {
  Party alice2 = second_device(*this, alice);

  ThreeDevices() {
    disconnect(alice);
    connect(alice);
    connect(alice2);
    settle();
  }
};

}  // namespace

TEST_CASE("a message goes to all devices of the peer") {
  ThreeDevices t;
  const MessageHandle sent = t.bob.client.send_text(t.bob.with(t.alice), "hello");
  t.settle();
  CHECK(t.alice.texts(t.bob) == Texts{"hello"});
  CHECK(t.alice2.texts(t.bob) == Texts{"hello"});
  CHECK(t.bob.client.message(sent)->status == storage::MessageStatus::sent);
}

TEST_CASE("what one device sends is on the other one too") {
  ThreeDevices t;
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "from my phone");
  t.settle();
  REQUIRE(t.alice2.texts(t.bob) == Texts{"from my phone"});
  const auto copy = t.alice2.client.latest(t.alice2.with(t.bob)).items.at(0);
  CHECK(copy.is_outgoing);
  CHECK(copy.status == storage::MessageStatus::sent);
  REQUIRE(t.alice2.all<event::MessageReceived>().size() == 1);
  CHECK(t.alice2.all<event::MessageReceived>()[0].is_outgoing);
  t.clock.advance(Milliseconds{1});
  t.alice.client.edit(sent, "from my desk");
  t.settle();
  CHECK(t.alice2.texts(t.bob) == Texts{"from my desk"});
  CHECK(t.bob.texts(t.alice) == Texts{"from my desk"});
  t.alice2.client.send_text(t.alice2.with(t.bob), "from my tablet");
  t.settle();
  CHECK(t.alice.texts(t.bob).back() == "from my tablet");
  CHECK(t.bob.texts(t.alice).back() == "from my tablet");
  t.bob.client.send_text(t.bob.with(t.alice), "to all of you");
  t.settle();
  CHECK(t.alice.texts(t.bob).back() == "to all of you");
  CHECK(t.alice2.texts(t.bob).back() == "to all of you");
}

TEST_CASE("a device that was added is announced, and a list that goes back is refused") {
  ThreeDevices t;
  t.alice.client.send_text(t.alice.with(t.bob), "hello");
  t.settle();
  CHECK(t.bob.client.snapshot()->contacts.device_list(t.alice.id())->version == 2);
  t.bob.client.send_text(t.bob.with(t.alice), "hi");
  t.settle();
  CHECK(t.alice2.texts(t.bob).back() == "hi");
}
