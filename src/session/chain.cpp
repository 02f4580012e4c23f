#include "session/chain.hpp"

#include "crypto/blake2.hpp"

namespace anochat::session {
namespace {

template <class MessageKey, class Chain>
MessageKey step_chain(Chain& chain, std::uint32_t n, const char (&context)[9]) noexcept {
  Secret<struct StepRole, 64> both;
  crypto::derive(chain.expose(), n, context, both.expose_mutable());
  chain = Chain(both.expose_mutable().template first<32>());
  return MessageKey(both.expose_mutable().template last<32>());
}

}  // namespace

EcMessageKey step(ChainKey& chain, std::uint32_t n) noexcept { return step_chain<EcMessageKey>(chain, n, "AnoChain"); }

PqMessageKey step(PqChainKey& chain, std::uint32_t pq_n) noexcept {
  return step_chain<PqMessageKey>(chain, pq_n, "AnoPQchn");
}

MessageKeys::MessageKeys(const EcMessageKey& ec, const PqMessageKey& pq) noexcept {
  crypto::Blake2b<64>(pq.expose()).add(ec.expose()).add("AnoChat/1/message").finish(w_.expose_mutable());
}

}  // namespace anochat::session
