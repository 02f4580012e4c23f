// The handshake with every intermediate value, worked out here from the primitives and checked against the library.
#include "session/handshake.hpp"

#include <anochat/session/session.hpp>
#include <stdexcept>

#include "crypto/chacha.hpp"
#include "session/session_state.hpp"
#include "vectors/make_vectors.hpp"
#include "vectors/parties.hpp"

namespace anochat::vectors {
namespace {

using crypto::Hash;
using crypto::Hasher;
using Key32 = Secret<struct VectorKeyRole, 32>;

Key32 dh(const crypto::X25519Private& own, ByteView theirs) {
  crypto::SharedSecret out;
  if (!crypto::x25519(own, theirs.first<32>(), out)) throw std::logic_error("vector: X25519 refused");
  Key32 copy;
  std::copy(out.expose().begin(), out.expose().end(), copy.expose_mutable().begin());
  return copy;
}

crypto::X25519Private x25519_private(ByteView bytes) {
  crypto::X25519Private key;
  std::copy(bytes.begin(), bytes.end(), key.expose_mutable().begin());
  return key;
}

void require_equal(ByteView a, ByteView b, const char* what) {
  if (!equal_ct(a, b)) throw std::logic_error(std::string("vector: the library disagrees about ") + what);
}

Json handshake_case(std::uint64_t seed, bool with_one_time, KemKind kind) {
  RecordingRandom random(seed);
  const Maker a(random, 1);
  const Maker b(random, 3);
  PreKeySet prekeys(b.device, kNow, with_one_time, kind, random);
  const PreKeyBundle bundle = prekeys.bundle(b.device);
  random.take();
  session::Initiation initiation = session::initiate(a.device, bundle, random);
  const std::vector<Bytes> draws = random.take();
  session::Acceptance acceptance = session::accept(b.device, prekeys, initiation.block);
  require_equal(initiation.keys.exporter.expose(), acceptance.keys.exporter.expose(), "the two sides' keys");

  const crypto::X25519Private ek = x25519_private(draws.at(0));
  const Key32 dh1 = dh(a.device.agreement_private(), bundle.signed_prekey.key);
  const Key32 dh2 = dh(ek, bundle.certificate.identity.agreement_key);
  const Key32 dh3 = dh(ek, bundle.signed_prekey.key);
  std::optional<Key32> dh4;
  if (bundle.one_time) dh4 = dh(ek, bundle.one_time->key);
  const session::BlockFields fields = session::BlockFields::decode(initiation.block, "vector");
  crypto::SharedSecret ss;
  crypto::kem_decaps(prekeys.kem.seed, fields.ciphertext, ss);

  const ByteView clear = ByteView(initiation.block).first(1'134);
  const Hash salt = Hasher().add_lp("AnoChat/1/initiator").add(clear).finish();
  Key32 ik;
  crypto::Blake2b<32>(std::span<const std::uint8_t, 32>(salt)).add(dh2.expose()).add(dh3.expose()).add(ss.expose()).finish(ik.expose_mutable());
  const Key32 kid = crypto::derive_key<Key32>(ik.expose(), 1, "AnoIdent");

  Hasher t_hash;
  t_hash.add_lp("AnoChat/1/handshake").add_u8(0x11).add_u8(0x01);
  for (const Maker* side : {&a, &b}) {
    t_hash.add_lp(side->device.certificate().identity.encode()).add_lp(side->device.address().encode());
  }
  t_hash.add(fields.ek).add_be32(fields.signed_id).add(bundle.signed_prekey.key).add_u8(with_one_time ? 1 : 0);
  if (bundle.one_time) t_hash.add_be32(bundle.one_time->id).add(bundle.one_time->key);
  const Hash t = t_hash.add_u8(static_cast<std::uint8_t>(kind)).add_be32(fields.kem_id).add(bundle.kem.key).add(fields.ciphertext).finish();
  Bytes input(32, 0xff);
  for (const Key32* part : {&dh1, &dh2, &dh3}) input.insert(input.end(), part->expose().begin(), part->expose().end());
  if (dh4) input.insert(input.end(), dh4->expose().begin(), dh4->expose().end());
  input.insert(input.end(), ss.expose().begin(), ss.expose().end());
  Hash prk;
  crypto::extract(t, input, prk);
  const auto key = [&prk](std::uint64_t i) { return crypto::derive_key<Key32>(std::span<const std::uint8_t, 32>(prk), i, "AnoHands"); };
  require_equal(key(1).expose(), initiation.keys.sk_ec.expose(), "SK_ec");
  require_equal(key(7).expose(), initiation.keys.exporter.expose(), "EXP");

  const Bytes context = to_bytes("context");
  Hash exported;
  crypto::Blake2b<32>(initiation.keys.exporter.expose()).add_lp("AnoChat/1/export").add_lp("media").add_lp(context).finish(exported);

  return Json::object({{"a", a.json()},
                       {"b", b.json()},
                       {"prekeys", prekeys.json()},
                       {"bundle", ByteView(bundle.encode())},
                       {"draws", Json::array({ByteView(draws.at(0)), ByteView(draws.at(1))})},
                       {"dh1", ByteView(dh1.expose())},
                       {"dh2", ByteView(dh2.expose())},
                       {"dh3", ByteView(dh3.expose())},
                       {"dh4", dh4 ? Json(ByteView(dh4->expose())) : Json()},
                       {"ct", fields.ciphertext},
                       {"ss", ByteView(ss.expose())},
                       {"kid", ByteView(kid.expose())},
                       {"block", initiation.block},
                       {"sid", session::session_id_of(initiation.block)},
                       {"t", t},
                       {"prk", prk},
                       {"sk_ec", ByteView(key(1).expose())},
                       {"sk_pq", ByteView(key(2).expose())},
                       {"hk_a", ByteView(key(3).expose())},
                       {"nhk_b", ByteView(key(4).expose())},
                       {"a0", ByteView(key(5).expose())},
                       {"ad", ByteView(key(6).expose())},
                       {"exp", ByteView(key(7).expose())},
                       {"exporter_example", Json::object({{"label", "media"}, {"context", ByteView(context)}, {"secret", exported}})}});
}

}  // namespace

void make_handshake_vectors(const Writer& write) {
  write("handshake", "Handshakes with every intermediate value (section 4)",
        {handshake_case(201, true, KemKind::one_time), handshake_case(202, false, KemKind::one_time),
         handshake_case(203, false, KemKind::last_resort)});
}

}  // namespace anochat::vectors
