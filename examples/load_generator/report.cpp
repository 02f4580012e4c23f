#include "report.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <sstream>

namespace load {
namespace {

[[gnu::format(printf, 1, 2)]] std::string print(const char* format, ...) {
  std::array<char, 128> text{};
  va_list values;
  va_start(values, format);
  std::vsnprintf(text.data(), text.size(), format, values);
  va_end(values);
  return text.data();
}

std::string cell(const ThroughputFigures& figures) {
  return print("%.1f k/s, %.1f us (%.0f+%.0f)", figures.messages_per_second / 1'000, figures.server_us,
               figures.server_share * 100, figures.client_share * 100);
}

void add_head(std::ostringstream& out, const Options& options) {
  out << "| server | kept in | pairs |";
  std::string rule = "|---|---|---|";
  for (const std::size_t size : options.sizes) {
    for (const std::size_t frame : options.frames) {
      out << ' ' << size << " B" << (frame == 1 ? ", single |" : " by " + std::to_string(frame) + " |");
      rule += "---|";
    }
  }
  out << print(" p50 / p99 at %.0f/s | idle connection |\n", options.rate) << rule << "---|---|\n";
}

}  // namespace

const char* text_of(Kept kept) noexcept {
  switch (kept) {
    case Kept::nowhere:
      return "nothing";
    case Kept::memory:
      return "memory";
    case Kept::file:
      return "file, fsync later";
    case Kept::disk:
      return "disk, before the answer";
  }
  return "";
}

std::string table(const Options& options, const std::vector<PartyReport>& reports) {
  std::ostringstream out;
  add_head(out, options);
  for (const PartyReport& report : reports) {
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
      out << "| " << report.name << " | " << text_of(report.kept) << " | " << report.rows[i].pairs << " |";
      for (const ThroughputFigures& figures : report.rows[i].figures) out << ' ' << cell(figures) << " |";
      if (i > 0) {
        out << " | |\n";
        continue;
      }
      out << print(" %.2f / %.2f ms |", report.latency.p50_ms, report.latency.p99_ms);
      out << (report.idle_bytes ? print(" %.1f KiB |\n", *report.idle_bytes / 1'024) : std::string(" |\n"));
    }
  }
  return out.str();
}

}  // namespace load
