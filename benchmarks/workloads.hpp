// workloads.hpp - what is timed.
#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace bench {

/// The workloads of docs/benchmarks.md, in its order: those whose name holds `only`.
[[nodiscard]] std::vector<Workload> make_workloads(const std::string& only);

}  // namespace bench
