#include "client/courier.hpp"

#include <algorithm>
#include <new>

namespace anochat::client {

void Courier::add(storage::OutboxEntry entry) noexcept {
  if (link != Link::online || has_more_ || ready_.size() >= kMostReady) {
    has_more_ = true;
    return;
  }
  try {
    ready_.push_back(std::move(entry));
  } catch (const std::bad_alloc&) {
    has_more_ = true;  // it is in the store
  }
}

std::uint64_t Courier::begin(Ask ask, UnixTime now) {
  const std::uint64_t request = next_request_++;
  waiting_.emplace(request, Waiting{std::move(ask), now + kAnswerTime});
  return request;
}

Ask Courier::end(std::uint64_t request) {
  const auto found = waiting_.find(request);
  if (found == waiting_.end()) return std::monostate{};
  return std::move(waiting_.extract(found).mapped().ask);
}

void Courier::want(const AccountId& account) {
  Wish& wish = wanted_[account];
  if (wish.is_list_only) wish = {};
}

void Courier::want_again(const AccountId& account, UnixTime now) {
  int& count = fruitless_[account];
  const int doublings = std::min(count++, 7);
  want_later(account, now + std::min(kFirstFetchPause * (1 << doublings), kFetchPause));
}

void Courier::want_list(const AccountId& account, UnixTime at) {
  if (!is_fetching(account)) wanted_.try_emplace(account, Wish{at, /*is_list_only=*/true});
}

bool Courier::is_fetching(const AccountId& account) const noexcept {
  const auto holds = [&account](const std::vector<AccountId>& list) {
    return std::find(list.begin(), list.end(), account) != list.end();
  };
  return std::any_of(waiting_.begin(), waiting_.end(), [&holds](const auto& entry) {
    const auto* fetch = std::get_if<ask::Fetch>(&entry.second.ask);
    return fetch != nullptr && (holds(fetch->accounts) || holds(fetch->lists));
  });
}

ask::Fetch Courier::take_wanted(UnixTime now, std::size_t most) {
  ask::Fetch out;
  for (auto entry = wanted_.begin(); entry != wanted_.end() && out.accounts.size() + out.lists.size() < most;) {
    if (entry->second.at > now) {
      ++entry;
      continue;
    }
    (entry->second.is_list_only ? out.lists : out.accounts).push_back(entry->first);
    entry = wanted_.erase(entry);
  }
  return out;
}

std::vector<storage::OutboxEntry> Courier::take_rows() {
  std::vector<storage::OutboxEntry> out;
  std::size_t bytes = 0;
  while (!ready_.empty() && out.size() < kMaxFrameBatch && in_flight_.size() < kMostInFlight) {
    bytes += ready_.front().envelope.size();
    if (!out.empty() && bytes > kMostSubmitLen) break;
    in_flight_.insert(ready_.front().row);
    out.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  return out;
}

void Courier::refill(std::vector<storage::OutboxEntry> due) {
  has_more_ = due.size() >= kMostReady;
  for (storage::OutboxEntry& entry : due) {
    if (!in_flight_.contains(entry.row)) ready_.push_back(std::move(entry));
  }
}

void Courier::again(const Ask& ask) {
  if (std::holds_alternative<ask::PublishAccount>(ask)) wants_account = true;
  if (std::holds_alternative<ask::PublishPreKeys>(ask)) wants_prekeys = true;
  if (std::holds_alternative<ask::Count>(ask)) wants_count = true;
  if (const auto* fetch = std::get_if<ask::Fetch>(&ask)) {
    for (const AccountId& account : fetch->accounts) want(account);
    for (const AccountId& account : fetch->lists) wanted_.try_emplace(account, Wish{{}, /*is_list_only=*/true});
  }
  if (const auto* submit = std::get_if<ask::Submit>(&ask)) {
    for (const SubmittedRow& row : submit->rows) in_flight_.erase(row.row);
    if (!submit->rows.empty()) has_more_ = true;
  }
}

void Courier::expire(UnixTime now) {
  for (auto entry = waiting_.begin(); entry != waiting_.end();) {
    // How long a login may take, whoever drives the connection decides: a late answer still counts.
    if (entry->second.until > now || std::holds_alternative<ask::Login>(entry->second.ask)) {
      ++entry;
      continue;
    }
    again(entry->second.ask);
    entry = waiting_.erase(entry);
  }
}

std::optional<UnixTime> Courier::next_timer() const {
  if (link == Link::offline) return std::nullopt;
  std::optional<UnixTime> first;
  const auto take = [&first](UnixTime at) { first = first ? std::min(*first, at) : at; };
  for (const auto& [request, entry] : waiting_) {
    if (!std::holds_alternative<ask::Login>(entry.ask)) take(entry.until);
  }
  if (link != Link::online) return first;
  for (const auto& [account, wish] : wanted_) {
    if (wish.at != UnixTime{}) take(wish.at);
  }
  take(next_count);
  return first;
}

bool Courier::has_work() const noexcept {
  if (!frames.empty()) return true;
  if (link != Link::online) return false;
  return !acknowledged.empty() || wants_account || wants_prekeys || wants_count || !signals.empty() ||
         !ready_.empty() || has_more_ || !wanted_.empty();
}

void Courier::reset() noexcept {
  try {
    for (auto& [request, entry] : waiting_) again(entry.ask);
  } catch (const std::bad_alloc&) {  // what the store waits for is looked up when the link is there again
  }
  waiting_.clear();
  frames.clear();
  has_warned = false;
  acknowledged.clear();
  signals.clear();
  ready_.clear();
  in_flight_.clear();
  has_more_ = true;
}

}  // namespace anochat::client
