#include <anochat/base/error.hpp>
#include <anochat/crypto/device_list.hpp>

#include "base/byte_io.hpp"
#include "base/sodium_ready.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/signed_text.hpp"
#include "crypto/unix_seconds.hpp"
#include "crypto/x25519.hpp"

namespace anochat {
namespace {

constexpr std::string_view kLabel = "AnoChat/1/device-list";
constexpr std::size_t kEntryLen = 4 + DeviceIdentity::kEncodedLen;  // bytes

// AK || body: everything but the signature.
Bytes unsigned_part(const DeviceList& list) {
  Bytes bytes;
  bytes.reserve(DeviceList::kMaxEncodedLen);
  detail::ByteWriter out(bytes);
  out.bytes(list.account_key)
      .be64(list.version)
      .be64(crypto::to_unix_seconds(list.issued))
      .be32(static_cast<std::uint32_t>(list.entries.size()));
  for (const DeviceListEntry& entry : list.entries) out.be32(entry.device).bytes(entry.identity.encode());
  return bytes;
}

}  // namespace

Bytes DeviceList::encode() const {
  Bytes bytes = unsigned_part(*this);
  detail::ByteWriter(bytes).bytes(signature);
  return bytes;
}

DeviceList DeviceList::decode(ByteView encoded, const AccountId& account) {
  detail::require_sodium("device_list.decode");
  detail::ByteReader in(encoded, Errc::bad_bundle, "device_list.decode");
  DeviceList list;
  in.copy_to(list.account_key);
  list.version = in.be64();
  const std::uint64_t issued = in.be64();
  const std::uint32_t count = in.be32();
  in.require(count >= 1 && count <= kMaxDevices);
  detail::ByteReader entries(in.take(count * kEntryLen), Errc::bad_bundle, "device_list.decode");
  in.copy_to(list.signature);
  in.expect_end();

  // The signature comes before anything else is believed.
  const ByteView covered = encoded.first(encoded.size() - list.signature.size());
  if (list.account() != account ||
      !crypto::ed25519_verify(list.account_key, crypto::signed_text(kLabel, {covered}), list.signature)) {
    throw Error(Errc::bad_signature, "device_list.decode");
  }
  in.require(issued <= crypto::kLastSecond);
  list.issued = crypto::from_unix_seconds(issued);
  list.entries.reserve(count);
  for (std::uint32_t previous = 0; entries.left() > 0; previous = list.entries.back().device) {
    const std::uint32_t device = entries.be32();
    entries.require(device > previous && device <= kMaxDevice);
    list.entries.push_back({device, DeviceIdentity::decode(entries.take(DeviceIdentity::kEncodedLen))});
  }
  return list;
}

void DeviceList::check_successor(const DeviceList& known, const DeviceList& fresh) {
  if (fresh.account_key != known.account_key) throw Error(Errc::identity_changed, "device_list.check_successor");
  if (fresh.version < known.version) throw Error(Errc::stale_device_list, "device_list.check_successor");
  if (fresh.version == known.version && fresh != known) {
    throw Error(Errc::identity_changed, "device_list.check_successor");
  }
}

DeviceList AccountKey::sign_device_list(std::uint64_t version, UnixTime issued,
                                        std::span<const DeviceListEntry> entries) const {
  constexpr std::string_view kWhere = "account.sign_device_list";
  if (entries.empty() || entries.size() > DeviceList::kMaxDevices || issued < UnixTime{}) {
    throw Error(Errc::invalid_argument, kWhere);
  }
  std::uint32_t previous = 0;
  for (const DeviceListEntry& entry : entries) {
    if (entry.device <= previous || entry.device > kMaxDevice) throw Error(Errc::invalid_argument, kWhere);
    if (!crypto::is_acceptable_x25519(entry.identity.agreement_key)) throw Error(Errc::bad_key, kWhere);
    previous = entry.device;
  }
  DeviceList list;
  list.account_key = public_key_;
  list.version = version;
  list.issued = std::chrono::floor<std::chrono::seconds>(issued);
  list.entries.assign(entries.begin(), entries.end());
  list.signature = crypto::ed25519_sign(seed_, crypto::signed_text(kLabel, {unsigned_part(list)}));
  return list;
}

}  // namespace anochat
