// session/skipped_keys.hpp - keys of messages that have not arrived yet, bounded in number and age.
#pragma once

#include <anochat/base/clock.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace anochat::session {

/// A key that was passed over: number n of a chain. Chains are named by growing numbers of the caller's choice (for PQ
/// keys the epoch itself).
template <class Key>
struct SkippedKey {
  std::uint64_t chain = 0;
  std::uint32_t n = 0;
  std::chrono::sys_seconds since{};
  Key key;
};

/// Keeps keys in the order (chain, n); looks up by binary search; a used key leaves a gap that is closed
/// when gaps outnumber keys.
///
/// What is appended after begin() is not visible to find() and can be taken back with roll_back(), so that a message
/// that turns out not to be authentic leaves nothing behind.
template <class Key>
class SkippedKeys {
 public:
  using Entry = SkippedKey<Key>;

  void reserve(std::size_t count) { entries_.reserve(count); }
  void begin() noexcept { begun_at_ = entries_.size(); }
  void append(Entry entry) { entries_.push_back({std::move(entry), true}); }
  void roll_back() noexcept { entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(begun_at_), entries_.end()); }

  /// Makes what was appended since begin() part of the whole.
  void commit() noexcept {
    for (std::size_t i = begun_at_; i < entries_.size(); ++i) oldest_ = std::min(oldest_, entries_[i].entry.since);
    live_ += entries_.size() - begun_at_;
    const auto middle = entries_.begin() + static_cast<std::ptrdiff_t>(begun_at_);
    if (middle != entries_.begin() && middle != entries_.end() && is_before(*middle, *(middle - 1))) {
      std::inplace_merge(entries_.begin(), middle, entries_.end(), is_before);  // late keys of an earlier epoch
    }
    begun_at_ = entries_.size();
  }
  [[nodiscard]] std::size_t appended() const noexcept { return entries_.size() - begun_at_; }

  [[nodiscard]] std::size_t size() const noexcept { return live_; }

  /// The key's place, for peek() and take(); valid until the next change.
  [[nodiscard]] std::optional<std::size_t> find(std::uint64_t chain, std::uint32_t n) const noexcept {
    std::size_t low = 0;
    std::size_t high = begun_at_;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const Entry& entry = entries_[middle].entry;
      if (std::pair(entry.chain, entry.n) < std::pair(chain, n)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == begun_at_ || !entries_[low].is_live) return std::nullopt;
    const Entry& entry = entries_[low].entry;
    return entry.chain == chain && entry.n == n ? std::optional(low) : std::nullopt;
  }
  [[nodiscard]] const Entry& peek(std::size_t place) const noexcept { return entries_[place].entry; }

  void take(std::size_t place) noexcept {
    entries_[place].entry.key = Key();  // wiped now, not when the gap is closed
    entries_[place].is_live = false;
    --live_;
    if (entries_.size() > 2 * live_ + 64) close_gaps();
  }

  [[nodiscard]] bool has_chain(std::uint64_t chain) const noexcept {
    for (const Slot& slot : entries_) {
      if (slot.is_live && slot.entry.chain == chain) return true;
    }
    return false;
  }

  /// Removes the first while there are more than `most`, everything skipped before `horizon`, and what `is_dropped` says.
  /// Calls on_removed(const Entry&) for each.
  template <class IsDropped, class OnRemoved>
  void evict(std::size_t most, std::chrono::sys_seconds horizon, IsDropped is_dropped, OnRemoved on_removed) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (!entries_[i].is_live) continue;
      const Entry& entry = entries_[i].entry;
      if (live_ <= most && entry.since >= horizon && !is_dropped(entry)) continue;
      on_removed(entry);
      entries_[i].entry.key = Key();
      entries_[i].is_live = false;
      --live_;
    }
    close_gaps();
    oldest_ = kNever;
    for (const Slot& slot : entries_) oldest_ = std::min(oldest_, slot.entry.since);
  }

  /// Whether evict() would remove anything, apart from is_dropped.
  [[nodiscard]] bool needs_eviction(std::size_t most, std::chrono::sys_seconds horizon) const noexcept {
    return live_ > most || (live_ > 0 && oldest_ < horizon);
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < begun_at_; ++i) {
      if (entries_[i].is_live) visit(entries_[i].entry);
    }
  }
  /// What was appended since begin().
  template <class Visit>
  void for_each_appended(Visit visit) const {
    for (std::size_t i = begun_at_; i < entries_.size(); ++i) visit(entries_[i].entry);
  }

 private:
  struct Slot {
    Entry entry;
    bool is_live = true;
  };

  [[nodiscard]] static bool is_before(const Slot& a, const Slot& b) noexcept {
    return std::pair(a.entry.chain, a.entry.n) < std::pair(b.entry.chain, b.entry.n);
  }

  void close_gaps() noexcept {
    std::erase_if(entries_, [](const Slot& slot) { return !slot.is_live; });
    begun_at_ = entries_.size();
  }

  std::vector<Slot> entries_;  // keys wipe themselves, also when the vector moves them
  std::size_t live_ = 0;
  std::size_t begun_at_ = 0;
  static constexpr std::chrono::sys_seconds kNever = std::chrono::sys_seconds::max();
  std::chrono::sys_seconds oldest_ = kNever;  ///< not after the oldest key's time
};

}  // namespace anochat::session
