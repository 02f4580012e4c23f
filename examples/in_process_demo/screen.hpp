// screen.hpp - how the demo is printed: at most 80 columns, colours only where they are wanted.
#pragma once

#include <anochat/base/bytes.hpp>

#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace screen {

enum class Colour { bold, dim, green, red };

inline bool has_colours() {
  static const bool answer = [] {
    const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
    return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
  }();
  return answer;
}

inline std::string paint(Colour colour, std::string_view text) {
  if (!has_colours()) return std::string(text);
  constexpr const char* codes[] = {"\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m"};
  return codes[static_cast<int>(colour)] + std::string(text) + "\x1b[0m";
}

inline void section(std::string_view title) { std::cout << '\n' << paint(Colour::bold, title) << '\n'; }

/// One line: a label, and what is said about it.
inline void line(std::string_view label, std::string_view text) {
  std::cout << "  " << std::left << std::setw(16) << label << text << '\n';
}

/// Several lines of text under one label.
inline void lines(std::string_view label, std::string_view text) {
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    line(label, text.substr(0, end));
    text.remove_prefix(end + 1);
    label = "";
  }
  line(label, text);
}

/// 1669 as "1,669".
inline std::string number(std::uint64_t value) {
  const std::string digits = std::to_string(value);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

/// A part of a message: its length, how it begins, and what it is.
inline void wire_part(anochat::ByteView part, std::string_view meaning) {
  std::string hex = anochat::to_hex(part.first(part.size() < 8 ? part.size() : 8));
  if (part.size() > 8) hex += "..";
  std::cout << std::right << std::setw(9) << number(part.size()) << "  " << paint(Colour::dim, hex)
            << std::string(20 - hex.size(), ' ') << meaning << '\n';
}

}  // namespace screen
