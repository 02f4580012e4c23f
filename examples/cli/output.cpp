#include "output.hpp"

#include "exit_code.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <unistd.h>

namespace cli {
namespace {

void put(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fputc('\n', file);
  if (std::fflush(file) != 0 && file == stdout) throw Failure(ExitCode::internal, "The output cannot be written.");
}

std::tm local(anochat::UnixTime time) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

bool wants_colours(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || *terminal == '\0' || std::string_view(terminal) == "dumb";
  return ::isatty(descriptor) == 1 && !is_dumb && (no_color == nullptr || *no_color == '\0');
}

Output::Output(bool is_json) : is_json_(is_json), has_colours_(!is_json && wants_colours(STDOUT_FILENO)) {}

void Output::line(std::string_view text) const {
  if (!is_json_) put(stdout, text);
}
void Output::row(const Json& json) const {
  if (is_json_) put(stdout, json.text());
}
void Output::note(std::string_view text) const {
  if (!is_json_) put(stderr, text);
}

std::string Output::paint(Colour colour, std::string_view text) const {
  if (!has_colours_) return std::string(text);
  constexpr const char* kCodes[] = {"\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m"};
  return kCodes[static_cast<int>(colour)] + std::string(text) + "\x1b[0m";
}

std::string time_text(anochat::UnixTime time) {
  const std::tm parts = local(time);
  char text[32] = {};
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts)};
}
std::string clock_text(anochat::UnixTime time) { return time_text(time).substr(11); }

}  // namespace cli
