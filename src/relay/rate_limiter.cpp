#include <anochat/relay/rate_limiter.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

namespace anochat {

Milliseconds TokenBucket::take(const Rate& rate, double cost, UnixTime now) noexcept {
  if (tokens_ < 0) {
    tokens_ = rate.burst;
  } else if (now > at_) {
    const double seconds = static_cast<double>((now - at_).count()) / 1'000;
    tokens_ = std::min(rate.burst, tokens_ + seconds * rate.per_second);
  }
  at_ = now;
  if (tokens_ >= cost) {
    tokens_ -= cost;
    return Milliseconds{0};
  }
  constexpr double longest = 86'400'000;  // ms: a day; also for what never fits
  const double wait = rate.per_second > 0 ? (cost - tokens_) / rate.per_second * 1'000 : longest;
  return Milliseconds{static_cast<Milliseconds::rep>(std::ceil(std::clamp(wait - 1e-6, 1.0, longest)))};
}

UnixTime TokenBucket::full_at(const Rate& rate) const noexcept {
  if (tokens_ < 0 || tokens_ >= rate.burst) return at_;
  const double wait = rate.per_second > 0 ? (rate.burst - tokens_) / rate.per_second * 1'000 : 86'400'000.0;
  return at_ + Milliseconds{static_cast<Milliseconds::rep>(std::min(wait, 1e12))};
}

struct InProcessRateLimiter::State {
  struct Entry {
    TokenBucket bucket;
    UnixTime full_at;
  };
  explicit State(std::size_t with_most) : most(std::max<std::size_t>(with_most, 1)) {}

  const std::size_t most;
  std::mutex mutex;
  std::map<ByteArray<32>, Entry> entries;
  UnixTime swept{};

  // At most once a second, because it looks at every bucket. In between, somebody's bucket has to go.
  void make_room(UnixTime now) {
    if (entries.size() < most) return;
    if (now < swept || now - swept >= std::chrono::seconds(1)) {
      swept = now;
      std::erase_if(entries, [now](const auto& entry) { return entry.second.full_at <= now; });
    }
    if (entries.size() >= most) entries.erase(entries.begin());
  }
};

InProcessRateLimiter::InProcessRateLimiter(std::size_t most_keys) : state_(std::make_unique<State>(most_keys)) {}
InProcessRateLimiter::~InProcessRateLimiter() = default;

Milliseconds InProcessRateLimiter::take(const ByteArray<32>& key, const Rate& rate, double cost, UnixTime now) {
  const std::lock_guard lock(state_->mutex);
  auto found = state_->entries.find(key);
  if (found == state_->entries.end()) {
    state_->make_room(now);
    found = state_->entries.try_emplace(key).first;
  }
  const Milliseconds wait = found->second.bucket.take(rate, cost, now);
  found->second.full_at = found->second.bucket.full_at(rate);
  return wait;
}

std::size_t InProcessRateLimiter::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->entries.size();
}

}  // namespace anochat
