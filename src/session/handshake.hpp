// session/handshake.hpp - PQXDH's shape, the whole transcript bound, the initiator hidden (docs/protocol.md, section 4).
#pragma once

#include <anochat/crypto/address.hpp>
#include <anochat/crypto/bundle.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/prekeys.hpp>
#include <array>
#include <cstdint>
#include <optional>

#include "crypto/blake2.hpp"
#include "crypto/mlkem.hpp"
#include "crypto/x25519.hpp"
#include "session/keys.hpp"
#include "session/wire.hpp"

namespace anochat::session {

using Block = ByteArray<kBlockLen>;

/// Everything that both sides derive.
struct HandshakeKeys {
  RootKey sk_ec;
  PqRootKey sk_pq;
  HeaderKey hk_a;
  HeaderKey nhk_b;
  AuthKey a0;
  AssociatedData ad;
  ExporterKey exporter;
};

/// The fields of a handshake block before the sealed certificate.
struct BlockFields {
  crypto::X25519Public ek{};
  std::uint32_t signed_id = 0;
  std::optional<std::uint32_t> one_time_id;
  KemKind kem_kind = KemKind::one_time;
  std::uint32_t kem_id = 0;
  crypto::KemCiphertext ciphertext{};

  void encode(std::span<std::uint8_t, kBlockLen> block) const noexcept;

  /// @throws Error{Errc::bad_message}  has_opk, an id or the KEM kind is not allowed
  /// @throws Error{Errc::bad_key}      EK is not acceptable
  [[nodiscard]] static BlockFields decode(ByteView block, std::string_view where);
};

[[nodiscard]] crypto::Hash session_id_of(ByteView block) noexcept;

struct Initiation {
  Block block;
  HandshakeKeys keys;
};

/// A's side. Draws EK's private key, then m.
/// @throws Error{Errc::self_session}, Error{Errc::bad_key}, Error{Errc::random_failed}
[[nodiscard]] Initiation initiate(const Device& own, const PreKeyBundle& peer, Random& random);

struct Acceptance {
  Certificate peer;
  HandshakeKeys keys;
  X25519PreKey signed_prekey;  ///< B's first ratchet pair
  ConsumedPreKeys consumed;
};

/// B's side. Changes nothing.
/// @throws Error{Errc::bad_message}, Error{Errc::bad_key}, Error{Errc::replayed}, Error{Errc::prekey_unknown},
///         Error{Errc::bad_signature}, Error{Errc::self_session}
[[nodiscard]] Acceptance accept(const Device& own, PreKeySource& prekeys, ByteView block);

}  // namespace anochat::session
