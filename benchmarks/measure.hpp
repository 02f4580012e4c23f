// measure.hpp - how time is taken: CPU time of one pinned thread, in batches, every batch beside its floor.
#pragma once

#include "primitives.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// What a workload should stay under.
struct Goal {
  enum class Unit { none, times_the_floor, microseconds };  ///< microseconds: as if X25519 took 38

  Unit unit = Unit::none;
  double at_most = 0;
};

/// Something to time, and the raw primitives that it cannot do without.
struct Workload {
  std::string name;
  std::size_t batch = 1;          ///< how many operations run() and floor() each do
  std::function<void()> prepare;  ///< before each batch, not timed; may be empty
  std::function<void()> run;
  std::function<void()> clean_up;  ///< after each batch, not timed; may be empty
  std::function<void()> floor;
  std::string floor_text;  ///< what floor() does for each operation
  Goal goal;
  bool must_not_allocate = false;  ///< one allocation in a batch is wrong behaviour
};

/// Medians over all rounds, per operation.
struct Timing {
  double microseconds = 0;
  double floor_microseconds = 0;
  double ratio = 0;      ///< of run to floor in the same round
  double in_x25519 = 0;  ///< how many X25519 of the same round it takes
  double allocations = 0;
};

struct Timings {
  std::vector<double> primitives;  ///< microseconds of each
  std::vector<Timing> workloads;
};

/// Keeps this thread on one processor, where the system has a way to do so.
void pin_to_one_processor() noexcept;

/// Times every primitive and every workload once a round, so that a slow minute of the machine meets them all.
/// @param primitives  X25519 first
/// @throws std::runtime_error  a workload allocated that must not
[[nodiscard]] Timings measure(const std::vector<Primitive>& primitives, const std::vector<Workload>& workloads,
                              std::size_t rounds);

}  // namespace bench
