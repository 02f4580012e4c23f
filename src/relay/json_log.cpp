#include <anochat/relay/json_log.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <utility>

namespace anochat {
namespace {

std::string utc(UnixTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

// Literals need no escaping; should one ever do, it loses the character rather than break the line.
void add_text(std::string& line, std::string_view text) {
  line += '"';
  for (const char letter : text) {
    if (letter >= ' ' && letter != '"' && letter != '\\') line += letter;
  }
  line += '"';
}

}  // namespace

JsonLog::JsonLog(const Clock& clock, Sink sink, LogLevel least)
    : clock_(clock), sink_(std::move(sink)), least_(least) {}

void JsonLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) noexcept {
  if (level < least_) return;
  try {
    std::string line = "{\"time\":";
    add_text(line, utc(clock_.now()));
    line += ",\"level\":";
    add_text(line, name_of(level));
    line += ",\"event\":";
    add_text(line, event);
    for (const LogField& field : fields) {
      line += ',';
      add_text(line, field.key);
      line += ':';
      line += std::to_string(field.value);
    }
    line += "}\n";
    const std::lock_guard lock(mutex_);
    sink_(line);
  } catch (...) {  // a log line is not worth an exception
  }
}

}  // namespace anochat
