#include "relay/verify.hpp"

#include "base/byte_io.hpp"
#include "base/sodium_ready.hpp"

#include <sodium.h>

#include <algorithm>

namespace anochat::relay {
namespace {

constexpr std::string_view kCertificate = "relay.certificate";
constexpr std::string_view kDeviceList = "relay.device_list";
constexpr std::uint32_t kMaxDevice = 0x7fff'ffff;
constexpr std::uint32_t kMaxDevices = 32;
constexpr std::size_t kEntryLen = 69;  // be32 device number, DID
constexpr std::size_t kSignatureLen = 64;
constexpr std::uint64_t kLastSecond = 9'223'372'036'854'775;
constexpr std::uint8_t kIdentityKind = 0x01;

class Hasher {
 public:
  explicit Hasher(ByteView key = {}) noexcept { crypto_generichash_init(&state_, key.data(), key.size(), 32); }
  Hasher& add(ByteView bytes) noexcept {
    crypto_generichash_update(&state_, bytes.data(), bytes.size());
    return *this;
  }
  Hasher& add_lp(ByteView bytes) noexcept {
    ByteArray<4> size;
    detail::put_be32(size.data(), static_cast<std::uint32_t>(bytes.size()));
    return add(size).add(bytes);
  }
  Hash finish() noexcept {
    Hash out;
    crypto_generichash_final(&state_, out.data(), out.size());
    return out;
  }

 private:
  crypto_generichash_state state_;
};

bool is_signed(ByteView key, ByteView text, ByteView signature) noexcept {
  return crypto_sign_verify_detached(signature.data(), text.data(), text.size(), key.data()) == 0;
}

Hash account_of(ByteView account_key) noexcept { return hash("AnoChat/1/account", {account_key}); }

Bytes signed_text(std::string_view label, std::initializer_list<ByteView> parts) {
  Bytes text;
  detail::ByteWriter out(text);
  out.be32(static_cast<std::uint32_t>(label.size())).bytes(as_bytes(label));
  for (const ByteView part : parts) out.bytes(part);
  return text;
}

}  // namespace

void prepare() { detail::require_sodium("relay"); }

Hash hash(std::string_view label, std::initializer_list<ByteView> parts) noexcept {
  Hasher hasher;
  hasher.add_lp(as_bytes(label));
  for (const ByteView part : parts) hasher.add(part);
  return hasher.finish();
}

Hash keyed_hash(const Hash& key, std::initializer_list<ByteView> parts) noexcept {
  Hasher hasher(key);
  for (const ByteView part : parts) hasher.add(part);
  return hasher.finish();
}

MailboxId mailbox_of(const Hash& account, std::uint32_t device) noexcept {
  ByteArray<4> number;
  detail::put_be32(number.data(), device);
  return {hash("AnoChat/1/mailbox", {account, number})};
}

IdentityBytes identity_in(const ByteArray<165>& certificate) noexcept {
  IdentityBytes identity;
  std::copy_n(certificate.begin() + 36, identity.size(), identity.begin());
  return identity;
}

VerifiedCertificate verify_certificate(const ByteArray<165>& encoded) {
  const ByteView bytes(encoded);
  VerifiedCertificate certificate;
  certificate.account = account_of(bytes.first(32));
  certificate.device = detail::get_be32(&encoded[32]);
  certificate.identity = identity_in(encoded);
  const Bytes text = signed_text("AnoChat/1/device", {certificate.account, bytes.subspan(32, 4), certificate.identity});
  if (!is_signed(bytes.first(32), text, bytes.subspan(101))) throw Error(Errc::bad_signature, kCertificate);
  if (certificate.device < 1 || certificate.device > kMaxDevice || certificate.identity[0] != kIdentityKind) {
    throw Error(Errc::bad_key, kCertificate);
  }
  certificate.mailbox = mailbox_of(certificate.account, certificate.device);
  return certificate;
}

bool is_login_signed(const VerifiedCertificate& certificate, const Login& login, std::string_view relay,
                     const ByteArray<32>& nonce) {
  ByteArray<4> name_len;
  detail::put_be32(name_len.data(), static_cast<std::uint32_t>(relay.size()));
  const Bytes text = signed_text("AnoChat/1/login", {name_len, as_bytes(relay), nonce, login.certificate});
  return is_signed(ByteView(certificate.identity).subspan(1, 32), text, login.signature);
}

bool SignedDeviceList::has(std::uint32_t device, const IdentityBytes& identity) const noexcept {
  return std::any_of(devices.begin(), devices.end(), [&](const ListedDevice& listed) {
    return listed.device == device && listed.identity == identity;
  });
}

SignedDeviceList verify_device_list(ByteView encoded, const Hash& account) {
  detail::ByteReader in(encoded, Errc::bad_bundle, kDeviceList);
  const ByteView account_key = in.take(32);
  SignedDeviceList list;
  list.version = in.be64();
  const std::uint64_t issued = in.be64();
  const std::uint32_t count = in.be32();
  in.require(count >= 1 && count <= kMaxDevices);
  detail::ByteReader entries(in.take(count * kEntryLen), Errc::bad_bundle, kDeviceList);
  const ByteView signature = in.take(kSignatureLen);
  in.expect_end();

  const ByteView covered = encoded.first(encoded.size() - kSignatureLen);
  if (account_of(account_key) != account ||
      !is_signed(account_key, signed_text("AnoChat/1/device-list", {covered}), signature)) {
    throw Error(Errc::bad_signature, kDeviceList);
  }
  in.require(issued <= kLastSecond);
  for (std::uint32_t previous = 0; entries.left() > 0; previous = list.devices.back().device) {
    ListedDevice entry{entries.be32(), entries.array<65>()};
    entries.require(entry.device > previous && entry.device <= kMaxDevice);
    if (entry.identity[0] != kIdentityKind) throw Error(Errc::bad_key, kDeviceList);
    list.devices.push_back(entry);
  }
  return list;
}

SignedDeviceList read_device_list(ByteView encoded) {
  detail::ByteReader in(encoded, Errc::store_corrupt, kDeviceList);
  in.take(32);
  SignedDeviceList list;
  list.version = in.be64();
  in.be64();
  for (std::uint32_t count = in.be32(); count > 0; --count) list.devices.push_back({in.be32(), in.array<65>()});
  return list;
}

}  // namespace anochat::relay
