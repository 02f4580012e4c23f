// line_editor.hpp - the line that somebody is typing. No terminal in here: keys go in as bytes, a picture comes out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Arrows, Home, End, Backspace, Delete, Ctrl-A E B F D H K U W L and the history of lines; UTF-8, wide characters.
/// What is no key is ignored; pasted text keeps no control characters, a pasted line end finishes the line.
class LineEditor {
 public:
  enum class Action { none, line, interrupt, end, redraw };

  static constexpr std::size_t kMaxLen = 16'384;   ///< bytes of a line, as of a message; more keys are ignored
  static constexpr std::size_t kMaxHistory = 100;  ///< lines

  /// Takes the next byte of the keyboard.
  /// @return line: take_line() has it; end: Ctrl-D on an empty line; interrupt: Ctrl-C
  Action feed(char byte);

  [[nodiscard]] std::string take_line();
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::size_t cursor() const noexcept { return cursor_; }  ///< bytes before the cursor

  struct Picture {
    std::string text;  ///< at most `columns` wide
    int cursor = 0;    ///< column
  };
  /// What fits into so many columns, around the cursor.
  [[nodiscard]] Picture draw(int columns) const;

 private:
  Action control(char byte);
  void escape(char byte);
  void key(std::string_view sequence);
  void insert(char byte);
  void erase(std::size_t from, std::size_t to);
  void recall(int step);
  [[nodiscard]] std::size_t before(std::size_t at) const noexcept;
  [[nodiscard]] std::size_t after(std::size_t at) const noexcept;

  std::string text_;
  std::size_t cursor_ = 0;
  std::string escape_;      // an unfinished escape sequence
  std::string unfinished_;  // bytes of a character that is not whole yet
  std::vector<std::string> history_;
  std::size_t recalled_ = 0;  // index into history_; its size: the new line
  std::string draft_;         // the new line, while an old one is shown
};

}  // namespace cli
