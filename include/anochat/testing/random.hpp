// anochat/testing/random.hpp - repeatable "randomness" for tests and test vectors. Never use it for real keys.
#pragma once

#include <anochat/base/random.hpp>
#include <cstdint>
#include <mutex>

namespace anochat::testing {

/// A deterministic generator: the same seed gives the same bytes for the same sequence of calls.
///
/// Call number c (from 0) of seed s fills its buffer with the ChaCha20 key stream of
/// key = BLAKE2b-256("AnoChat/test-random" || be64(s) || be64(c)) and an all-zero nonce (libsodium's
/// randombytes_buf_deterministic uses the nonce "LibsodiumDRG"; so does this).
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) noexcept : seed_(seed) {}
  void fill(MutableByteView out) override;

 private:
  std::uint64_t seed_;
  std::uint64_t call_ = 0;
  std::mutex mutex_;
};

/// Fails every call from the n-th on (n counts from 0); before that it works like SeededRandom.
class FailingRandom final : public Random {
 public:
  explicit FailingRandom(std::uint64_t good_calls, std::uint64_t seed = 1) noexcept : left_(good_calls), good_(seed) {}
  void fill(MutableByteView out) override;

 private:
  std::uint64_t left_;
  SeededRandom good_;
};

}  // namespace anochat::testing
