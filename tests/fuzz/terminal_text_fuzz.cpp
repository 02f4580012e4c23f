// Text of other people on its way to a terminal or into a line of JSON.
#include "clean.hpp"
#include "fuzz/fuzz.hpp"
#include "json.hpp"

#include <string>

using namespace anochat;

namespace {

/// Whether a text is UTF-8 without anything that a terminal acts on, but for line ends.
bool is_harmless(std::string_view text) {
  while (!text.empty()) {
    const cli::CodePoint point = cli::first_code_point(text);
    std::string again;
    cli::append_utf8(again, point.value);
    if (text.substr(0, point.length) != again) return false;  // no UTF-8
    if (cli::is_harmful(point.value) && point.value != '\n') return false;
    text.remove_prefix(point.length);
  }
  return true;
}

bool is_one_string(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') return false;
  json = json.substr(1, json.size() - 2);
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"') return false;
    if (json[i] == '\\' && ++i == json.size()) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  const std::string line = cli::clean_line(text);
  fuzz::require(is_harmless(line) && line.find('\n') == std::string::npos, "one clean line");
  fuzz::require(cli::clean_line(line) == line, "what is clean stays as it is");
  const std::string lines = cli::clean_text(text, "  ");
  fuzz::require(is_harmless(lines), "clean lines");
  const int columns = data[0] % 100;
  const std::string wrapped = cli::wrap(lines, data[0] % 7, columns, data[0] % 5);
  fuzz::require(is_harmless(wrapped), "breaking lines breaks no character");
  fuzz::require(cli::width_of(cli::fit(line, columns)) <= columns, "what fits is no wider");
  const std::string json = cli::json_string(text);
  fuzz::require(is_harmless(json) && json.find('\n') == std::string::npos && is_one_string(json), "one JSON string");
  return 0;
}
