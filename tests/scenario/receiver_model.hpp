// What a receiver must answer to each message, worked out with numbers alone: no key is derived here. Written from
// docs/protocol.md, sections 6 and 7, and not from the code.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace anochat::testing {

/// Where a message stands: what its header says, with the sender's chain as a number from 0.
struct Place {
  std::uint32_t chain = 0;
  std::uint32_t pn = 0;
  std::uint32_t n = 0;
  std::uint64_t pq_epoch = 0;
  std::uint32_t pq_n = 0;
};

/// Answers without a session what a session must answer: nothing when the message opens, else why it does not.
class ReceiverModel {
 public:
  /// @param sending_epoch  the receiver's own, before the message: it decides which PQ chains it still has
  [[nodiscard]] std::optional<Errc> receive(const Place& at, std::uint64_t sending_epoch, UnixTime now_ms) {
    const auto now = std::chrono::floor<std::chrono::seconds>(now_ms);
    ReceiverModel next = *this;
    next.forget_pq_chains(sending_epoch);
    if (const auto refused = next.take_ec(at, now)) return refused;
    if (const auto refused = next.take_pq(at, now)) return refused;
    next.prune(now);
    *this = std::move(next);
    return std::nullopt;
  }

  [[nodiscard]] std::size_t kept() const noexcept { return ec_kept_.size() + pq_kept_.size(); }

 private:
  using Seconds = std::chrono::sys_seconds;
  using Id = std::pair<std::uint64_t, std::uint32_t>;
  using Kept = std::map<Id, Seconds>;

  [[nodiscard]] bool has_kept_chain(std::uint32_t chain) const {
    const auto first = ec_kept_.lower_bound({chain, 0});
    return first != ec_kept_.end() && first->first.first == chain;
  }

  static std::optional<Errc> use(Kept& kept, Id id, Seconds now) {
    const auto found = kept.find(id);
    if (found == kept.end() || found->second < now - std::chrono::days(30)) return Errc::replayed;
    kept.erase(found);
    return std::nullopt;
  }

  // Passes over next..until in a chain, at most `most` of them.
  static std::optional<Errc> skip(Kept& kept, std::uint64_t chain, std::uint32_t& next, std::uint32_t until,
                                  std::uint32_t most, Seconds now) {
    if (until > next && until - next > most) return Errc::gap_too_large;
    for (; next < until; ++next) kept[{chain, next}] = now;
    return std::nullopt;
  }

  std::optional<Errc> take_ec(const Place& at, Seconds now) {
    if (chain_ && at.chain < *chain_) {
      if (!has_kept_chain(at.chain)) return Errc::bad_message;  // not even its header can be opened
      return use(ec_kept_, {at.chain, at.n}, now);
    }
    if (chain_ && at.chain == *chain_ && at.n < next_) return use(ec_kept_, {at.chain, at.n}, now);
    if (!chain_ || at.chain != *chain_) {
      if (chain_) {
        if (const auto refused = skip(ec_kept_, *chain_, next_, at.pn, 1'000, now)) return refused;
      }
      chain_ = at.chain;
      next_ = 0;
    }
    if (const auto refused = skip(ec_kept_, at.chain, next_, at.n, 1'000, now)) return refused;
    ++next_;
    return std::nullopt;
  }

  std::optional<Errc> take_pq(const Place& at, Seconds now) {
    if (at.pq_epoch < oldest_epoch_ || at.pq_n < pq_next(at.pq_epoch))
      return use(pq_kept_, {at.pq_epoch, at.pq_n}, now);
    std::uint32_t& next = pq_next(at.pq_epoch);
    if (const auto refused = skip(pq_kept_, at.pq_epoch, next, at.pq_n, 2'000, now)) return refused;
    ++next;
    return std::nullopt;
  }

  std::uint32_t& pq_next(std::uint64_t epoch) { return pq_next_.try_emplace(epoch, 1).first->second; }

  void forget_pq_chains(std::uint64_t sending_epoch) {
    oldest_epoch_ = sending_epoch == 0 ? 0 : sending_epoch - 1;
    std::erase_if(pq_next_, [this](const auto& chain) { return chain.first < oldest_epoch_; });
  }

  void prune(Seconds now) {
    std::set<std::uint64_t> older;
    for (const auto& [id, since] : ec_kept_) {
      if (id.first < *chain_) older.insert(id.first);
    }
    while (older.size() > 16) {
      std::erase_if(ec_kept_, [&older](const auto& key) { return key.first.first == *older.begin(); });
      older.erase(older.begin());
    }
    for (Kept* kept : {&ec_kept_, &pq_kept_}) {
      while (kept->size() > 2'000) kept->erase(kept->begin());
      std::erase_if(*kept, [now](const auto& key) { return key.second < now - std::chrono::days(30); });
    }
  }

  std::optional<std::uint32_t> chain_;  // the present receiving chain
  std::uint32_t next_ = 0;
  Kept ec_kept_;
  std::map<std::uint64_t, std::uint32_t> pq_next_;
  std::uint64_t oldest_epoch_ = 0;
  Kept pq_kept_;
};

}  // namespace anochat::testing
