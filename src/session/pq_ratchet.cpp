#include "session/pq_ratchet.hpp"

#include <anochat/base/error.hpp>
#include <utility>

#include "crypto/blake2.hpp"

namespace anochat::session {
namespace {

constexpr std::string_view kWhere = "session.decrypt";

struct EpochKeys {
  PqRootKey root;
  PqChainKey a_to_b;
  PqChainKey b_to_a;
};

EpochKeys derive_epoch(std::span<const std::uint8_t, 32> seed) noexcept {
  return {crypto::derive_key<PqRootKey>(seed, 1, "AnoPQrtK"), crypto::derive_key<PqChainKey>(seed, 2, "AnoPQrtK"),
          crypto::derive_key<PqChainKey>(seed, 3, "AnoPQrtK")};
}

}  // namespace

PqChains PqChains::begin(std::span<const std::uint8_t, 32> sk_pq, bool is_initiator) noexcept {
  EpochKeys keys = derive_epoch(sk_pq);
  PqChains chains;
  chains.root = std::move(keys.root);
  chains.sending.key = std::move(is_initiator ? keys.a_to_b : keys.b_to_a);
  chains.add_receiving(0, std::move(is_initiator ? keys.b_to_a : keys.a_to_b));
  return chains;
}

PqChainKey PqChains::add_epoch(std::uint64_t epoch, const EpochSecret& secret, bool is_initiator) noexcept {
  PqRootKey seed;
  crypto::extract(root.expose(), secret.expose(), seed.expose_mutable());
  EpochKeys keys = derive_epoch(seed.expose());
  root = std::move(keys.root);
  add_receiving(epoch, std::move(is_initiator ? keys.b_to_a : keys.a_to_b));
  return std::move(is_initiator ? keys.a_to_b : keys.b_to_a);
}

void PqChains::add_receiving(std::uint64_t epoch, PqChainKey key) noexcept {
  if (receiving_count == kMostReceiving) {
    for (std::size_t i = 1; i < kMostReceiving; ++i) receiving[i - 1] = std::move(receiving[i]);
    --receiving_count;
  }
  receiving[receiving_count++] = {epoch, {std::move(key), 0}};
}

void PqChains::send_in(std::uint64_t epoch, PqChainKey key) noexcept {
  sending_epoch = epoch;
  sending = {std::move(key), 0};
  std::size_t kept = 0;
  for (std::size_t i = 0; i < receiving_count; ++i) {
    if (receiving[i].epoch + 1 < epoch) continue;
    if (kept != i) receiving[kept] = std::move(receiving[i]);
    ++kept;
  }
  for (std::size_t i = kept; i < receiving_count; ++i) receiving[i] = {};
  receiving_count = kept;
}

std::optional<std::size_t> PqChains::find(std::uint64_t epoch) const noexcept {
  for (std::size_t i = 0; i < receiving_count; ++i) {
    if (receiving[i].epoch == epoch) return i;
  }
  return std::nullopt;
}

bool PqChains::is_past(std::uint64_t epoch, std::uint32_t pq_n) const noexcept {
  const auto place = find(epoch);
  return place ? pq_n <= receiving[*place].chain.last : epoch < receiving[0].epoch;
}

PqChains PqChains::clone() const noexcept {
  PqChains copy;
  copy.root = root.clone();
  copy.sending_epoch = sending_epoch;
  copy.sending = sending.clone();
  for (std::size_t i = 0; i < receiving_count; ++i) copy.receiving[i] = {receiving[i].epoch, receiving[i].chain.clone()};
  copy.receiving_count = receiving_count;
  return copy;
}

PqReceipt PqRatchet::receive(std::uint64_t epoch, std::uint32_t pq_n, std::chrono::sys_seconds now) {
  PqReceipt receipt;
  if (chains.is_past(epoch, pq_n)) {
    receipt.kept_place = skipped.find(epoch, pq_n);
    if (!receipt.kept_place || skipped.peek(*receipt.kept_place).since < now - kSkippedKeyLifetime) {
      throw Error(Errc::replayed, kWhere);
    }
    receipt.message_key = skipped.peek(*receipt.kept_place).key.clone();
    return receipt;
  }
  const auto place = chains.find(epoch);
  if (!place) throw Error(Errc::bad_message, kWhere);
  receipt.chain_place = *place;
  receipt.chain = chains.receiving[*place].chain.clone();
  if (pq_n - receipt.chain.last - 1 > kMaxPqSkip) throw Error(Errc::gap_too_large, kWhere);
  while (receipt.chain.last + 1 < pq_n) {
    const std::uint32_t n = ++receipt.chain.last;
    skipped.append({epoch, n, now, step(receipt.chain.key, n)});
  }
  receipt.message_key = step(receipt.chain.key, ++receipt.chain.last);
  return receipt;
}

void PqRatchet::commit(PqReceipt&& receipt) noexcept {
  skipped.commit();
  if (receipt.kept_place) {
    skipped.take(*receipt.kept_place);
  } else {
    chains.receiving[receipt.chain_place].chain = std::move(receipt.chain);
  }
}

}  // namespace anochat::session
