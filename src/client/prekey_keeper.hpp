// client/prekey_keeper.hpp - own prekeys: making, publishing, finding, using up.
#pragma once

#include <anochat/crypto/prekeys.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/storage/records.hpp>
#include <chrono>
#include <cstdint>

#include "client/courier.hpp"

namespace anochat::client {

class Unit;

inline constexpr std::uint32_t kRefillBelow = 20;            ///< one-time prekeys of one kind left at the relay
inline constexpr std::uint32_t kMostSupplies = 20;           ///< times the supply that are kept, handed out but not used
inline constexpr std::chrono::hours kCountEvery{6};          ///< between two looks at the relay's supply

/// New signed and last-resort prekeys when the newest are a week old, and the private parts of those gone that nobody can
/// still have used. @return whether there is something to publish
bool rotate_prekeys(Unit& unit);
/// Makes one-time prekeys of both kinds up to what the options say, given what the relay has left.
void refill_prekeys(Unit& unit, const PreKeyCount& left);

/// Makes all of them anew, in place of what the relay has: it may hold prekeys whose private parts this store never had.
void replace_prekeys(Unit& unit);
/// The relay has them.
void note_replaced(Unit& unit);

/// What is not at the relay yet, with the keys that its answer will mark as published.
struct PreKeyUpload {
  PublishPreKeys frame;
  ask::PublishPreKeys ask;
};
[[nodiscard]] PreKeyUpload unpublished_prekeys(const storage::Records& records);

/// Where Session::accept finds private parts. Reads only.
class StoredPreKeys final : public PreKeySource {
 public:
  explicit StoredPreKeys(const storage::Records& records) noexcept : records_(records) {}
  [[nodiscard]] std::optional<X25519PreKey> signed_prekey(std::uint32_t id) override;
  [[nodiscard]] std::optional<X25519PreKey> one_time_prekey(std::uint32_t id) override;
  [[nodiscard]] std::optional<KemPreKey> kem_prekey(KemKind kind, std::uint32_t id) override;
  [[nodiscard]] bool was_accepted(const ByteArray<32>& session_id) override;

 private:
  const storage::Records& records_;
};

/// Deletes what an accepted session has used, or remembers the session when the prekey stays.
/// @throws Error{Errc::replayed}  the session was accepted before
void consume_prekeys(storage::Records& records, const ConsumedPreKeys& consumed);

}  // namespace anochat::client
