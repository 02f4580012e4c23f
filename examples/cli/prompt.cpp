#include "prompt.hpp"

#include "clean.hpp"
#include "output.hpp"

#include <termios.h>

#include <cerrno>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace cli {
namespace {

constexpr std::string_view kMark = "> ";
constexpr std::size_t kMostPlain = 65'536;  // bytes of a line that has no end

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::write(STDOUT_FILENO, text.data(), text.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;  // the terminal is gone; read_input() will find out
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// What stdin has now; empty at its end.
std::string read_some() {
  char piece[4'096];
  ssize_t got = -1;
  do {
    got = ::read(STDIN_FILENO, piece, sizeof piece);
  } while (got < 0 && errno == EINTR);
  return {piece, got > 0 ? static_cast<std::size_t>(got) : 0};
}

}  // namespace

struct TerminalPrompt::Before {
  termios modes{};
};

TerminalPrompt::TerminalPrompt() : before_(new Before) {
  ::tcgetattr(STDIN_FILENO, &before_->modes);
  termios raw = before_->modes;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL | INLCR | IGNCR);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

TerminalPrompt::~TerminalPrompt() {
  if (is_drawn_) write_all("\r\x1b[1A\x1b[J");
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_->modes);
  delete before_;
}

bool TerminalPrompt::is_possible() {
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || *terminal == '\0' || std::string_view(terminal) == "dumb";
  return !is_dumb && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

int TerminalPrompt::columns() const {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// Always two lines, whatever their content, so that the next drawing knows where the last one began.
std::string TerminalPrompt::footer() const {
  const int width = columns();
  const LineEditor::Picture line = editor_.draw(width - static_cast<int>(kMark.size()));
  std::string out(wants_colours(STDOUT_FILENO) ? "\x1b[2m" : "");
  out.append(fit(status_, width - 1)).append("\x1b[0m\r\n").append(kMark).append(line.text);
  const int column = line.cursor + static_cast<int>(kMark.size());
  return out + "\r\x1b[" + std::to_string(column) + "C";
}

void TerminalPrompt::redraw() {
  write_all((is_drawn_ ? "\r\x1b[1A\x1b[J" : "") + footer());
  is_drawn_ = true;
}

void TerminalPrompt::print(std::string_view text) {
  std::string out(is_drawn_ ? "\r\x1b[1A\x1b[J" : "");
  out += text;
  write_all(out + "\n" + footer());
  is_drawn_ = true;
}

void TerminalPrompt::set_status(std::string_view text) {
  if (is_drawn_ && status_ == text) return;
  status_ = text;
  redraw();
}

std::vector<std::string> TerminalPrompt::read_input() {
  std::vector<std::string> lines;
  const std::string keys = read_some();
  if (keys.empty()) ending_ = Ending::end_of_input;
  for (const char key : keys) {
    const LineEditor::Action action = editor_.feed(key);
    if (action == LineEditor::Action::line) lines.push_back(editor_.take_line());
    if (action == LineEditor::Action::end) ending_ = Ending::end_of_input;
    if (action == LineEditor::Action::interrupt) ending_ = Ending::interrupted;
  }
  redraw();
  return lines;
}

void PlainPrompt::print(std::string_view text) { write_all(std::string(text) + "\n"); }

void PlainPrompt::set_status(std::string_view text) {
  if (!with_status_ || std::exchange(status_, std::string(text)) == text) return;
  print("* " + status_);
}

std::vector<std::string> PlainPrompt::read_input() {
  std::vector<std::string> lines;
  const std::string piece = read_some();
  rest_ += piece;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
    lines.push_back(rest_.substr(0, end));
    rest_.erase(0, end + 1);
  }
  const bool is_over = piece.empty();
  if (is_over) ending_ = Ending::end_of_input;
  if ((is_over || rest_.size() > kMostPlain) && !rest_.empty()) lines.push_back(std::exchange(rest_, {}));
  return lines;
}

}  // namespace cli
