#include <anochat/base/log.hpp>

#include <cstdio>
#include <string>

namespace anochat {

std::string_view name_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "unknown";
}

void StderrLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) noexcept {
  if (level < least_) return;
  try {
    std::string line(name_of(level));
    line.append(" ").append(event);
    for (const LogField& field : fields) line.append(" ").append(field.key).append("=").append(std::to_string(field.value));
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);  // one call, so that lines of several threads do not mix
  } catch (...) {  // out of memory: a log line is not worth an exception
  }
}

}  // namespace anochat
