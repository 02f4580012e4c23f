// session/chain.hpp - the two symmetric chains, and the keys of one message made from both.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstdint>

#include "crypto/chacha.hpp"
#include "session/keys.hpp"

namespace anochat::session {

/// derive(ck, n, "AnoChain", 64): moves the chain from message n to n + 1 and returns mk_ec of message n.
[[nodiscard]] EcMessageKey step(ChainKey& chain, std::uint32_t n) noexcept;

/// derive(pck, pq_n, "AnoPQchn", 64): the same for the PQ chain.
[[nodiscard]] PqMessageKey step(PqChainKey& chain, std::uint32_t pq_n) noexcept;

/// W of docs/protocol.md, section 5: used for one message and wiped.
class MessageKeys {
 public:
  MessageKeys(const EcMessageKey& ec, const PqMessageKey& pq) noexcept;

  [[nodiscard]] std::span<const std::uint8_t, 32> body_key() const noexcept { return w_.expose().first<32>(); }
  [[nodiscard]] std::span<const std::uint8_t, 12> body_nonce() const noexcept { return w_.expose().subspan<32, 12>(); }
  [[nodiscard]] std::span<const std::uint8_t, 12> header_nonce() const noexcept { return w_.expose().subspan<44, 12>(); }

 private:
  Secret<struct MessageKeysRole, 64> w_;
};

}  // namespace anochat::session
