// anochat/crypto/memory_prekeys.hpp - a device's prekeys without a database: for tests, demos and small programs.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/crypto/bundle.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/prekeys.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace anochat {

/// All prekeys of one device, private parts included. Movable, not copyable; one thread at a time.
///
/// Every call does all of its work or changes nothing.
class MemoryPreKeys final : public PreKeySource {
 public:
  static constexpr std::size_t kMaxOneTime = 1'000;  ///< one-time prekeys of one kind

  /// Makes one signed and one last-resort prekey, and `one_time_count` one-time prekeys of each kind.
  /// @param one_time_count  0 to kMaxOneTime
  /// @throws Error{Errc::invalid_argument}  the count is out of range
  /// @throws Error{Errc::random_failed}     nothing was made
  MemoryPreKeys(const Device& device, UnixTime now, Random& random, std::size_t one_time_count = 100);

  MemoryPreKeys(MemoryPreKeys&&) noexcept;
  MemoryPreKeys& operator=(MemoryPreKeys&&) noexcept;
  ~MemoryPreKeys() override;

  /// Makes new keys where it is time: a signed and a last-resort prekey when the newest is kSignedPreKeyRenewal old,
  /// one-time prekeys until `one_time_count` of each kind have not been handed out.
  /// @throws Error{Errc::invalid_argument}   another device's keys are in here, or the count is out of range
  /// @throws Error{Errc::random_failed}      nothing was made
  /// @throws Error{Errc::counter_exhausted}  2^32 - 1 ids of a kind are used up
  void refill(const Device& device, UnixTime now, Random& random, std::size_t one_time_count = 100);

  /// A bundle for one sender. Takes a one-time prekey of each kind that no other bundle gets; when there are none, it
  /// goes without one, and with the last-resort KEM prekey.
  /// @throws Error{Errc::prekey_expired}  the signed or the last-resort prekey has expired: refill() first
  [[nodiscard]] PreKeyBundle bundle(UnixTime now);

  /// Deletes what an accepted session has used; what may be used again stays.
  /// @throws Error{Errc::prekey_unknown}  one of the prekeys is not here
  void consume(const ConsumedPreKeys& consumed);

  /// Deletes the private parts of expired prekeys, and forgets the session ids that depend on them.
  /// @return how many prekeys were deleted
  std::size_t expire(UnixTime now);

  /// One-time prekeys that no bundle has taken yet.
  [[nodiscard]] std::size_t one_time_left() const noexcept;
  [[nodiscard]] std::size_t kem_one_time_left() const noexcept;

  [[nodiscard]] std::optional<X25519PreKey> signed_prekey(std::uint32_t id) override;
  [[nodiscard]] std::optional<X25519PreKey> one_time_prekey(std::uint32_t id) override;
  [[nodiscard]] std::optional<KemPreKey> kem_prekey(KemKind kind, std::uint32_t id) override;
  [[nodiscard]] bool was_accepted(const ByteArray<32>& session_id) override;

  /// Secret bytes from which load() makes the same object. @source docs/protocol.md, "Saved state"
  [[nodiscard]] SecretBytes save() const;

  /// @throws Error{Errc::unsupported_state}  saved by a newer version
  /// @throws Error{Errc::bad_state}          malformed
  [[nodiscard]] static MemoryPreKeys load(ByteView saved);

 private:
  struct State;
  explicit MemoryPreKeys(std::unique_ptr<State> state) noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace anochat
