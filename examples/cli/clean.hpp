// clean.hpp - text of others, made harmless for a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cli {

/// One code point of a UTF-8 text.
struct CodePoint {
  char32_t value = 0;      ///< U+FFFD where the bytes are no UTF-8
  std::size_t length = 1;  ///< bytes taken, at least 1
};

/// The first code point of a text that is not empty.
[[nodiscard]] CodePoint first_code_point(std::string_view text) noexcept;

void append_utf8(std::string& out, char32_t value);

/// Whether a terminal or an eye could be fooled by it: control characters (escape sequences begin with one), overrides
/// of the writing direction, line separators, tags and other characters that nobody sees.
[[nodiscard]] bool is_harmful(char32_t value) noexcept;

/// One line: everything harmful becomes U+FFFD, line ends and tabs become spaces.
[[nodiscard]] std::string clean_line(std::string_view text);

/// Several lines: as clean_line(), but line ends stay, and `indent` follows each of them.
[[nodiscard]] std::string clean_text(std::string_view text, std::string_view indent);

/// Columns that a text takes on a terminal. Needs a UTF-8 locale (LC_CTYPE), which main() sets.
[[nodiscard]] int width_of(std::string_view text) noexcept;
[[nodiscard]] int width_of(char32_t value) noexcept;

/// The longest beginning of a text that takes at most `columns`.
[[nodiscard]] std::string_view fit(std::string_view text, int columns) noexcept;

/// Breaks a clean text between words so that it fits, behind `first` columns that are taken on its first line.
/// @param columns  0 or less: breaks nothing
/// @param indent   of the lines after the first, also of those that had a line end of their own
[[nodiscard]] std::string wrap(std::string_view text, int first, int columns, int indent);

}  // namespace cli
