// Prekey bundles from a hostile relay (as they are) and from a hostile peer (signed after the change).
#include <anochat/crypto/bundle.hpp>
#include <anochat/testing/random.hpp>

#include "crypto/ed25519.hpp"
#include "crypto/signed_text.hpp"
#include "fuzz/fuzz.hpp"

#include <algorithm>

using namespace anochat;

namespace {

constexpr UnixTime kNow{std::chrono::seconds{1'893'456'000}};
constexpr std::size_t kRecordAt = 2 + Certificate::kEncodedLen;
constexpr std::size_t kRecordLen = PreKeyRecord<32>::kEncodedLen;
constexpr std::size_t kKemRecordLen = PreKeyRecord<kKemKeyLen>::kEncodedLen;

struct Peer {
  Peer()
      : random(1),
        account(AccountKey::generate(random)),
        device(Device::create(account, 1, random)),
        signed_prekey(make_signed_prekey(device, 1, kNow, random)),
        one_time(make_one_time_prekey(device, 2, kNow, random)),
        kem(make_kem_prekey(device, KemKind::one_time, 3, kNow, random)) {}

  [[nodiscard]] Bytes bundle(bool has_one_time) const {
    return PreKeyBundle::assemble(device, signed_prekey, has_one_time ? &one_time : nullptr, KemKind::one_time, kem)
        .encode();
  }

  void sign(Bytes& bundle, std::size_t at, std::size_t record_len, std::string_view label) const {
    if (at + record_len > bundle.size()) return;
    const auto covered = ByteView(bundle).subspan(at, record_len - 64);
    const auto signature = crypto::ed25519_sign(
        device.signing_private(), crypto::signed_text(label, {device.certificate().identity.encode(), covered}));
    std::copy(signature.begin(), signature.end(), bundle.begin() + static_cast<std::ptrdiff_t>(at + record_len - 64));
  }

  void sign_all(Bytes& bundle) const {
    std::size_t at = kRecordAt;
    sign(bundle, at, kRecordLen, "AnoChat/1/signed-prekey");
    at += kRecordLen;
    if (at < bundle.size() && bundle[at] == 1) {
      sign(bundle, at + 1, kRecordLen, "AnoChat/1/one-time-prekey");
      at += kRecordLen;
    }
    at += 1;
    if (at >= bundle.size()) return;
    sign(bundle, at + 1, kKemRecordLen,
         bundle[at] == 1 ? "AnoChat/1/kem-one-time-prekey" : "AnoChat/1/kem-last-resort-prekey");
  }

  testing::SeededRandom random;
  AccountKey account;
  Device device;
  X25519PreKey signed_prekey;
  X25519PreKey one_time;
  KemPreKey kem;
};

void check(const Peer& peer, const Bytes& encoded) {
  const auto decode = [&] {
    const PreKeyBundle bundle = PreKeyBundle::decode(encoded, peer.device.address(), kNow);
    fuzz::require(bundle.encode() == encoded, "an accepted bundle encodes as it was");
    fuzz::require(bundle.certificate == peer.device.certificate(), "no other certificate fits the address");
    fuzz::require(bundle.signed_prekey.id != 0 && bundle.kem.id != 0, "ids are not 0");
    fuzz::require(bundle.signed_prekey.expires > kNow && bundle.kem.expires > kNow, "nothing has expired");
  };
  static_cast<void>(fuzz::accepts({Errc::unsupported_version, Errc::unsupported_suite, Errc::bad_bundle,
                                   Errc::bad_signature, Errc::bad_key, Errc::prekey_expired},
                                  decode));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Peer peer;
  static const Bytes good[] = {peer.bundle(false), peer.bundle(true)};
  const ByteView input(data, size);
  check(peer, Bytes(input.begin(), input.end()));
  if (input.empty()) return 0;
  Bytes bundle = fuzz::edited(good[input[0] & 1], input.subspan(1));
  if ((input[0] & 2) != 0) peer.sign_all(bundle);
  check(peer, bundle);
  return 0;
}
