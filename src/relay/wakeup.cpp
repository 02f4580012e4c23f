#include <anochat/relay/wakeup.hpp>

#include <map>
#include <mutex>
#include <utility>

namespace anochat {

struct InProcessWakeup::State {
  explicit State(std::size_t with_most) : most(with_most) {}

  const std::size_t most;
  std::mutex mutex;
  std::map<std::uint64_t, std::vector<Wake>> waiting;
};

InProcessWakeup::InProcessWakeup(std::size_t most_per_node) : state_(std::make_unique<State>(most_per_node)) {}
InProcessWakeup::~InProcessWakeup() = default;

void InProcessWakeup::publish(std::uint64_t node, Wake wake) {
  const std::lock_guard lock(state_->mutex);
  std::vector<Wake>& list = state_->waiting[node];
  if (list.size() < state_->most) {
    list.push_back(std::move(wake));
  } else if (wake.kind != Wake::Kind::signal && (list.empty() || list.back().kind != Wake::Kind::everything)) {
    list.push_back({Wake::Kind::everything, {}, 0, {}});
  }
}

std::vector<Wake> InProcessWakeup::take(std::uint64_t node) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->waiting.find(node);
  return found == state_->waiting.end() ? std::vector<Wake>{} : std::exchange(found->second, {});
}

}  // namespace anochat
