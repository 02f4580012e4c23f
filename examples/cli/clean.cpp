#include "clean.hpp"

#include <wchar.h>

#include <algorithm>

namespace cli {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool is_in(char32_t value, char32_t first, char32_t last) noexcept { return value >= first && value <= last; }

/// The bits of the lead byte, and how many bytes follow it; 4 stands for "no lead byte".
std::size_t following(unsigned char lead) noexcept {
  if (lead < 0x80) return 0;
  if (is_in(lead, 0xC2, 0xDF)) return 1;
  if (is_in(lead, 0xE0, 0xEF)) return 2;
  if (is_in(lead, 0xF0, 0xF4)) return 3;
  return 4;
}

}  // namespace

CodePoint first_code_point(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t count = following(lead);
  if (count == 0) return {lead, 1};
  if (count == 4 || text.size() <= count) return {kReplacement, 1};
  constexpr unsigned char kLeadBits[] = {0x7F, 0x1F, 0x0F, 0x07};
  char32_t value = lead & kLeadBits[count];
  for (std::size_t i = 1; i <= count; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {kReplacement, 1};
    value = value << 6 | (next & 0x3Fu);
  }
  constexpr char32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  if (value < kLeast[count] || value > 0x10FFFF || is_in(value, 0xD800, 0xDFFF)) return {kReplacement, 1};
  return {value, count + 1};
}

void append_utf8(std::string& out, char32_t value) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (value < 0x80) return put(value);
  if (value < 0x800) {
    put(0xC0 | value >> 6);
  } else if (value < 0x10000) {
    put(0xE0 | value >> 12);
    put(0x80 | (value >> 6 & 0x3F));
  } else {
    put(0xF0 | value >> 18);
    put(0x80 | (value >> 12 & 0x3F));
    put(0x80 | (value >> 6 & 0x3F));
  }
  put(0x80 | (value & 0x3F));
}

bool is_harmful(char32_t value) noexcept {
  return value < 0x20 || is_in(value, 0x7F, 0x9F) || value == 0xAD  // controls, soft hyphen
         || value == 0x061C || is_in(value, 0x200E, 0x200F)         // marks of direction
         || is_in(value, 0x2028, 0x202E)                            // separators, embeddings and overrides
         || is_in(value, 0x2060, 0x206F)                            // isolates and what else cannot be seen
         || value == 0x200B || value == 0xFEFF || is_in(value, 0xFFF9, 0xFFFB) || is_in(value, 0xE0000, 0xE0FFF);
}

std::string clean_text(std::string_view text, std::string_view indent) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    text.remove_prefix(point.length);
    if (point.value == '\n') {
      out.append("\n").append(indent);
    } else if (point.value == '\t') {
      out += ' ';
    } else {
      append_utf8(out, is_harmful(point.value) ? kReplacement : point.value);
    }
  }
  return out;
}

std::string clean_line(std::string_view text) {
  std::string line = clean_text(text, {});
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

int width_of(char32_t value) noexcept {
  if (value < 0x7F) return value < 0x20 ? 0 : 1;
  return std::max(0, ::wcwidth(static_cast<wchar_t>(value)));
}

int width_of(std::string_view text) noexcept {
  int columns = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    columns += width_of(point.value);
    text.remove_prefix(point.length);
  }
  return columns;
}

std::string_view fit(std::string_view text, int columns) noexcept {
  std::size_t taken = 0;
  while (taken < text.size()) {
    const CodePoint point = first_code_point(text.substr(taken));
    columns -= width_of(point.value);
    if (columns < 0) break;
    taken += point.length;
  }
  return text.substr(0, taken);
}

std::string wrap(std::string_view text, int first, int columns, int indent) {
  if (columns <= 0) return std::string(text);
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string out;
  int left = columns - first;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    std::string_view piece = fit(line, std::max(left, 1));
    if (piece.empty()) piece = line.substr(0, line.empty() ? 0 : first_code_point(line).length);
    const std::size_t space =
        piece.size() < line.size() ? line.substr(0, piece.size() + 1).rfind(' ') : std::string::npos;
    if (space != std::string::npos && space > 0) piece = line.substr(0, space);
    out += piece;
    text.remove_prefix(piece.size());
    if (text.empty()) break;
    if (text.front() == ' ' || text.front() == '\n') text.remove_prefix(1);
    out.append("\n").append(margin);
    left = columns - indent;
  }
  return out;
}

}  // namespace cli
