// report.hpp - the figures as one Markdown table.
#pragma once

#include "options.hpp"
#include "workload.hpp"

#include <optional>
#include <string>
#include <vector>

namespace load {

struct PartyReport {
  std::string name;
  Kept kept = Kept::nowhere;
  struct Row {
    std::size_t pairs = 0;
    std::vector<ThroughputFigures> figures;  ///< for each size, for each number of messages in a frame
  };
  std::vector<Row> rows;
  LatencyFigures latency;
  std::optional<double> idle_bytes;
};

[[nodiscard]] const char* text_of(Kept kept) noexcept;
/// The head of the table, its rows, and how to read them.
[[nodiscard]] std::string table(const Options& options, const std::vector<PartyReport>& reports);

}  // namespace load
