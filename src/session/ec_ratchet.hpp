// session/ec_ratchet.hpp - the Double Ratchet with header encryption (docs/protocol.md, section 6).
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/framing/limits.hpp>
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "crypto/x25519.hpp"
#include "session/chain.hpp"
#include "session/header.hpp"
#include "session/keys.hpp"
#include "session/skipped_keys.hpp"

namespace anochat::session {

struct RatchetPair {
  crypto::X25519Private private_key;
  crypto::X25519Public public_key{};
};

/// A sending or receiving chain: `next` is the number of the next message.
struct EcChain {
  ChainKey key;
  HeaderKey header_key;
  std::uint32_t next = 0;
};

/// An older receiving chain that still has skipped keys.
struct KeptChain {
  std::uint64_t id = 0;
  HeaderKey header_key;
};

/// What opening one message would change; nothing has changed until EcRatchet::commit.
struct EcReceipt {
  EcMessageKey message_key;
  std::optional<std::size_t> kept_place;  ///< a skipped key was used: only that key goes
  bool is_step = false;                   ///< a receiving step: root, next_header and remote are new
  RootKey root;
  HeaderKey next_header;
  crypto::X25519Public remote{};
  EcChain chain;                          ///< the receiving chain afterwards, unless a skipped key was used
};

class EcRatchet {
 public:
  RootKey root;
  HeaderKey next_sending_header;    ///< NHKs
  HeaderKey next_receiving_header;  ///< NHKr
  std::optional<RatchetPair> own;
  std::optional<crypto::X25519Public> remote;
  std::optional<EcChain> sending;
  std::optional<EcChain> receiving;
  std::uint32_t previous_count = 0;  ///< PN
  bool is_step_due = false;          ///< the next send begins with a sending step
  SkippedKeys<EcMessageKey> skipped;
  std::vector<KeptChain> kept;       ///< oldest first
  std::uint64_t receiving_id = 0;    ///< number of the receiving chain: how many receiving steps there were

  [[nodiscard]] bool can_send() const noexcept { return is_step_due || sending.has_value(); }
  /// The number that the next message will have.
  [[nodiscard]] std::uint32_t next_number() const noexcept { return is_step_due || !sending ? 0 : sending->next; }

  /// The sending step, with a fresh private key.
  void step(crypto::X25519Private fresh) noexcept;

  /// Finds the header's key and works out the message's key. Appends skipped keys provisionally; the caller commits or
  /// rolls back.
  /// @throws Error{Errc::bad_message}, Error{Errc::replayed}, Error{Errc::gap_too_large}
  [[nodiscard]] EcReceipt receive(const MessageView& message, ByteView front_and_ad, std::chrono::sys_seconds now,
                                  Header& header);

  /// Makes the receipt and the keys skipped for it part of the state.
  void commit(EcReceipt&& receipt) noexcept;

  /// The header keys that a message may have been sealed under, in the order in which they are tried.
  template <class Visit>
  bool any_header_key(Visit visit) const {
    if (receiving && visit(receiving->header_key)) return true;
    if (visit(next_receiving_header)) return true;
    return std::any_of(kept.rbegin(), kept.rend(), [&visit](const KeptChain& chain) { return visit(chain.header_key); });
  }

  /// Most keys that prune() may remove once what was appended is committed.
  [[nodiscard]] std::size_t prunable(std::chrono::sys_seconds now) const noexcept {
    const std::size_t count = skipped.size() + skipped.appended();
    const bool is_over = kept.size() >= kMaxSkippedChains || count > kMaxSkippedKeys ||
                         skipped.needs_eviction(kMaxSkippedKeys, now - kSkippedKeyLifetime);
    return is_over ? count : 0;
  }

  /// Applies the limits of number, chains and age. Calls on_removed for every skipped key that goes.
  template <class OnRemoved>
  void prune(std::chrono::sys_seconds now, OnRemoved on_removed) {
    const std::chrono::sys_seconds horizon = now - kSkippedKeyLifetime;
    if (kept.size() <= kMaxSkippedChains && !skipped.needs_eviction(kMaxSkippedKeys, horizon)) return;
    const std::uint64_t first_chain = kept.size() > kMaxSkippedChains ? kept[kept.size() - kMaxSkippedChains].id : 0;
    skipped.evict(kMaxSkippedKeys, horizon, [&](const auto& entry) { return entry.chain < first_chain; }, on_removed);
    forget_empty_chains();
  }

  /// Drops older chains without skipped keys.
  void forget_empty_chains() noexcept;

 private:
  [[nodiscard]] EcReceipt receive_kept(std::uint64_t chain, const Header& header, std::chrono::sys_seconds now) const;
  [[nodiscard]] EcReceipt receive_on_chain(const Header& header, std::chrono::sys_seconds now);
  [[nodiscard]] EcReceipt receive_step(const Header& header, std::chrono::sys_seconds now);
  void skip(EcChain& chain, std::uint64_t id, std::uint32_t until, std::chrono::sys_seconds now);
};

}  // namespace anochat::session
