// prompt.hpp - the bottom of a chat: a line of status and a line to type in, with everything else printed above.
#pragma once

#include "line_editor.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Where a conversation is typed and read.
class Prompt {
 public:
  enum class Ending { none, end_of_input, interrupted };

  virtual ~Prompt() = default;

  /// One or more lines of clean text, above the prompt.
  virtual void print(std::string_view text) = 0;
  /// What is so just now: connection, receipts, typing.
  virtual void set_status(std::string_view text) = 0;
  /// Takes what the keyboard has. @return whole lines
  virtual std::vector<std::string> read_input() = 0;
  virtual void redraw() {}

  [[nodiscard]] virtual int columns() const { return 0; }  ///< 0: lines may have any length
  [[nodiscard]] virtual bool has_unfinished_line() const { return false; }
  /// Whether typed lines are still on the screen, so that nobody need repeat them.
  [[nodiscard]] virtual bool shows_typed_lines() const = 0;
  [[nodiscard]] Ending ending() const noexcept { return ending_; }

 protected:
  Ending ending_ = Ending::none;
};

/// A terminal that can move its cursor. It is given back as it was, also by an exception.
class TerminalPrompt final : public Prompt {
 public:
  TerminalPrompt();
  TerminalPrompt(const TerminalPrompt&) = delete;
  TerminalPrompt& operator=(const TerminalPrompt&) = delete;
  ~TerminalPrompt() override;

  /// Stdin and stdout are a terminal, and no dumb one.
  [[nodiscard]] static bool is_possible();

  void print(std::string_view text) override;
  void set_status(std::string_view text) override;
  std::vector<std::string> read_input() override;
  void redraw() override;
  [[nodiscard]] int columns() const override;
  [[nodiscard]] bool has_unfinished_line() const override { return !editor_.text().empty(); }
  [[nodiscard]] bool shows_typed_lines() const override { return false; }

 private:
  struct Before;  // the terminal's modes
  [[nodiscard]] std::string footer() const;

  Before* before_;
  LineEditor editor_;
  std::string status_;
  bool is_drawn_ = false;
};

/// Anything else: pipes, dumb terminals. Lines in, lines out; the status is printed when it changes.
class PlainPrompt final : public Prompt {
 public:
  explicit PlainPrompt(bool with_status) : with_status_(with_status) {}
  void print(std::string_view text) override;
  void set_status(std::string_view text) override;
  std::vector<std::string> read_input() override;
  [[nodiscard]] bool shows_typed_lines() const override { return true; }

 private:
  bool with_status_;
  std::string rest_;
  std::string status_;
};

}  // namespace cli
