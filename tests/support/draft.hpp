// tests/support/draft.hpp - a message taken apart, to be changed and sealed again under the session's real keys.
#pragma once

#include <anochat/crypto/prekeys.hpp>
#include <anochat/session/session.hpp>

#include "base/byte_io.hpp"
#include "crypto/blake2.hpp"
#include "crypto/chacha.hpp"
#include "crypto/mlkem.hpp"
#include "crypto/x25519.hpp"
#include "session/body.hpp"
#include "session/chain.hpp"
#include "session/header.hpp"
#include "session/wire.hpp"
#include "support/session_access.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>

namespace anochat::testing {

[[nodiscard]] inline Session clone(const Session& session) { return Session::load(session.save()); }

inline SessionAccess::State& state_of(Session& session) { return SessionAccess::state(session); }

[[nodiscard]] inline Bytes join(std::initializer_list<ByteView> parts) {
  Bytes all;
  for (const ByteView part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// What a forger relies on. Not a check of the test framework's: fuzz targets forge too.
inline void demand(bool holds) {
  if (!holds) throw std::logic_error("a forger's message does not come apart");
}

/// One message of a session, taken apart. Change what you like and seal it again under the session's real keys.
struct Draft {
  Bytes front;  ///< prefix and, in an initial message, the handshake block
  session::Header header;
  Bytes body;  ///< opened: length, content, symbols, filling
  session::HeaderKey header_key;
  session::EcMessageKey ec_key;
  session::PqMessageKey pq_key;
  session::AssociatedData ad;
  std::optional<ByteArray<crypto::kNonceLen>> header_nonce;  ///< instead of the derived one

  [[nodiscard]] Bytes seal() const {
    const session::MessageKeys keys(ec_key, pq_key);
    ByteArray<crypto::kNonceLen> nonce{};
    std::copy(keys.header_nonce().begin(), keys.header_nonce().end(), nonce.begin());
    if (header_nonce) nonce = *header_nonce;
    Bytes sealed_header(session::kSealedHeaderLen);
    session::seal_header(header, header_key, nonce, join({front, ad.expose()}), sealed_header);
    const Bytes head = join({front, nonce, sealed_header});
    Bytes sealed_body(body.size() + crypto::kTagLen);
    crypto::seal(keys.body_key(), keys.body_nonce(), join({ad.expose(), head}), body, sealed_body);
    return join({head, sealed_body});
  }
};

/// Lets `from` encrypt its next message and takes that apart. The draft's seal() gives the genuine message.
[[nodiscard]] inline Draft take_next(Session& from, ByteView content, Random& random) {
  Session before = clone(from);
  const Bytes genuine = from.encrypt(content, random);
  SessionAccess::State& old = state_of(before);
  if (old.ec.is_step_due) old.ec.step(state_of(from).ec.own->private_key.clone());

  Draft draft;
  draft.ad = old.ad.clone();
  draft.header_key = old.ec.sending->header_key.clone();
  draft.ec_key = session::step(old.ec.sending->key, old.ec.sending->next);
  draft.pq_key = session::step(old.pq.chains.sending.key, old.pq.chains.sending.last + 1);
  const session::MessageView view = session::parse_message(genuine, "testing.forger");
  draft.front.assign(view.front.begin(), view.front.end());
  const auto header = session::open_header(view, draft.header_key, join({view.front, draft.ad.expose()}));
  demand(header.has_value());
  draft.header = *header;
  const session::MessageKeys keys(draft.ec_key, draft.pq_key);
  draft.body.resize(view.sealed_body.size() - crypto::kTagLen);
  demand(crypto::open(keys.body_key(), keys.body_nonce(), join({draft.ad.expose(), view.head}), view.sealed_body,
                      draft.body));
  return draft;
}

/// Lays out a body of `size` bytes with these symbols, however little sense they make.
[[nodiscard]] inline Bytes make_body(ByteView content, std::uint16_t first_symbol,
                                     std::span<const session::Symbol> symbols, std::size_t size) {
  Bytes body;
  detail::ByteWriter<Bytes> out(body);
  out.be32(static_cast<std::uint32_t>(content.size())).bytes(content).u8(static_cast<std::uint8_t>(symbols.size()));
  out.be16(first_symbol);
  for (const session::Symbol& symbol : symbols) out.bytes(symbol);
  demand(body.size() <= size);
  body.resize(size);
  return body;
}

/// Uses up the keys of the next messages without sending them. The session must have sent in its present turn.
inline void skip_keys(Session& from, std::uint32_t ec_count, std::uint32_t pq_count) {
  SessionAccess::State& state = state_of(from);
  demand(!state.ec.is_step_due && state.ec.sending.has_value());
  session::EcChain& ec = *state.ec.sending;
  session::PqChain& pq = state.pq.chains.sending;
  for (; ec_count > 0; --ec_count) static_cast<void>(session::step(ec.key, ec.next++));
  for (; pq_count > 0; --pq_count) static_cast<void>(session::step(pq.key, ++pq.last));
}

/// Replaces the initiator's certificate in an initial message, with the responder's own private keys (docs/protocol.md,
/// section 4: everything but DH1 and DH4).
inline void reseal_certificate(Bytes& message, ByteView certificate, const Device& responder, PreKeySource& prekeys) {
  constexpr std::size_t clear_len = 1'134;
  const ByteView clear = ByteView(message).subspan(session::kPrefixLen, clear_len);
  crypto::X25519Public ek;
  std::copy_n(clear.begin(), ek.size(), ek.begin());
  const auto signed_prekey = prekeys.signed_prekey(detail::get_be32(&clear[32]));
  const auto kem = prekeys.kem_prekey(static_cast<KemKind>(clear[41]), detail::get_be32(&clear[42]));
  demand(signed_prekey && kem);
  crypto::SharedSecret dh2;
  crypto::SharedSecret dh3;
  crypto::SharedSecret kem_secret;
  demand(crypto::x25519(responder.agreement_private(), ek, dh2));
  demand(crypto::x25519(signed_prekey->private_key, ek, dh3));
  crypto::kem_decaps(kem->seed, clear.subspan(46).first<crypto::kKemCiphertextLen>(), kem_secret);
  const crypto::Hash salt = crypto::Hasher().add_lp("AnoChat/1/initiator").add(clear).finish();
  crypto::SharedSecret ik;
  crypto::Blake2b<32>(std::span<const std::uint8_t, 32>(salt))
      .add(dh2.expose())
      .add(dh3.expose())
      .add(kem_secret.expose())
      .finish(ik.expose_mutable());
  const auto key = crypto::derive_key<crypto::SharedSecret>(ik.expose(), 1, "AnoIdent");
  const Bytes ad = join({ByteView(message).first(session::kPrefixLen), clear});
  crypto::seal(key.expose(), crypto::Nonce{}, ad, certificate,
               MutableByteView(message).subspan(session::kPrefixLen + clear_len, certificate.size() + crypto::kTagLen));
}

}  // namespace anochat::testing
