// session/root_step.hpp - one Diffie-Hellman result moves the root key and gives a chain and its next header key.
#pragma once

#include "crypto/blake2.hpp"
#include "crypto/x25519.hpp"
#include "session/keys.hpp"

namespace anochat::session {

struct RootStep {
  RootKey root;
  ChainKey chain;
  HeaderKey next_header;
};

[[nodiscard]] inline RootStep root_step(const RootKey& root, const crypto::SharedSecret& dh) noexcept {
  RootKey prk;
  crypto::extract(root.expose(), dh.expose(), prk.expose_mutable());
  return {crypto::derive_key<RootKey>(prk.expose(), 1, "AnoRootK"), crypto::derive_key<ChainKey>(prk.expose(), 2, "AnoRootK"),
          crypto::derive_key<HeaderKey>(prk.expose(), 3, "AnoRootK")};
}

}  // namespace anochat::session
