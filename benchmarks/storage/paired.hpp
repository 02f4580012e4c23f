// benchmarks/paired.hpp - two ways to do the same work, measured in turn, compared by the median of paired ratios.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace anochat::bench {

inline double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Both are run once to warm up, then `rounds` times each in an order that chance decides, so that what else the machine
/// does meets both alike.
/// @param units  operations in one run, for the absolute figures
inline void compare(const std::string& name, int rounds, double units, const std::function<void()>& base,
                    const std::function<void()>& other) {
  static std::mt19937 rng(7);
  base();
  other();
  std::vector<double> base_times, other_times, ratios;
  for (int i = 0; i < rounds; ++i) {
    double b = 0;
    double o = 0;
    if (rng() % 2 == 0) {
      b = seconds(base);
      o = seconds(other);
    } else {
      o = seconds(other);
      b = seconds(base);
    }
    base_times.push_back(b);
    other_times.push_back(o);
    ratios.push_back(o / b);
  }
  const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
  std::printf("%-46s %10.2f us %10.2f us   %5.2f  (%.2f-%.2f)\n", name.c_str(), median(base_times) / units * 1e6,
              median(other_times) / units * 1e6, median(ratios), *low, *high);
  std::fflush(stdout);
}

}  // namespace anochat::bench
