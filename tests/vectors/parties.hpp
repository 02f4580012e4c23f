// tests/vectors/parties.hpp - the devices, prekeys and recorded randomness that vectors are made from.
#pragma once

#include <anochat/crypto/bundle.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/prekeys.hpp>
#include <anochat/testing/random.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "vectors/json.hpp"

namespace anochat::vectors {

/// Notes every draw, so that another implementation can be given the same ones.
class RecordingRandom final : public Random {
 public:
  explicit RecordingRandom(std::uint64_t seed) : source_(seed) {}
  void fill(MutableByteView out) override {
    source_.fill(out);
    draws_.emplace_back(out.begin(), out.end());
  }
  std::vector<Bytes> take() { return std::exchange(draws_, {}); }
  [[nodiscard]] Json take_json() {
    std::vector<Json> all;
    for (const Bytes& draw : take()) all.emplace_back(ByteView(draw));
    return Json::array(all);
  }

 private:
  testing::SeededRandom source_;
  std::vector<Bytes> draws_;
};

/// A device and the secrets it was made from.
struct Maker {
  Maker(RecordingRandom& random, std::uint32_t number)
      : account(AccountKey::generate(random)), device(Device::create(account, number, random)) {}

  AccountKey account;
  Device device;

  [[nodiscard]] Json json() const {
    return Json::object({{"account_seed", ByteView(account.seed().expose())},
                         {"device", device.certificate().device},
                         {"signing_seed", ByteView(device.signing_private().expose())},
                         {"agreement_private", ByteView(device.agreement_private().expose())}});
  }
};

[[nodiscard]] inline std::uint64_t seconds_of(UnixTime time) {
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

/// The responder's prekeys, found by id when a session is accepted.
struct PreKeySet final : PreKeySource {
  PreKeySet(const Device& device, UnixTime now, bool with_one_time, KemKind kind, RecordingRandom& random)
      : signed_key(make_signed_prekey(device, 7, now, random)),
        one_time(with_one_time ? std::optional(make_one_time_prekey(device, 70'001, now, random)) : std::nullopt),
        kem_kind(kind),
        kem(make_kem_prekey(device, kind, 4'000'000'000, now, random)) {}

  X25519PreKey signed_key;
  std::optional<X25519PreKey> one_time;
  KemKind kem_kind;
  KemPreKey kem;

  [[nodiscard]] PreKeyBundle bundle(const Device& device) const {
    return PreKeyBundle::assemble(device, signed_key, one_time ? &*one_time : nullptr, kem_kind, kem);
  }
  std::optional<X25519PreKey> signed_prekey(std::uint32_t id) override {
    return id == signed_key.id ? std::optional(signed_key.clone()) : std::nullopt;
  }
  std::optional<X25519PreKey> one_time_prekey(std::uint32_t id) override {
    return one_time && id == one_time->id ? std::optional(one_time->clone()) : std::nullopt;
  }
  std::optional<KemPreKey> kem_prekey(KemKind kind, std::uint32_t id) override {
    return kind == kem_kind && id == kem.id ? std::optional(kem.clone()) : std::nullopt;
  }
  bool was_accepted(const ByteArray<32>& /*session_id*/) override { return false; }

  [[nodiscard]] Json json() const {
    return Json::object({{"signed", json_of(signed_key)},
                         {"one_time", one_time ? json_of(*one_time) : Json()},
                         {"kem_kind", static_cast<std::uint32_t>(kem_kind)},
                         {"kem", Json::object({{"id", kem.id},
                                               {"created", seconds_of(kem.created)},
                                               {"expires", seconds_of(kem.expires)},
                                               {"seed", ByteView(kem.seed.expose())}})}});
  }

 private:
  [[nodiscard]] static Json json_of(const X25519PreKey& key) {
    return Json::object({{"id", key.id},
                         {"created", seconds_of(key.created)},
                         {"expires", seconds_of(key.expires)},
                         {"private", ByteView(key.private_key.expose())}});
  }
};

}  // namespace anochat::vectors
