#include "report.hpp"

#include <anochat/base/version.hpp>

#include <fstream>
#include <iomanip>
#include <optional>
#include <ostream>
#include <sstream>

namespace bench {
namespace {

constexpr double kReferenceX25519 = 38.0;  // us, on the machine for which the goals in microseconds were set

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

std::string microseconds(double value) { return fixed(value, value < 100 ? 2 : 1); }

std::string processor() {
  std::ifstream info("/proc/cpuinfo");  // elsewhere it stays unknown
  for (std::string line; std::getline(info, line);) {
    const std::size_t at = line.find("model name");
    if (at == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

struct Goal {
  std::string text;
  bool is_met;
};

std::optional<Goal> goal_of(const Report& report, std::size_t i) {
  const Workload& workload = report.workloads[i];
  const Timing& timing = report.timings[i];
  if (workload.ratio_goal > 0) return Goal{fixed(workload.ratio_goal, 2) + "x", timing.ratio <= workload.ratio_goal};
  if (workload.microseconds_goal > 0) {
    const double scaled = workload.microseconds_goal * report.x25519_microseconds() / kReferenceX25519;
    return Goal{microseconds(scaled) + " us", timing.microseconds <= scaled};
  }
  return std::nullopt;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }  // no name here needs escaping

}  // namespace

void print_table(const Report& report, std::ostream& out) {
  out << "AnoChat " << anochat::kVersion << " on " << processor() << "\nCPU time of one thread, median of "
      << report.rounds << " rounds; ratio: to the raw primitives beside it\n\n";
  out << std::left << std::setw(32) << "primitive" << std::right << std::setw(10) << "us" << '\n';
  for (const PrimitiveTime& primitive : report.primitives) {
    out << std::left << std::setw(32) << primitive.name << std::right << std::setw(10)
        << microseconds(primitive.microseconds) << '\n';
  }
  out << '\n'
      << std::left << std::setw(32) << "workload, for each message" << std::right << std::setw(10) << "us"
      << std::setw(10) << "floor" << std::setw(8) << "ratio" << std::setw(13) << "goal" << std::setw(8) << ""
      << std::setw(8) << "allocs" << '\n';
  for (std::size_t i = 0; i < report.workloads.size(); ++i) {
    const Timing& timing = report.timings[i];
    const std::optional<Goal> goal = goal_of(report, i);
    out << std::left << std::setw(32) << report.workloads[i].name << std::right << std::setw(10)
        << microseconds(timing.microseconds) << std::setw(10) << microseconds(timing.floor_microseconds) << std::setw(7)
        << fixed(timing.ratio, 2) << 'x' << std::setw(13) << (goal ? "<= " + goal->text : "") << std::setw(8)
        << (goal ? (goal->is_met ? "met" : "missed") : "") << std::setw(8) << fixed(timing.allocations, 1) << '\n';
  }
  if (report.sizes.empty()) return;
  out << '\n' << std::left << std::setw(46) << "size" << std::right << std::setw(10) << "bytes" << '\n';
  for (const Size& size : report.sizes) {
    out << std::left << std::setw(46) << size.name << std::right << std::setw(10) << size.bytes << '\n';
  }
}

void print_json(const Report& report, std::ostream& out) {
  out << "{\n  \"anochat\": " << quoted(std::string(anochat::kVersion)) << ",\n  \"processor\": " << quoted(processor())
      << ",\n  \"rounds\": " << report.rounds << ",\n  \"primitives\": {";
  const char* comma = "";
  for (const PrimitiveTime& primitive : report.primitives) {
    out << comma << "\n    " << quoted(primitive.name) << ": " << fixed(primitive.microseconds, 4);
    comma = ",";
  }
  out << "\n  },\n  \"workloads\": [";
  comma = "";
  for (std::size_t i = 0; i < report.workloads.size(); ++i) {
    const Timing& timing = report.timings[i];
    const std::optional<Goal> goal = goal_of(report, i);
    out << comma << "\n    {\"name\": " << quoted(report.workloads[i].name)
        << ", \"us\": " << fixed(timing.microseconds, 4) << ", \"floor_us\": " << fixed(timing.floor_microseconds, 4)
        << ", \"ratio\": " << fixed(timing.ratio, 4) << ", \"allocations\": " << fixed(timing.allocations, 3);
    if (goal) out << ", \"goal\": " << quoted(goal->text) << ", \"met\": " << (goal->is_met ? "true" : "false");
    out << ",\n     \"floor\": " << quoted(report.workloads[i].floor_text) << "}";
    comma = ",";
  }
  out << "\n  ],\n  \"bytes\": {";
  comma = "";
  for (const Size& size : report.sizes) {
    out << comma << "\n    " << quoted(size.name) << ": " << size.bytes;
    comma = ",";
  }
  out << "\n  }\n}\n";
}

}  // namespace bench
