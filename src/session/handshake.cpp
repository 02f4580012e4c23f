#include "session/handshake.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>
#include <initializer_list>

#include "base/byte_io.hpp"
#include "base/sodium_ready.hpp"
#include "crypto/chacha.hpp"

namespace anochat::session {
namespace {

constexpr std::string_view kInitiate = "session.initiate";
constexpr std::string_view kAccept = "session.accept";
constexpr std::size_t kClearLen = 1'134;  // bytes of a block before the sealed certificate
static_assert(kClearLen + Certificate::kEncodedLen + crypto::kTagLen == kBlockLen);

// The Diffie-Hellman results and the KEM secret, in the order in which they are fed to extract().
struct Agreed {
  crypto::SharedSecret dh1;
  crypto::SharedSecret dh2;
  crypto::SharedSecret dh3;
  std::optional<crypto::SharedSecret> dh4;
  crypto::SharedSecret kem;
};

// The prekeys of B that take part.
struct Chosen {
  crypto::X25519Public signed_key{};
  std::optional<crypto::X25519Public> one_time_key;
  ByteArray<kKemKeyLen> kem_key{};
};

using IdentityKey = Secret<struct IdentityKeyRole, 32>;  // kid: hides A's certificate

IdentityKey identity_key(ByteView clear, const Agreed& agreed) noexcept {
  const crypto::Hash salt = crypto::Hasher().add_lp("AnoChat/1/initiator").add(clear).finish();
  IdentityKey ik;
  crypto::Blake2b<32>(std::span<const std::uint8_t, 32>(salt))
      .add(agreed.dh2.expose())
      .add(agreed.dh3.expose())
      .add(agreed.kem.expose())
      .finish(ik.expose_mutable());
  return crypto::derive_key<IdentityKey>(ik.expose(), 1, "AnoIdent");
}

ByteArray<kPrefixLen + kClearLen> identity_ad(ByteView clear) noexcept {
  ByteArray<kPrefixLen + kClearLen> ad;
  write_prefix(MessageType::initial, ad.data());
  std::copy(clear.begin(), clear.end(), ad.begin() + kPrefixLen);
  return ad;
}

crypto::Hash transcript(const Certificate& a, const Certificate& b, const BlockFields& fields, const Chosen& chosen) noexcept {
  crypto::Hasher hash;
  hash.add_lp("AnoChat/1/handshake").add_u8(kVersion).add_u8(kSuite);
  for (const Certificate* side : {&a, &b}) hash.add_lp(side->identity.encode()).add_lp(side->address().encode());
  hash.add(fields.ek).add_be32(fields.signed_id).add(chosen.signed_key).add_u8(fields.one_time_id ? 1 : 0);
  if (fields.one_time_id) hash.add_be32(*fields.one_time_id).add(*chosen.one_time_key);
  hash.add_u8(static_cast<std::uint8_t>(fields.kem_kind)).add_be32(fields.kem_id).add(chosen.kem_key).add(fields.ciphertext);
  return hash.finish();
}

HandshakeKeys derive_keys(const crypto::Hash& t, const Agreed& agreed) noexcept {
  ByteArray<32> prefix;
  prefix.fill(0xff);
  Secret<struct PrkRole, 32> prk;
  crypto::Blake2b<32> hash{std::span<const std::uint8_t, 32>(t)};
  hash.add(prefix).add(agreed.dh1.expose()).add(agreed.dh2.expose()).add(agreed.dh3.expose());
  if (agreed.dh4) hash.add(agreed.dh4->expose());
  hash.add(agreed.kem.expose()).finish(prk.expose_mutable());
  return {crypto::derive_key<RootKey>(prk.expose(), 1, "AnoHands"),        crypto::derive_key<PqRootKey>(prk.expose(), 2, "AnoHands"),
          crypto::derive_key<HeaderKey>(prk.expose(), 3, "AnoHands"),      crypto::derive_key<HeaderKey>(prk.expose(), 4, "AnoHands"),
          crypto::derive_key<AuthKey>(prk.expose(), 5, "AnoHands"),        crypto::derive_key<AssociatedData>(prk.expose(), 6, "AnoHands"),
          crypto::derive_key<ExporterKey>(prk.expose(), 7, "AnoHands")};
}

void agree(const crypto::X25519Private& own, std::span<const std::uint8_t, 32> theirs, crypto::SharedSecret& out,
           std::string_view where) {
  if (!crypto::x25519(own, theirs, out)) throw Error(Errc::bad_key, where);
}

}  // namespace

void BlockFields::encode(std::span<std::uint8_t, kBlockLen> block) const noexcept {
  std::copy(ek.begin(), ek.end(), block.begin());
  detail::put_be32(&block[32], signed_id);
  block[36] = one_time_id ? 1 : 0;
  detail::put_be32(&block[37], one_time_id.value_or(0));
  block[41] = static_cast<std::uint8_t>(kem_kind);
  detail::put_be32(&block[42], kem_id);
  std::copy(ciphertext.begin(), ciphertext.end(), block.begin() + 46);
}

BlockFields BlockFields::decode(ByteView block, std::string_view where) {
  detail::ByteReader in(block.first(kClearLen), Errc::bad_message, where);
  BlockFields fields;
  in.copy_to(fields.ek);
  fields.signed_id = in.be32();
  const std::uint8_t has_one_time = in.u8();
  const std::uint32_t one_time_id = in.be32();
  const std::uint8_t kind = in.u8();
  fields.kem_id = in.be32();
  in.copy_to(fields.ciphertext);
  in.require(fields.signed_id != 0 && fields.kem_id != 0 && has_one_time <= 1 && (has_one_time == 1) == (one_time_id != 0) &&
             (kind == 1 || kind == 2));
  if (has_one_time == 1) fields.one_time_id = one_time_id;
  fields.kem_kind = static_cast<KemKind>(kind);
  if (!crypto::is_acceptable_x25519(fields.ek)) throw Error(Errc::bad_key, where);
  return fields;
}

crypto::Hash session_id_of(ByteView block) noexcept {
  return crypto::Hasher().add_lp("AnoChat/1/session").add(block).finish();
}

Initiation initiate(const Device& own, const PreKeyBundle& peer, Random& random) {
  detail::require_sodium(kInitiate);
  const Certificate& self = own.certificate();
  if (peer.certificate.address() == self.address() || peer.certificate.identity == self.identity) {
    throw Error(Errc::self_session, kInitiate);
  }
  const crypto::X25519Private ek = crypto::make_x25519(random);
  crypto::EncapsSeed m;
  random.fill(m.expose_mutable());

  BlockFields fields{.ek = crypto::x25519_public(ek),
                     .signed_id = peer.signed_prekey.id,
                     .one_time_id = peer.one_time ? std::optional(peer.one_time->id) : std::nullopt,
                     .kem_kind = peer.kem_kind,
                     .kem_id = peer.kem.id};
  Agreed agreed;
  agree(own.agreement_private(), peer.signed_prekey.key, agreed.dh1, kInitiate);
  agree(ek, peer.certificate.identity.agreement_key, agreed.dh2, kInitiate);
  agree(ek, peer.signed_prekey.key, agreed.dh3, kInitiate);
  if (peer.one_time) agree(ek, peer.one_time->key, agreed.dh4.emplace(), kInitiate);
  if (!crypto::kem_encaps(peer.kem.key, m, fields.ciphertext, agreed.kem)) throw Error(Errc::bad_key, kInitiate);

  Initiation result;
  fields.encode(result.block);
  const ByteView clear = ByteView(result.block).first(kClearLen);
  const IdentityKey key = identity_key(clear, agreed);
  crypto::seal(key.expose(), crypto::Nonce{}, identity_ad(clear), self.encode(), MutableByteView(result.block).subspan(kClearLen));

  const Chosen chosen{.signed_key = peer.signed_prekey.key,
                      .one_time_key = peer.one_time ? std::optional(peer.one_time->key) : std::nullopt,
                      .kem_key = peer.kem.key};
  result.keys = derive_keys(transcript(self, peer.certificate, fields, chosen), agreed);
  return result;
}

Acceptance accept(const Device& own, PreKeySource& prekeys, ByteView block) {
  detail::require_sodium(kAccept);
  const BlockFields fields = BlockFields::decode(block, kAccept);
  const crypto::Hash id = session_id_of(block);
  if (prekeys.was_accepted(id)) throw Error(Errc::replayed, kAccept);
  std::optional<X25519PreKey> signed_prekey = prekeys.signed_prekey(fields.signed_id);
  std::optional<X25519PreKey> one_time;
  if (fields.one_time_id) one_time = prekeys.one_time_prekey(*fields.one_time_id);
  const std::optional<KemPreKey> kem = prekeys.kem_prekey(fields.kem_kind, fields.kem_id);
  if (!signed_prekey || !kem || one_time.has_value() != fields.one_time_id.has_value()) {
    throw Error(Errc::prekey_unknown, kAccept);
  }

  Agreed agreed;
  agree(own.agreement_private(), fields.ek, agreed.dh2, kAccept);
  agree(signed_prekey->private_key, fields.ek, agreed.dh3, kAccept);
  crypto::kem_decaps(kem->seed, fields.ciphertext, agreed.kem);
  const ByteView clear = block.first(kClearLen);
  const IdentityKey key = identity_key(clear, agreed);
  ByteArray<Certificate::kEncodedLen> encoded;
  if (!crypto::open(key.expose(), crypto::Nonce{}, identity_ad(clear), block.subspan(kClearLen), encoded)) {
    throw Error(Errc::bad_message, kAccept);
  }
  const Certificate peer = Certificate::decode(encoded);
  if (peer.address() == own.address() || peer.identity == own.certificate().identity) {
    throw Error(Errc::self_session, kAccept);
  }
  agree(signed_prekey->private_key, peer.identity.agreement_key, agreed.dh1, kAccept);
  if (one_time) agree(one_time->private_key, fields.ek, agreed.dh4.emplace(), kAccept);

  const Chosen chosen{.signed_key = signed_prekey->public_key,
                      .one_time_key = one_time ? std::optional(one_time->public_key) : std::nullopt,
                      .kem_key = kem->public_key};
  return {.peer = peer,
          .keys = derive_keys(transcript(peer, own.certificate(), fields, chosen), agreed),
          .signed_prekey = std::move(*signed_prekey),
          .consumed = {.signed_id = fields.signed_id,
                       .one_time_id = fields.one_time_id,
                       .kem_kind = fields.kem_kind,
                       .kem_id = fields.kem_id,
                       .session_id = id}};
}

}  // namespace anochat::session
