#include "measure.hpp"

#include "allocations.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>

#ifdef __linux__
#include <sched.h>
#endif

namespace bench {
namespace {

double cpu_microseconds(const std::function<void()>& work) {
  timespec begin{};
  timespec end{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  work();
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  return static_cast<double>(end.tv_sec - begin.tv_sec) * 1e6 + static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e3;
}

double time_of(const Primitive& primitive) {
  constexpr std::size_t kBatch = 100;
  return cpu_microseconds([&primitive] {
           for (std::size_t i = 0; i < kBatch; ++i) primitive.call();
         }) /
         static_cast<double>(kBatch);
}

Timing time_of(const Workload& workload, double x25519) {
  const auto count = static_cast<double>(workload.batch);
  if (workload.prepare) workload.prepare();
  const std::size_t allocated_before = allocation_count();
  Timing timing;
  timing.microseconds = cpu_microseconds(workload.run) / count;
  timing.allocations = static_cast<double>(allocation_count() - allocated_before) / count;
  if (workload.clean_up) workload.clean_up();
  timing.floor_microseconds = cpu_microseconds(workload.floor) / count;
  timing.ratio = timing.microseconds / timing.floor_microseconds;
  timing.in_x25519 = timing.microseconds / x25519;
  return timing;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Timing median(const std::vector<Timing>& timings) {
  const auto of = [&timings](double Timing::*figure) {
    std::vector<double> values;
    values.reserve(timings.size());
    for (const Timing& timing : timings) values.push_back(timing.*figure);
    return median(std::move(values));
  };
  return {of(&Timing::microseconds), of(&Timing::floor_microseconds), of(&Timing::ratio), of(&Timing::in_x25519),
          of(&Timing::allocations)};
}

}  // namespace

void pin_to_one_processor() noexcept {
#ifdef __linux__
  const int here = sched_getcpu();
  if (here < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(here), &set);
  sched_setaffinity(0, sizeof set, &set);  // if refused, the figures are noisier, no more
#endif
}

Timings measure(const std::vector<Primitive>& primitives, const std::vector<Workload>& workloads, std::size_t rounds) {
  for (const Workload& workload : workloads) time_of(workload, 1);  // buffers grow to their size, caches fill
  std::vector<std::vector<double>> of_primitives(primitives.size());
  std::vector<std::vector<Timing>> of_workloads(workloads.size());
  for (; rounds > 0; --rounds) {
    for (std::size_t i = 0; i < primitives.size(); ++i) of_primitives[i].push_back(time_of(primitives[i]));
    for (std::size_t i = 0; i < workloads.size(); ++i) {
      of_workloads[i].push_back(time_of(workloads[i], of_primitives.front().back()));
      if (workloads[i].must_not_allocate && of_workloads[i].back().allocations > 0) {
        throw std::runtime_error(workloads[i].name + " allocates");
      }
    }
  }
  Timings timings;
  for (auto& samples : of_primitives) timings.primitives.push_back(median(std::move(samples)));
  for (const auto& samples : of_workloads) timings.workloads.push_back(median(samples));
  return timings;
}

}  // namespace bench
