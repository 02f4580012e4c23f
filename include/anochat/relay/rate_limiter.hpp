// anochat/relay/rate_limiter.hpp - how often something may happen: token buckets.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>

#include <cstddef>
#include <memory>

namespace anochat {

/// A bucket holds `burst` tokens and gets `per_second` new ones.
struct Rate {
  double burst = 1;
  double per_second = 1;
};

/// One bucket, full at first. 16 bytes. A clock that is set back costs no tokens and gives none.
class TokenBucket {
 public:
  /// Takes tokens if there are enough. @return 0, or how long until there are, and then nothing was taken
  [[nodiscard]] Milliseconds take(const Rate& rate, double cost, UnixTime now) noexcept;
  /// When it will be full again, if nothing is taken.
  [[nodiscard]] UnixTime full_at(const Rate& rate) const noexcept;

 private:
  double tokens_ = -1;  // -1: never used, so full
  UnixTime at_{};
};

/// Buckets that connections share: of an account, a mailbox, an address class. Keys are hashes that the relay makes
/// with a key of its own process, so that a shared limiter learns no identifier. Safe to call from any thread.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;
  /// As TokenBucket::take for the bucket of this key. One key always comes with the same rate.
  [[nodiscard]] virtual Milliseconds take(const ByteArray<32>& key, const Rate& rate, double cost, UnixTime now) = 0;
};

/// In this process. Holds at most `most_keys` buckets of about 100 bytes; full ones are forgotten first.
class InProcessRateLimiter final : public RateLimiter {
 public:
  explicit InProcessRateLimiter(std::size_t most_keys = 100'000);
  ~InProcessRateLimiter() override;
  [[nodiscard]] Milliseconds take(const ByteArray<32>& key, const Rate& rate, double cost, UnixTime now) override;
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anochat
