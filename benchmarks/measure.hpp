// measure.hpp - how time is taken: CPU time of one pinned thread, in batches, every batch beside its floor.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// Something to time, and the raw primitives that it cannot do without.
struct Workload {
  std::string name;
  std::size_t batch = 1;          ///< how many operations run() and floor() each do
  std::function<void()> prepare;  ///< before each batch, not timed; may be empty
  std::function<void()> run;
  std::function<void()> clean_up;  ///< after each batch, not timed; may be empty
  std::function<void()> floor;
  std::string floor_text;          ///< what floor() does for each operation
  double ratio_goal = 0;           ///< at most this many times the floor; 0: no such goal
  double microseconds_goal = 0;    ///< at most this where X25519 takes 38 us; 0: no such goal
  bool must_not_allocate = false;  ///< one allocation in a batch is wrong behaviour
};

/// Medians over all rounds, per operation.
struct Timing {
  double microseconds = 0;
  double floor_microseconds = 0;
  double ratio = 0;  ///< of run to floor in the same round
  double allocations = 0;
};

/// Keeps this thread on one processor, where the system has a way to do so.
void pin_to_one_processor() noexcept;

/// Microseconds of CPU time that `work` takes in this thread.
[[nodiscard]] double cpu_microseconds(const std::function<void()>& work);

[[nodiscard]] double median(std::vector<double> values);

/// Times every workload once a round, so that a slow minute of the machine meets them all.
/// @throws std::runtime_error  a workload allocated that must not
[[nodiscard]] std::vector<Timing> measure(const std::vector<Workload>& workloads, std::size_t rounds);

}  // namespace bench
