// tests/support/forger.hpp - messages that only a dishonest owner of a session's keys could send.
#pragma once

#include <anochat/session/session.hpp>
#include <anochat/testing/random.hpp>

#include "base/byte_io.hpp"
#include "crypto/blake2.hpp"
#include "crypto/chacha.hpp"
#include "crypto/mlkem.hpp"
#include "session/wire.hpp"
#include "support/check.hpp"
#include "support/draft.hpp"
#include "support/parties.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace anochat::testing {

/// Gives out 32 bytes that somebody chose for the first draw of 32 bytes, then draws from another source.
class ChosenFirst final : public Random {
 public:
  ChosenFirst(std::span<const std::uint8_t, 32> first, Random& then)
      : first_(first.begin(), first.end()), then_(then) {}
  void fill(MutableByteView out) override {
    if (first_.empty() || out.size() != first_.size()) return then_.fill(out);
    std::copy(first_.begin(), first_.end(), out.begin());
    first_.clear();
  }

 private:
  SecretBytes first_;
  Random& then_;
};

/// Replaces the initiator's certificate in an initial message, with the responder's own private keys (docs/protocol.md,
/// section 4: everything but DH1 and DH4).
inline void reseal_certificate(Bytes& message, ByteView certificate, const Device& responder, PreKeySource& prekeys) {
  constexpr std::size_t clear_len = 1'134;
  const ByteView clear = ByteView(message).subspan(session::kPrefixLen, clear_len);
  crypto::X25519Public ek;
  std::copy_n(clear.begin(), ek.size(), ek.begin());
  const auto signed_prekey = prekeys.signed_prekey(detail::get_be32(&clear[32]));
  const auto kem = prekeys.kem_prekey(static_cast<KemKind>(clear[41]), detail::get_be32(&clear[42]));
  REQUIRE((signed_prekey && kem));
  crypto::SharedSecret dh2;
  crypto::SharedSecret dh3;
  crypto::SharedSecret kem_secret;
  REQUIRE(crypto::x25519(responder.agreement_private(), ek, dh2));
  REQUIRE(crypto::x25519(signed_prekey->private_key, ek, dh3));
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

/// The session must refuse the message with exactly this code, and be the same afterwards, byte for byte.
#define CHECK_REFUSED(session_, message_, now_, expected_)                                    \
  do {                                                                                        \
    const anochat::SecretBytes before_ = (session_).save();                                   \
    CHECK_ERROR((session_).decrypt((message_), (now_)), expected_);                           \
    CHECK_MESSAGE((session_).save() == before_, "a refused message has changed the session"); \
  } while (false)
