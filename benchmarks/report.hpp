// report.hpp - the table and the JSON file.
#pragma once

#include "measure.hpp"
#include "sizes.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace bench {

struct PrimitiveTime {
  std::string name;
  double microseconds = 0;
};

/// One run. The goals in microseconds were set where X25519 takes 38 us; elsewhere they are scaled by what it takes.
struct Report {
  std::size_t rounds = 0;
  std::vector<PrimitiveTime> primitives;  ///< X25519 first
  std::vector<Workload> workloads;
  std::vector<Timing> timings;  ///< of the workloads, in their order
  std::vector<Size> sizes;

  [[nodiscard]] double x25519_microseconds() const { return primitives.front().microseconds; }
};

void print_table(const Report& report, std::ostream& out);
void print_json(const Report& report, std::ostream& out);

}  // namespace bench
