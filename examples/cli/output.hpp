// output.hpp - what goes to stdout (results) and to stderr (progress, failures), for people or as JSON.
#pragma once

#include <anochat/base/clock.hpp>

#include "json.hpp"

#include <string>
#include <string_view>

namespace cli {

enum class Colour { bold, dim, green, yellow, red };

/// Results are either lines for people or JSON rows, so commands hand over both and this picks.
class Output {
 public:
  explicit Output(bool is_json);

  [[nodiscard]] bool is_json() const noexcept { return is_json_; }
  [[nodiscard]] bool has_colours() const noexcept { return has_colours_; }

  /// @throws Failure  stdout cannot be written: nobody must believe that the result got through
  void line(std::string_view text) const;  ///< for people only; text from others must be clean (clean.hpp)
  void row(const Json& json) const;        ///< for programs only
  void note(std::string_view text) const;  ///< progress, on stderr, for people only

  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;

 private:
  bool is_json_;
  bool has_colours_;
};

/// Whether colours are wanted on this descriptor: a terminal, not a dumb one, and no NO_COLOR (https://no-color.org).
[[nodiscard]] bool wants_colours(int descriptor);

/// "2026-11-21 12:03" in the machine's time zone; `clock_text` is "12:03" alone.
[[nodiscard]] std::string time_text(anochat::UnixTime time);
[[nodiscard]] std::string clock_text(anochat::UnixTime time);

}  // namespace cli
