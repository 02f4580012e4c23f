// report.hpp - the tables and the JSON file.
#pragma once

#include "measure.hpp"
#include "primitives.hpp"
#include "sizes.hpp"

#include <iosfwd>
#include <vector>

namespace bench {

/// One run.
struct Report {
  std::size_t rounds = 0;
  std::vector<Primitive> primitives;
  std::vector<Workload> workloads;
  Timings timings;          ///< of both, in their order
  std::vector<Size> sizes;  ///< may be empty
};

void print_tables(const Report& report, std::ostream& out);
void print_json(const Report& report, std::ostream& out);

}  // namespace bench
