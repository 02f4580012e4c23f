#include "client/account.hpp"

#include <anochat/base/error.hpp>
#include <anochat/crypto/device_list.hpp>
#include <algorithm>
#include <array>

#include "base/byte_io.hpp"
#include "crypto/ed25519.hpp"

namespace anochat::client {

Device create_account(storage::Records& records, Random& random, UnixTime now) {
  if (records.identities.self()) throw Error(Errc::already_exists, "client.create");
  const AccountKey account = AccountKey::generate(random);
  Device device = Device::create(account, 1, random);
  const std::array<DeviceListEntry, 1> entries{DeviceListEntry{1, device.certificate().identity}};
  const DeviceList list = account.sign_device_list(1, std::chrono::floor<std::chrono::seconds>(now), entries);
  records.identities.set_self(device.address(), device.certificate().identity.encode(), device.save(), now);
  records.meta.set_bytes("account_seed", account.seed().expose());
  records.meta.set_bytes("delivery_token", random.array<sizeof(DeliveryToken)>());
  records.contacts.set_consent(device.address().account, storage::Consent::allowed, now);
  records.contacts.set_device_list(device.address().account, 1, list.encode(), now);
  return device;
}

Device load_device(const storage::Records& records) {
  const auto saved = records.identities.self_private_key();
  if (!saved) throw Error(Errc::not_found, "client.open");
  return Device::load(*saved);
}

std::optional<AccountKey> load_account_key(const storage::Records& records) {
  auto saved = records.meta.bytes("account_seed");
  if (!saved || saved->size() != SigningSeed::kSize) return std::nullopt;
  return AccountKey::from_seed(SigningSeed(std::span<std::uint8_t, SigningSeed::kSize>(saved->data(), SigningSeed::kSize)));
}

DeliveryToken own_token(const storage::Records& records) {
  DeliveryToken token{};
  const auto saved = records.meta.bytes("delivery_token");
  if (saved && saved->size() == token.size()) std::copy(saved->begin(), saved->end(), token.begin());
  return token;
}

Bytes own_device_list(const storage::Records& records, const AccountId& self) {
  const auto list = records.contacts.device_list(self);
  return list ? list->signed_list : Bytes{};
}

Login sign_login(const Device& device, const Challenge& challenge) {
  Login login;
  login.certificate = device.certificate().encode();
  Bytes text;
  detail::ByteWriter out(text);
  out.be32(15).bytes(as_bytes("AnoChat/1/login"));
  out.be32(static_cast<std::uint32_t>(challenge.relay.size())).bytes(as_bytes(challenge.relay));
  out.bytes(challenge.nonce).bytes(login.certificate);
  login.signature = crypto::ed25519_sign(device.signing_private(), text);
  return login;
}

}  // namespace anochat::client
