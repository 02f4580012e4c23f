// First messages that somebody has made up or changed: nothing opens but what was sent, and no prekey is touched. With
// the responder's keys the sealed block is made anew, so that any certificate gets to be looked at.
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>
#include <anochat/testing/random.hpp>

#include "base/byte_io.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/signed_text.hpp"
#include "fuzz/fuzz.hpp"
#include "support/draft.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

using namespace anochat;

namespace {

constexpr UnixTime kNow{std::chrono::seconds{1'893'456'000}};

// Two first messages to Bob: with one-time prekeys, and with the last-resort one.
struct World {
  World()
      : account_a(AccountKey::generate(random)),
        account_b(AccountKey::generate(random)),
        alice(Device::create(account_a, 1, random)),
        bob(Device::create(account_b, 1, random)),
        prekeys(bob, kNow, random, 1) {
    for (Bytes& message : messages)
      message = Session::initiate(alice, prekeys.bundle(kNow), random).encrypt(as_bytes("hello"), random);
    before = prekeys.save();
  }
  testing::SeededRandom random{1};
  AccountKey account_a;
  AccountKey account_b;
  Device alice;
  Device bob;
  MemoryPreKeys prekeys;
  std::array<Bytes, 2> messages;
  SecretBytes before;
};

void offer(World& world, const Bytes& message) {
  const bool is_open = fuzz::accepts(
      {Errc::bad_message, Errc::unsupported_version, Errc::unsupported_suite, Errc::bad_key, Errc::bad_signature,
       Errc::replayed, Errc::prekey_unknown, Errc::self_session, Errc::gap_too_large},
      [&] {
        const AcceptedSession accepted = Session::accept(world.bob, world.prekeys, message, kNow);
        fuzz::require(accepted.peer == world.alice.certificate(), "the sender is Alice");
        fuzz::require(Session::peek_id(message) == accepted.session.id(), "the message names the session");
      });
  const bool is_genuine = message == world.messages[0] || message == world.messages[1];
  fuzz::require(is_open == is_genuine, "what was sent opens, and nothing else");
  fuzz::require(world.prekeys.save() == world.before, "accepting only reads");
}

/// The first byte says how many edits are for the certificate, and with its top bit that Alice's account signs it
/// again; the other edits are for what is in the clear. Nothing when the clear part leads to no key.
std::optional<Bytes> resealed(World& world, Bytes message, ByteView input) {
  const auto good = world.alice.certificate().encode();
  const std::size_t for_certificate = std::min<std::size_t>(3 * (input[0] & 0x0fU), input.size() - 1);
  Bytes certificate = fuzz::edited(Bytes(good.begin(), good.end()), input.subspan(1, for_certificate));
  if (certificate.size() != good.size()) return std::nullopt;
  const std::size_t length = certificate.size() - 64;
  if ((input[0] & 0x80U) != 0) {
    const Address address{world.account_a.id(), detail::get_be32(&certificate[32])};
    const auto signature = crypto::ed25519_sign(
        world.account_a.seed(),
        crypto::signed_text("AnoChat/1/device", {address.encode(), ByteView(certificate).subspan(36, length - 36)}));
    std::copy(signature.begin(), signature.end(), certificate.begin() + static_cast<std::ptrdiff_t>(length));
  }
  const std::size_t size = message.size();
  message = fuzz::edited(std::move(message), input.subspan(1 + for_certificate));
  if (message.size() != size) return std::nullopt;
  try {
    testing::reseal_certificate(message, certificate, world.bob, world.prekeys);
  } catch (const std::logic_error&) {
    return std::nullopt;
  }
  return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  const ByteView input(data, size);
  offer(world, Bytes(input.begin(), input.end()));
  for (const Bytes& message : world.messages) offer(world, fuzz::edited(message, input));
  if (size == 0) return 0;
  for (const Bytes& message : world.messages) {
    if (const auto forged = resealed(world, message, input)) offer(world, *forged);
  }
  return 0;
}
