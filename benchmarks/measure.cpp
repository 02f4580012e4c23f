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

struct Samples {
  std::vector<double> microseconds;
  std::vector<double> floors;
  std::vector<double> ratios;
  std::vector<double> allocations;
};

void take_sample(const Workload& workload, Samples& samples) {
  const auto count = static_cast<double>(workload.batch);
  if (workload.prepare) workload.prepare();
  const std::size_t before = allocation_count();
  const double time = cpu_microseconds(workload.run) / count;
  const std::size_t allocated = allocation_count() - before;
  if (workload.clean_up) workload.clean_up();
  const double floor = cpu_microseconds(workload.floor) / count;
  samples.microseconds.push_back(time);
  samples.floors.push_back(floor);
  samples.ratios.push_back(time / floor);
  samples.allocations.push_back(static_cast<double>(allocated) / count);
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

double cpu_microseconds(const std::function<void()>& work) {
  timespec begin{};
  timespec end{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  work();
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  return static_cast<double>(end.tv_sec - begin.tv_sec) * 1e6 + static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e3;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<Timing> measure(const std::vector<Workload>& workloads, std::size_t rounds) {
  Samples warm_up;  // the first round: buffers grow to their size, caches fill
  for (const Workload& workload : workloads) take_sample(workload, warm_up);
  std::vector<Samples> samples(workloads.size());
  for (; rounds > 0; --rounds) {
    for (std::size_t i = 0; i < workloads.size(); ++i) {
      take_sample(workloads[i], samples[i]);
      if (workloads[i].must_not_allocate && samples[i].allocations.back() > 0) {
        throw std::runtime_error(workloads[i].name + " allocates");
      }
    }
  }
  std::vector<Timing> timings;
  for (const Samples& sample : samples) {
    timings.push_back(
        {median(sample.microseconds), median(sample.floors), median(sample.ratios), median(sample.allocations)});
  }
  return timings;
}

}  // namespace bench
