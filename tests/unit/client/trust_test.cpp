// Consent, verification, changed identities.
#include <doctest/doctest.h>

#include <anochat/crypto/device_list.hpp>
#include <array>

#include "world.hpp"

using namespace anochat;
using namespace anochat::client::tests;

TEST_CASE("both sides see the same safety number, and verifying is remembered") {
  Pair t;
  CHECK(t.alice.client.trust(t.bob.id()) == TrustState::unknown);
  CHECK_ERROR(t.alice.client.safety_number(t.bob.id()), Errc::not_found);
  t.befriend();
  const SafetyNumber here = t.alice.client.safety_number(t.bob.id());
  const SafetyNumber there = t.bob.client.safety_number(t.alice.id());
  CHECK(here.digits() == there.digits());
  CHECK(here.compare(there.scannable()) == SafetyNumber::ScanResult::match);
  CHECK(t.alice.client.trust(t.bob.id()) == TrustState::first_use);
  t.alice.client.mark_verified(t.bob.id());
  CHECK(t.alice.client.trust(t.bob.id()) == TrustState::verified);
}

TEST_CASE("the user's own name for an account stays here, whatever the account calls itself") {
  Pair t;
  t.befriend();
  t.alice.client.set_local_name(t.bob.id(), "the baker");
  const auto known_to = [](const Client& client, const AccountId& account) { return *client.snapshot()->contacts.find(account); };
  CHECK(known_to(t.alice.client, t.bob.id()).local_name == "the baker");
  CHECK(known_to(t.bob.client, t.bob.id()).local_name.empty());
  CHECK_ERROR(t.alice.client.set_local_name(t.bob.id(), std::string(257, 'x')), Errc::too_large);
  CHECK(known_to(t.alice.client, t.bob.id()).local_name == "the baker");
}

TEST_CASE("to the blocked nothing goes, and from them nothing is kept") {
  Pair t;
  t.befriend();
  t.alice.client.block(t.bob.id());
  CHECK(t.alice.client.trust(t.bob.id()) == TrustState::blocked);
  CHECK_ERROR(t.alice.client.send_text(t.alice.with(t.bob), "x"), Errc::blocked);
  const MessageHandle sent = t.bob.client.send_text(t.bob.with(t.alice), "let me in");
  t.settle();
  CHECK(t.alice.texts(t.bob).size() == 2);
  CHECK(t.bob.client.message(sent)->status == storage::MessageStatus::sent);
  CHECK(t.relay.waiting() == 0);
  t.alice.client.allow(t.bob.id());
  t.bob.client.send_text(t.bob.with(t.alice), "thanks");
  t.settle();
  CHECK(t.alice.texts(t.bob).back() == "thanks");
}

TEST_CASE("somebody denied before the first word leaves no trace") {
  Pair t;
  t.bob.client.deny(t.alice.id());
  t.alice.client.send_text(t.alice.with(t.bob), "hello");
  t.settle();
  CHECK(t.bob.all<event::MessageReceived>().empty());
  CHECK(t.bob.all<event::DecryptFailure>().empty());
  CHECK(t.bob.client.snapshot()->sessions.rows().empty());
}

TEST_CASE("a bot lets everybody in") {
  World t;
  Party alice = t.make("Alice");
  Party bot = t.make("Bot", [](ClientOptions& options) { options.allow_strangers = true; });
  t.connect(alice);
  t.connect(bot);
  t.settle();
  const MessageHandle sent = alice.client.send_text(alice.with(bot), "help");
  t.settle();
  CHECK(bot.all<event::ContactRequest>().empty());
  CHECK(alice.client.message(sent)->status == storage::MessageStatus::delivered);
}

TEST_CASE("a device that changed its identity is not written to until the user agrees") {
  Pair t;
  t.befriend();
  // Bob's account signs another device under the same number: what a stolen account key could do.
  auto seed = *t.bob.client.snapshot()->meta.bytes("account_seed");
  const AccountKey account = AccountKey::from_seed(SigningSeed(std::span<std::uint8_t, 32>(seed.data(), 32)));
  SeededRandom other(99);
  const Device device = Device::create(account, 1, other);
  const std::array<DeviceListEntry, 1> entries{DeviceListEntry{1, device.certificate().identity}};
  const DeviceList list = account.sign_device_list(2, std::chrono::floor<std::chrono::seconds>(t.clock.now()), entries);
  t.alice.client.store().write([&](storage::Records& records) {
    CHECK(records.identities.observe(device.address(), device.certificate().identity.encode(), t.clock.now()) ==
          storage::Observed::changed);
  });
  CHECK(t.alice.client.trust(t.bob.id()) == TrustState::changed);
  CHECK_ERROR(t.alice.client.send_text(t.alice.with(t.bob), "x"), Errc::untrusted_identity);
  CHECK_ERROR(t.alice.client.mark_verified(t.bob.id()), Errc::untrusted_identity);
  t.bob.client.send_text(t.bob.with(t.alice), "still me");
  t.settle();
  CHECK(t.alice.texts(t.bob).back() == "still me");
  CHECK(t.alice.client.snapshot()->sessions.active(device.address()));
  t.alice.client.accept_identity(t.bob.id());
  CHECK(t.alice.client.trust(t.bob.id()) == TrustState::first_use);
  CHECK_FALSE(t.alice.client.snapshot()->sessions.active(device.address()));  // it is with the former identity
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "for the new one only");
  CHECK(t.alice.client.snapshot()->outbox.count(storage::OutboxState::waiting) == 0);
  CHECK(t.alice.client.message(sent)->status == storage::MessageStatus::queued);
  CHECK(list.version == 2);
}
