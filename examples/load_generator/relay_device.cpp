#include "relay_device.hpp"

#include <anochat/crypto/device_list.hpp>

#include <sodium.h>

#include <array>
#include <chrono>
#include <string_view>

namespace load {
namespace {

using anochat::Bytes;
using anochat::ByteView;

void add(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// docs/protocol.md: a length of four bytes, and the bytes.
void add_with_length(Bytes& to, std::string_view text) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::uint8_t>(text.size() >> shift));
  add(to, anochat::as_bytes(text));
}

anochat::MailboxId mailbox_of(const anochat::Address& address) {
  Bytes text;
  add_with_length(text, "AnoChat/1/mailbox");
  add(text, address.encode());
  anochat::MailboxId mailbox;
  crypto_generichash(mailbox.bytes.data(), mailbox.bytes.size(), text.data(), text.size(), nullptr, 0);
  return mailbox;
}

}  // namespace

RelayDevice::RelayDevice(anochat::Random& random)
    : account_(anochat::AccountKey::generate(random)),
      device_(anochat::Device::create(account_, 1, random)),
      mailbox_(mailbox_of(device_.address())),
      token_(random.array<16>()) {}

anochat::Login RelayDevice::login(const anochat::Challenge& challenge) const {
  anochat::Login login;
  login.certificate = device_.certificate().encode();
  Bytes text;
  add_with_length(text, "AnoChat/1/login");
  add_with_length(text, challenge.relay);
  add(text, challenge.nonce);
  add(text, login.certificate);
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_key{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> private_key{};
  crypto_sign_seed_keypair(public_key.data(), private_key.data(), device_.signing_private().expose().data());
  crypto_sign_detached(login.signature.data(), nullptr, text.data(), text.size(), private_key.data());
  anochat::wipe(private_key);
  return login;
}

anochat::PublishAccount RelayDevice::publication() const {
  const std::array<anochat::DeviceListEntry, 1> entries{{{1, device_.certificate().identity}}};
  const auto now = std::chrono::time_point_cast<anochat::Milliseconds>(std::chrono::system_clock::now());
  return {account_.sign_device_list(1, now, entries).encode(), token_};
}

}  // namespace load
