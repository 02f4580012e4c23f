// session/pq_ratchet.hpp - the PQ chains: one per epoch and direction (docs/protocol.md, section 7).
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/framing/limits.hpp>
#include <array>
#include <cstdint>
#include <optional>

#include "session/chain.hpp"
#include "session/keys.hpp"
#include "session/skipped_keys.hpp"

namespace anochat::session {

struct PqChain {
  PqChainKey key;
  std::uint32_t last = 0;  ///< the last pq_n used

  [[nodiscard]] PqChain clone() const noexcept { return {key.clone(), last}; }
};

struct PqReceivingChain {
  std::uint64_t epoch = 0;
  PqChain chain;
};

/// What opening one message would change in the receiving chains.
struct PqReceipt {
  PqMessageKey message_key;
  std::optional<std::size_t> kept_place;  ///< a skipped key was used
  std::size_t chain_place = 0;            ///< else: which receiving chain moves, and to where
  PqChain chain;
};

/// Epochs and chains, apart from the skipped keys: this part is copied when a message changes the agreement.
class PqChains {
 public:
  static constexpr std::size_t kMostReceiving = 3;  // epochs s - 1, s and s + 1

  PqRootKey root;  ///< R of the newest epoch derived
  std::uint64_t sending_epoch = 0;
  PqChain sending;
  std::array<PqReceivingChain, kMostReceiving> receiving;  ///< epochs increase
  std::size_t receiving_count = 0;

  /// Epoch 0, from SK_pq.
  [[nodiscard]] static PqChains begin(std::span<const std::uint8_t, 32> sk_pq, bool is_initiator) noexcept;

  /// Derives the chains of the next epoch. It can be received in from now on; the sending chain is returned.
  [[nodiscard]] PqChainKey add_epoch(std::uint64_t epoch, const EpochSecret& secret, bool is_initiator) noexcept;

  /// Begins to send in an epoch and forgets receiving chains more than one behind it.
  void send_in(std::uint64_t epoch, PqChainKey key) noexcept;

  [[nodiscard]] std::optional<std::size_t> find(std::uint64_t epoch) const noexcept;
  /// Whether the receiving chains have moved past this message, so that only a skipped key can open it.
  [[nodiscard]] bool is_past(std::uint64_t epoch, std::uint32_t pq_n) const noexcept;
  [[nodiscard]] PqChains clone() const noexcept;

 private:
  void add_receiving(std::uint64_t epoch, PqChainKey key) noexcept;
};

class PqRatchet {
 public:
  PqChains chains;
  SkippedKeys<PqMessageKey> skipped;

  /// Works out the key of message (epoch, pq_n). Appends skipped keys provisionally; the caller commits or rolls back.
  /// @throws Error{Errc::bad_message}, Error{Errc::replayed}, Error{Errc::gap_too_large}
  [[nodiscard]] PqReceipt receive(std::uint64_t epoch, std::uint32_t pq_n, std::chrono::sys_seconds now);

  void commit(PqReceipt&& receipt) noexcept;

  /// Most keys that prune() may remove once what was appended is committed.
  [[nodiscard]] std::size_t prunable(std::chrono::sys_seconds now) const noexcept {
    const std::size_t count = skipped.size() + skipped.appended();
    const bool is_over = count > kMaxSkippedKeys || skipped.needs_eviction(kMaxSkippedKeys, now - kSkippedKeyLifetime);
    return is_over ? count : 0;
  }

  template <class OnRemoved>
  void prune(std::chrono::sys_seconds now, OnRemoved on_removed) {
    const std::chrono::sys_seconds horizon = now - kSkippedKeyLifetime;
    if (!skipped.needs_eviction(kMaxSkippedKeys, horizon)) return;
    skipped.evict(kMaxSkippedKeys, horizon, [](const auto&) { return false; }, on_removed);
  }
};

}  // namespace anochat::session
