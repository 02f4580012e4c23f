#include "report.hpp"

#include <anochat/base/version.hpp>

#include <fstream>
#include <iomanip>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>

namespace bench {
namespace {

constexpr double kReferenceX25519 = 38.0;  // us, where the goals in microseconds were set

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";  // not Linux, or not x86
}

// How a goal was met, in the goal's unit.
struct Verdict {
  double reached;
  double at_most;
  std::string unit;

  [[nodiscard]] std::string text() const {
    const bool is_met = reached <= at_most;
    return fixed(reached, 2) + (is_met ? " <= " : " > ") + fixed(at_most, 2) + " " + unit + (is_met ? "" : "  missed");
  }
};

std::optional<Verdict> verdict(const Goal& goal, const Timing& timing) {
  switch (goal.unit) {
    case Goal::Unit::none:
      return std::nullopt;
    case Goal::Unit::times_the_floor:
      return Verdict{timing.ratio, goal.at_most, "x"};
    case Goal::Unit::microseconds:
      return Verdict{timing.in_x25519 * kReferenceX25519, goal.at_most, "us"};
  }
  return std::nullopt;
}

// The first cell to the left, the others to the right of nine columns each; then a remark.
void row(std::ostream& out, const std::vector<std::string>& cells, const std::string& remark = "") {
  out << std::left << std::setw(44) << cells.front() << std::right;
  for (std::size_t i = 1; i < cells.size(); ++i) out << std::setw(9) << cells[i];
  out << (remark.empty() ? "" : "   ") << remark << '\n';
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }  // no text here needs escaping

// `"name": value` pairs, each on a line of its own.
template <class Items, class Print>
void list(std::ostream& out, const Items& items, Print print) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    out << (i == 0 ? "\n    " : ",\n    ");
    print(i);
  }
  out << "\n  ";
}

}  // namespace

void print_tables(const Report& report, std::ostream& out) {
  out << "AnoChat " << anochat::kVersion << " on " << processor() << "\nCPU time of one thread, median of "
      << report.rounds << " rounds. Ratio: to the raw primitives, timed in the same round.\n"
      << "Goals in us hold where X25519 takes 38 us; what is reached is scaled to that.\n\n";
  row(out, {"primitive", "us"});
  for (std::size_t i = 0; i < report.primitives.size(); ++i) {
    row(out, {report.primitives[i].name, fixed(report.timings.primitives[i], 2)});
  }
  out << '\n';
  row(out, {"workload", "us", "floor", "ratio", "allocs"}, "goal");
  for (std::size_t i = 0; i < report.workloads.size(); ++i) {
    const Timing& timing = report.timings.workloads[i];
    const std::optional<Verdict> goal = verdict(report.workloads[i].goal, timing);
    row(out,
        {report.workloads[i].name, fixed(timing.microseconds, 2), fixed(timing.floor_microseconds, 2),
         fixed(timing.ratio, 2), fixed(timing.allocations, 1)},
        goal ? goal->text() : "");
  }
  if (report.sizes.empty()) return;
  out << '\n';
  row(out, {"size", "bytes"});
  for (const Size& size : report.sizes) row(out, {size.name, std::to_string(size.bytes)});
}

void print_json(const Report& report, std::ostream& out) {
  out << "{\n  \"anochat\": " << quoted(std::string(anochat::kVersion)) << ",\n  \"processor\": " << quoted(processor())
      << ",\n  \"rounds\": " << report.rounds << ",\n  \"primitives_us\": {";
  list(out, report.primitives, [&](std::size_t i) {
    out << quoted(report.primitives[i].name) << ": " << fixed(report.timings.primitives[i], 4);
  });
  out << "},\n  \"workloads\": [";
  list(out, report.workloads, [&](std::size_t i) {
    const Workload& workload = report.workloads[i];
    const Timing& timing = report.timings.workloads[i];
    out << "{\"name\": " << quoted(workload.name) << ", \"us\": " << fixed(timing.microseconds, 4)
        << ", \"floor_us\": " << fixed(timing.floor_microseconds, 4) << ", \"ratio\": " << fixed(timing.ratio, 4)
        << ", \"allocations\": " << fixed(timing.allocations, 3);
    if (const std::optional<Verdict> goal = verdict(workload.goal, timing)) {
      out << ", \"goal\": {\"reached\": " << fixed(goal->reached, 4) << ", \"at_most\": " << fixed(goal->at_most, 4)
          << ", \"unit\": " << quoted(goal->unit) << "}";
    }
    out << ", \"floor\": " << quoted(workload.floor_text) << "}";
  });
  out << "],\n  \"bytes\": {";
  list(out, report.sizes, [&](std::size_t i) { out << quoted(report.sizes[i].name) << ": " << report.sizes[i].bytes; });
  out << "}\n}\n";
}

}  // namespace bench
