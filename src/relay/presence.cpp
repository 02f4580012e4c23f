#include <anochat/relay/presence.hpp>

#include <map>
#include <mutex>
#include <utility>

namespace anochat {

struct InProcessPresence::State {
  mutable std::mutex mutex;
  std::map<MailboxId, RelayPlace> places;
};

InProcessPresence::InProcessPresence() : state_(std::make_unique<State>()) {}
InProcessPresence::~InProcessPresence() = default;

std::optional<RelayPlace> InProcessPresence::claim(const MailboxId& mailbox, const RelayPlace& place) {
  const std::lock_guard lock(state_->mutex);
  const auto [found, is_new] = state_->places.try_emplace(mailbox, place);
  if (is_new) return std::nullopt;
  return std::exchange(found->second, place);
}

bool InProcessPresence::release(const MailboxId& mailbox, const RelayPlace& place) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->places.find(mailbox);
  if (found == state_->places.end() || found->second != place) return false;
  state_->places.erase(found);
  return true;
}

std::optional<RelayPlace> InProcessPresence::find(const MailboxId& mailbox) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->places.find(mailbox);
  return found == state_->places.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace anochat
