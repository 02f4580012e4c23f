// Addresses, certificates, device lists, safety numbers, prekeys, padding.
#include <anochat/crypto/device_list.hpp>
#include <anochat/crypto/safety_number.hpp>
#include <anochat/framing/padding.hpp>

#include "vectors/make_vectors.hpp"
#include "vectors/parties.hpp"

namespace anochat::vectors {
namespace {

Json address_case(const Maker& maker) {
  const Address address = maker.device.address();
  return Json::object({{"account_key", maker.account.public_key()},
                       {"device", address.device},
                       {"account_id", address.account},
                       {"address", address.encode()},
                       {"account_text", std::string_view(account_text(address.account))},
                       {"address_text", std::string_view(address.text())}});
}

Json safety_case(const Maker& a, const Maker& b) {
  const SafetyNumber of_a = SafetyNumber::between(a.account.public_key(), b.account.public_key());
  const SafetyNumber of_b = SafetyNumber::between(b.account.public_key(), a.account.public_key());
  return Json::object({{"account_key_a", a.account.public_key()},
                       {"account_key_b", b.account.public_key()},
                       {"digits", std::string_view(of_a.digits())},
                       {"scannable_a", std::string_view(of_a.scannable())},
                       {"scannable_b", std::string_view(of_b.scannable())}});
}

Json certificate_case(const Maker& maker) {
  const Certificate& certificate = maker.device.certificate();
  return Json::object({{"account_seed", ByteView(maker.account.seed().expose())},
                       {"device", certificate.device},
                       {"signing_seed", ByteView(maker.device.signing_private().expose())},
                       {"agreement_private", ByteView(maker.device.agreement_private().expose())},
                       {"identity", certificate.identity.encode()},
                       {"certificate", certificate.encode()}});
}

Json list_case(const Maker& first, const std::vector<const Maker*>& devices, std::uint64_t version) {
  std::vector<DeviceListEntry> entries;
  std::vector<Json> json;
  for (const Maker* maker : devices) {
    const Certificate& certificate = maker->device.certificate();
    entries.push_back({certificate.device, certificate.identity});
    json.push_back(Json::object({{"device", certificate.device}, {"identity", certificate.identity.encode()}}));
  }
  const DeviceList list = first.account.sign_device_list(version, kNow, entries);
  return Json::object({{"account_seed", ByteView(first.account.seed().expose())},
                       {"version", version},
                       {"issued", seconds_of(kNow)},
                       {"entries", Json::array(json)},
                       {"encoded", ByteView(list.encode())}});
}

template <class PreKey>
Json prekey_case(const Maker& maker, std::string_view kind, const PreKey& key, ByteView secret) {
  return Json::object({{"account_seed", ByteView(maker.account.seed().expose())},
                       {"device", maker.device.certificate().device},
                       {"signing_seed", ByteView(maker.device.signing_private().expose())},
                       {"agreement_private", ByteView(maker.device.agreement_private().expose())},
                       {"kind", kind},
                       {"id", key.id},
                       {"created", seconds_of(key.created)},
                       {"expires", seconds_of(key.expires)},
                       {"private", secret},
                       {"record", key.encode_record()}});
}

}  // namespace

void make_identity_vectors(const Writer& write) {
  RecordingRandom random(101);
  const Maker a(random, 1);
  const Maker b(random, 2);
  const Maker c(random, kMaxDevice);
  write("address", "Account ids, addresses and their text forms (section 2)", {address_case(a), address_case(b), address_case(c)});
  write("safety_number", "Safety numbers of both sides (section 2)", {safety_case(a, b), safety_case(b, c), safety_case(c, a)});
  write("certificate", "Device identities certified by their account (section 2)", {certificate_case(a), certificate_case(b), certificate_case(c)});
  write("device_list", "Signed device lists (section 2)", {list_case(a, {&a}, 1), list_case(b, {&a, &b, &c}, 1'000'000)});

  const X25519PreKey signed_key = make_signed_prekey(a.device, 1, kNow, random);
  const X25519PreKey one_time = make_one_time_prekey(b.device, 0xffff'ffff, kNow, random);
  const KemPreKey kem = make_kem_prekey(a.device, KemKind::one_time, 12, kNow, random);
  const KemPreKey last = make_kem_prekey(c.device, KemKind::last_resort, 3, kNow, random);
  write("prekeys", "Prekey records of all kinds (section 3)",
        {prekey_case(a, "signed", signed_key, signed_key.private_key.expose()),
         prekey_case(b, "one-time", one_time, one_time.private_key.expose()),
         prekey_case(a, "kem-one-time", kem, kem.seed.expose()),
         prekey_case(c, "kem-last-resort", last, last.seed.expose())});

  std::vector<Json> padding;
  for (const std::uint64_t length : {0U, 1U, 255U, 256U, 257U, 4'096U, 4'097U, 5'000U, 8'191U, 8'192U, 8'193U, 40'000U, 65'536U, 65'575U}) {
    padding.push_back(Json::object({{"length", length}, {"padded", std::uint64_t{padded_size(length)}}}));
  }
  write("padding", "Padded sizes (section 5)", padding);
}

}  // namespace anochat::vectors
