#include <anochat/testing/crash_points.hpp>

#include <csignal>
#include <unistd.h>

namespace anochat::testing {

void CrashPoints::arm(std::string_view point, std::uint64_t visit, CrashAction action) {
  const std::lock_guard lock(mutex_);
  plan_ = Plan{std::string(point), visit, action};
}

void CrashPoints::disarm() {
  const std::lock_guard lock(mutex_);
  plan_.reset();
}

void CrashPoints::reach(std::string_view point) {
  const std::lock_guard lock(mutex_);
  ++visits_[std::string(point)];
  ++total_;
  if (is_recording_) trail_.emplace_back(point);
  if (!plan_ || (!plan_->point.empty() && plan_->point != point) || --plan_->left != 0) return;
  const CrashAction action = plan_->action;
  plan_.reset();
  if (action == CrashAction::kill) {
    ::kill(::getpid(), SIGKILL);
    while (true) ::pause();
  }
  throw Crash{std::string(point)};
}

bool CrashPoints::is_armed() const {
  const std::lock_guard lock(mutex_);
  return plan_.has_value();
}

std::map<std::string, std::uint64_t> CrashPoints::visits() const {
  const std::lock_guard lock(mutex_);
  return visits_;
}

std::uint64_t CrashPoints::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

void CrashPoints::record() {
  const std::lock_guard lock(mutex_);
  is_recording_ = true;
}

std::vector<std::string> CrashPoints::trail() const {
  const std::lock_guard lock(mutex_);
  return trail_;
}

void CrashingRandom::fill(MutableByteView out) {
  points_->reach("random");
  source_->fill(out);
}

UnixTime CrashingClock::now() const {
  points_->reach("clock");
  return source_->now();
}

void CrashingEndpoint::connected() {
  points_->reach("connected");
  endpoint_->connected();
  points_->reach("connected.after");
}

void CrashingEndpoint::disconnected() {
  points_->reach("disconnected");
  endpoint_->disconnected();
  points_->reach("disconnected.after");
}

void CrashingEndpoint::receive(ByteView frame) {
  points_->reach("receive.before");
  endpoint_->receive(frame);
  points_->reach("receive.after");
}

std::vector<Bytes> CrashingEndpoint::outgoing() {
  points_->reach("outgoing.before");
  std::vector<Bytes> frames = endpoint_->outgoing();
  if (!frames.empty()) points_->reach("outgoing.after");
  return frames;
}

void CrashingEndpoint::tick() {
  points_->reach("tick.before");
  endpoint_->tick();
  points_->reach("tick.after");
}

}  // namespace anochat::testing
