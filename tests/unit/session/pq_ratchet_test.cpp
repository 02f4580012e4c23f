#include "session/pq_ratchet.hpp"

#include "support/check.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using session::PqChains;

namespace {

// Chains that have agreed on epochs 1 to `epochs` and still send in epoch 0.
PqChains after(std::uint64_t epochs) {
  const ByteArray<32> sk_pq{1};
  PqChains chains = PqChains::begin(sk_pq, /*is_initiator=*/true);
  for (std::uint64_t epoch = 1; epoch <= epochs; ++epoch) {
    session::EpochSecret secret;
    secret.expose_mutable()[0] = static_cast<std::uint8_t>(epoch);
    static_cast<void>(chains.add_epoch(epoch, secret, /*is_initiator=*/true));
  }
  return chains;
}

}  // namespace

TEST_CASE("a fourth epoch takes the place of the oldest, and the others keep their keys") {
  const PqChains three = after(2);
  REQUIRE(three.receiving_count == PqChains::kMostReceiving);
  const PqChains four = after(3);
  CHECK(four.receiving_count == PqChains::kMostReceiving);
  CHECK_FALSE(four.find(0));
  for (const std::uint64_t epoch : {1U, 2U}) {
    REQUIRE(four.find(epoch));
    CHECK(equal_ct(four.receiving[*four.find(epoch)].chain.key.expose(),
                   three.receiving[*three.find(epoch)].chain.key.expose()));
  }
  CHECK(four.find(3) == 2);
}

TEST_CASE("sending in an epoch keeps the receiving chains from the one before it, and wipes the others") {
  PqChains chains = after(2);
  const PqChains before = chains.clone();
  chains.send_in(2, session::PqChainKey());
  CHECK(chains.receiving_count == 2);
  CHECK_FALSE(chains.find(0));
  for (const std::uint64_t epoch : {1U, 2U}) {
    REQUIRE(chains.find(epoch));
    CHECK(equal_ct(chains.receiving[*chains.find(epoch)].chain.key.expose(),
                   before.receiving[*before.find(epoch)].chain.key.expose()));
  }
  CHECK(chains.receiving[2].epoch == 0);
  CHECK(equal_ct(chains.receiving[2].chain.key.expose(), session::PqChainKey().expose()));
}
