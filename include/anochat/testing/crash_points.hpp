// anochat/testing/crash_points.hpp - named places where a test lets a process die.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/testing/endpoint.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anochat::testing {

/// What CrashAction::leave throws. It is no std::exception, so that nothing that handles errors handles it by accident.
struct Crash {
  std::string point;
};

enum class CrashAction : std::uint8_t {
  kill,   ///< SIGKILL for this process: no destructor runs, no buffer is written
  leave,  ///< throws Crash: the test catches it, drops the objects and opens the store again
};

/// Counts visits to named places and strikes at the one that was asked for. The library knows nothing of it: the doubles
/// below bring it to where a client touches its world, and a test calls reach() wherever it likes. Safe from any thread.
class CrashPoints {
 public:
  /// Strikes at visit number `visit`, counted from 1 and from now, of `point`; of any point when it is empty. Once.
  void arm(std::string_view point, std::uint64_t visit, CrashAction action);
  void disarm();
  void reach(std::string_view point);

  [[nodiscard]] bool is_armed() const;
  /// Visits to each point since the start.
  [[nodiscard]] std::map<std::string, std::uint64_t> visits() const;
  [[nodiscard]] std::uint64_t total() const;

  /// From now on trail() remembers the name of every visit: a dry run lists all places, and each of them can be struck at.
  void record();
  /// The recorded visits in their order; entry i is where arm("", i + 1, ...) would have struck, armed when record() was called.
  [[nodiscard]] std::vector<std::string> trail() const;

 private:
  struct Plan {
    std::string point;
    std::uint64_t left;
    CrashAction action;
  };
  mutable std::mutex mutex_;
  std::optional<Plan> plan_;
  std::map<std::string, std::uint64_t> visits_;
  std::uint64_t total_ = 0;
  bool is_recording_ = false;
  std::vector<std::string> trail_;
};

/// Another source, with the point "random" before every draw.
class CrashingRandom final : public Random {
 public:
  CrashingRandom(Random& source, CrashPoints& points) noexcept : source_(&source), points_(&points) {}
  void fill(MutableByteView out) override;

 private:
  Random* source_;
  CrashPoints* points_;
};

/// Another clock, with the point "clock" before every look at it.
class CrashingClock final : public Clock {
 public:
  CrashingClock(const Clock& source, CrashPoints& points) noexcept : source_(&source), points_(&points) {}
  [[nodiscard]] UnixTime now() const override;

 private:
  const Clock* source_;
  CrashPoints* points_;
};

/// Another endpoint, with points around each call: "receive.before", "receive.after", "outgoing.before", "outgoing.after"
/// (the frames are lost), "tick.before", "tick.after", "connected", "connected.after", "disconnected", "disconnected.after".
class CrashingEndpoint final : public Endpoint {
 public:
  CrashingEndpoint(Endpoint& endpoint, CrashPoints& points) noexcept : endpoint_(&endpoint), points_(&points) {}

  void connected() override;
  void disconnected() override;
  void receive(ByteView frame) override;
  [[nodiscard]] std::vector<Bytes> outgoing() override;
  [[nodiscard]] std::optional<UnixTime> next_timer() const override { return endpoint_->next_timer(); }
  void tick() override;

 private:
  Endpoint* endpoint_;
  CrashPoints* points_;
};

}  // namespace anochat::testing
