#include "json.hpp"

#include "clean.hpp"

namespace cli {
namespace {

void append_unit(std::string& out, char32_t unit) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[unit >> shift & 0xF];
}

void append_escaped(std::string& out, char32_t value) {
  if (value < 0x10000) return append_unit(out, value);
  append_unit(out, 0xD7C0 + (value >> 10));  // a pair of surrogates
  append_unit(out, 0xDC00 + (value & 0x3FF));
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    text.remove_prefix(point.length);
    if (point.value == '"' || point.value == '\\') {
      out += '\\';
      out += static_cast<char>(point.value);
    } else if (point.value == '\n') {
      out += "\\n";
    } else if (is_harmful(point.value)) {
      append_escaped(out, point.value);
    } else {
      append_utf8(out, point.value);
    }
  }
  out += '"';
  return out;
}

Json& Json::add_raw(std::string_view key, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_.append(json_string(key)).append(":").append(json);
  return *this;
}

}  // namespace cli
