// anochat/crypto/prekeys.hpp - the keys a device publishes so that others can write while it is offline.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/keys.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace anochat {

inline constexpr std::size_t kKemKeyLen = 1'184;  ///< bytes of an ML-KEM-768 encapsulation key

inline constexpr std::chrono::days kSignedPreKeyLifetime{30};  ///< also of last-resort KEM prekeys
inline constexpr std::chrono::days kSignedPreKeyRenewal{7};    ///< then a new one is published beside the old
inline constexpr std::chrono::days kOneTimePreKeyLifetime{90};
inline constexpr std::chrono::days kMaxPreKeyLifetime{366};  ///< longer ones of a peer are refused
inline constexpr std::chrono::days kMaxPreKeyAhead{1};       ///< how far a peer's clock may be ahead of ours

/// A last-resort KEM prekey serves when the one-time ones have run out, and serves several senders.
enum class KemKind : std::uint8_t { one_time = 1, last_resort = 2 };

/// The public part of a prekey of N bytes, as a bundle carries it. Times are whole seconds.
template <std::size_t N>
struct PreKeyRecord {
  static constexpr std::size_t kEncodedLen = 84 + N;  ///< bytes

  std::uint32_t id = 0;  ///< never 0
  UnixTime created{};
  UnixTime expires{};
  ByteArray<N> key{};
  ByteArray<64> signature{};

  bool operator==(const PreKeyRecord&) const = default;
};

/// A signed or one-time prekey with its private part.
struct X25519PreKey {
  std::uint32_t id = 0;
  UnixTime created{};
  UnixTime expires{};
  AgreementPrivate private_key;
  ByteArray<32> public_key{};
  ByteArray<64> signature{};

  [[nodiscard]] X25519PreKey clone() const;
  [[nodiscard]] PreKeyRecord<32> record() const;

  /// The public part as bytes, for upload. @source docs/protocol.md, section 3
  [[nodiscard]] ByteArray<PreKeyRecord<32>::kEncodedLen> encode_record() const;
};

/// A KEM prekey of either kind with its private part: the seed, from which the rest is made.
struct KemPreKey {
  std::uint32_t id = 0;
  UnixTime created{};
  UnixTime expires{};
  KemSeed seed;
  ByteArray<kKemKeyLen> public_key{};
  ByteArray<64> signature{};

  [[nodiscard]] KemPreKey clone() const;
  [[nodiscard]] PreKeyRecord<kKemKeyLen> record() const;

  /// The public part as bytes, for upload. @source docs/protocol.md, section 3
  [[nodiscard]] ByteArray<PreKeyRecord<kKemKeyLen>::kEncodedLen> encode_record() const;
};

/// Makers of prekeys, signed by the device and valid from `now` for the lifetime above.
/// @param id  not 0, and never used before by this device for this kind of prekey
/// @throws Error{Errc::invalid_argument}  id 0, or `now` before 1970
/// @throws Error{Errc::random_failed}     no key was made
[[nodiscard]] X25519PreKey make_signed_prekey(const Device& device, std::uint32_t id, UnixTime now, Random& random);
[[nodiscard]] X25519PreKey make_one_time_prekey(const Device& device, std::uint32_t id, UnixTime now, Random& random);
[[nodiscard]] KemPreKey make_kem_prekey(const Device& device, KemKind kind, std::uint32_t id, UnixTime now,
                                        Random& random);

/// What the first message of a session has used up.
struct ConsumedPreKeys {
  std::uint32_t signed_id = 0;
  std::optional<std::uint32_t> one_time_id;
  KemKind kem_kind = KemKind::one_time;
  std::uint32_t kem_id = 0;
  ByteArray<32> session_id{};
};

/// Where a session that is being accepted finds the private prekeys that the first message names.
///
/// Accepting only reads. When the session is stored, and in the same transaction, the one-time prekeys named in
/// ConsumedPreKeys are deleted and, if the KEM prekey was the last-resort one, the session id is remembered.
class PreKeySource {
 public:
  virtual ~PreKeySource() = default;

  /// @return the prekey, or nothing when there is none of this id (used up, expired, never made)
  [[nodiscard]] virtual std::optional<X25519PreKey> signed_prekey(std::uint32_t id) = 0;
  [[nodiscard]] virtual std::optional<X25519PreKey> one_time_prekey(std::uint32_t id) = 0;
  [[nodiscard]] virtual std::optional<KemPreKey> kem_prekey(KemKind kind, std::uint32_t id) = 0;

  /// Whether a session with this id is remembered as accepted.
  [[nodiscard]] virtual bool was_accepted(const ByteArray<32>& session_id) = 0;
};

}  // namespace anochat
