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

TEST_CASE("what was read on one device is read on the other, whether the sender may know it or not") {
  ThreeDevices t;
  const MessageHandle sent = t.bob.client.send_text(t.bob.with(t.alice), "read me");
  t.settle();
  const auto unread = [&](Party& party) { return party.client.snapshot()->conversations.find(party.with(t.bob))->unread; };
  t.alice.client.allow(t.bob.id());
  t.settle();
  REQUIRE(unread(t.alice) == 1);
  REQUIRE(unread(t.alice2) == 1);
  const ConversationHandle with_bob = t.alice.with(t.bob);
  t.alice.client.mark_read(with_bob, t.alice.client.latest(with_bob).items.back().id);
  t.settle();
  CHECK(unread(t.alice) == 0);
  CHECK(unread(t.alice2) == 0);
  CHECK(t.bob.client.message(sent)->status == storage::MessageStatus::read);
}

TEST_CASE("a user who wants it so is asked before anything goes to an account with a new device") {
  World t;
  Party alice = t.make("Alice");
  Party bob = t.make("Bob", [](ClientOptions& options) {
    options.block_new_devices = true;
    options.allow_strangers = true;
  });
  t.connect(alice);
  t.connect(bob);
  t.settle();
  alice.client.send_text(alice.with(bob), "hello");
  t.settle();
  bob.client.send_text(bob.with(alice), "hi");
  t.settle();
  Party alice2 = second_device(t, alice);
  t.connect(alice2);
  t.settle();
  alice2.client.send_text(alice2.with(bob), "from my new tablet");
  t.settle();
  CHECK(bob.texts(alice).back() == "from my new tablet");
  REQUIRE(bob.all<event::DevicesChanged>().size() == 1);
  CHECK(bob.client.trust(alice.id()) == TrustState::changed);
  CHECK_ERROR(bob.client.send_text(bob.with(alice), "x"), Errc::untrusted_identity);
  bob.client.accept_identity(alice.id());
  bob.client.send_text(bob.with(alice), "now both of you");
  t.settle();
  CHECK(alice2.texts(bob).back() == "now both of you");
  CHECK(alice.texts(bob).back() == "now both of you");
}

TEST_CASE("a relay that hands out an old device list is not followed") {
  ThreeDevices t;
  t.bob.client.send_text(t.bob.with(t.alice), "hello");
  t.settle();
  const auto known = t.bob.client.snapshot()->contacts.device_list(t.alice.id());
  REQUIRE(known->version == 2);
  const AccountKey account = account_of(t.alice);
  const std::array<DeviceListEntry, 1> entries{
      DeviceListEntry{1, Device::load(*t.alice.client.snapshot()->identities.self_private_key()).certificate().identity}};
  const Bytes old = account.sign_device_list(1, std::chrono::floor<std::chrono::seconds>(t.clock.now()), entries).encode();
  t.clock.advance(std::chrono::days{31});  // nobody has answered: a new session is wanted
  const MessageHandle sent = t.bob.client.send_text(t.bob.with(t.alice), "again");
  bool has_asked = false;
  for (const Bytes& frame : t.bob.client.outgoing()) {
    const ClientFrame decoded = decode_client_frame(frame);
    if (!std::holds_alternative<FetchAccounts>(decoded.body)) continue;
    has_asked = true;
    t.bob.client.receive(encode(RelayFrame{decoded.request, FetchedAccounts{{{t.alice.id(), old, {}}}}}));
  }
  REQUIRE(has_asked);
  CHECK(t.bob.client.snapshot()->contacts.device_list(t.alice.id())->signed_list == known->signed_list);
  CHECK(t.bob.client.message(sent)->status == storage::MessageStatus::queued);
  CHECK(t.bob.client.trust(t.alice.id()) == TrustState::first_use);
}

TEST_CASE("who is written to after a day is looked up again, once, without prekeys and without waiting") {
  Pair t;
  t.befriend();
  const RelayCounters before = t.relay.counters();
  t.advance(std::chrono::hours{23});
  t.alice.client.send_text(t.alice.with(t.bob), "still fresh");
  t.settle();
  CHECK(t.relay.counters().fetch_frames == before.fetch_frames);
  t.advance(std::chrono::hours{2});
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "a day later");
  CHECK(t.alice.client.snapshot()->outbox.count(storage::OutboxState::waiting) == 1);  // sealed: nothing waits for the answer
  t.settle();
  CHECK(t.bob.texts(t.alice).back() == "a day later");
  CHECK(t.alice.client.message(sent)->status == storage::MessageStatus::delivered);
  CHECK(t.relay.counters().fetched_lists == before.fetched_lists + 2);  // alice for her message, bob for his receipt
  for (int i = 0; i < 5; ++i) {
    t.alice.client.send_text(t.alice.with(t.bob), std::to_string(i));
    t.settle();
  }
  const RelayCounters after = t.relay.counters();
  CHECK(after.fetched_lists == before.fetched_lists + 2);
  CHECK(after.fetched_accounts == before.fetched_accounts + 2);
  CHECK(after.fetch_frames == before.fetch_frames + 2);
  CHECK(after.one_time_used == before.one_time_used);
}

TEST_CASE("a look for newer lists travels with the other fetches") {
  Pair t;
  Party carol = t.make("Carol");
  t.connect(carol);
  t.befriend();
  t.disconnect(t.bob);
  t.advance(std::chrono::hours{25});
  const RelayCounters before = t.relay.counters();
  std::vector<OutgoingMessage> messages;
  for (int i = 0; i < 3; ++i) {
    messages.push_back({t.alice.with(t.bob), content::Text{"hello"}});
    messages.push_back({t.alice.with(carol), content::Text{"hello"}});
  }
  t.alice.client.send_many(messages);
  t.settle();
  CHECK(t.relay.counters().fetch_frames == before.fetch_frames + 1);
  CHECK(t.relay.counters().fetched_accounts == before.fetched_accounts + 2);
  CHECK(t.relay.counters().fetched_lists == before.fetched_lists + 1);
  CHECK(carol.texts(t.alice).size() == 3);
}

TEST_CASE("a device that was added without a word to us is written to a day later") {
  Pair t;
  t.befriend();
  Party alice2 = second_device(t, t.alice);
  t.disconnect(t.alice);
  t.connect(t.alice);
  t.connect(alice2);
  t.settle();
  t.bob.client.send_text(t.bob.with(t.alice), "to what I know");
  t.settle();
  CHECK(alice2.texts(t.bob).empty());
  t.advance(std::chrono::hours{25});
  t.bob.client.send_text(t.bob.with(t.alice), "look");
  t.settle();
  REQUIRE(t.bob.all<event::DevicesChanged>().size() == 1);
  t.bob.client.send_text(t.bob.with(t.alice), "to both of you");
  t.settle();
  CHECK(alice2.texts(t.bob).back() == "to both of you");
  CHECK(t.alice.texts(t.bob) == Texts{"hello", "hi", "to what I know", "look", "to both of you"});
}

TEST_CASE("a relay that refuses a fetch or leaves an account out of its answer is asked again after a pause") {
  Pair t;
  t.befriend();
  Party carol = t.make("Carol");
  t.disconnect(t.bob);
  t.advance(std::chrono::hours{25});
  for (const bool is_refused : {true, false}) {
    CAPTURE(is_refused);
    const auto answer_fetches = [&] {
      std::size_t accounts = 0;
      for (const Bytes& frame : t.alice.client.outgoing()) {
        const ClientFrame decoded = decode_client_frame(frame);
        const auto* fetch = std::get_if<FetchAccounts>(&decoded.body);
        if (fetch == nullptr) continue;
        accounts += fetch->accounts.size() + fetch->lists.size();
        const FetchedAccounts other{{{AccountId{9}, {}, {}}}};
        t.alice.client.receive(is_refused ? encode(RelayFrame{decoded.request, Refused{Errc::rate_limited, {}}})
                                          : encode(RelayFrame{decoded.request, other}));
      }
      return accounts;
    };
    const auto write = [&] {
      t.alice.client.send_text(t.alice.with(t.bob), "hello");
      t.alice.client.send_text(t.alice.with(carol), "hello");
    };
    write();
    CHECK(answer_fetches() == 2);
    for (int i = 0; i < 3; ++i) {
      write();
      CHECK(answer_fetches() == 0);
    }
    t.clock.advance(std::chrono::minutes{6});
  }
}
