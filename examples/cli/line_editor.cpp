#include "line_editor.hpp"

#include "clean.hpp"

#include <algorithm>
#include <utility>

namespace cli {
namespace {

constexpr char kEscape = '\x1b';
constexpr char ctrl(char letter) { return static_cast<char>(letter & 0x1F); }
bool is_continuation(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

LineEditor::Action LineEditor::feed(char byte) {
  if (!escape_.empty()) {
    escape(byte);
    return Action::redraw;
  }
  if (byte == kEscape) {
    escape_ = byte;
    return Action::none;
  }
  const auto value = static_cast<unsigned char>(byte);
  if (value < 0x20 || value == 0x7F) return control(byte);
  insert(byte);
  return unfinished_.empty() ? Action::redraw : Action::none;
}

LineEditor::Action LineEditor::control(char byte) {
  switch (byte) {
    case '\r':
    case '\n':
      return Action::line;
    case ctrl('C'):
      return Action::interrupt;
    case ctrl('D'):
      if (text_.empty()) return Action::end;
      erase(cursor_, after(cursor_));
      break;
    case '\x7F':
    case ctrl('H'):
      erase(before(cursor_), cursor_);
      break;
    case ctrl('A'):
      cursor_ = 0;
      break;
    case ctrl('E'):
      cursor_ = text_.size();
      break;
    case ctrl('B'):
      cursor_ = before(cursor_);
      break;
    case ctrl('F'):
      cursor_ = after(cursor_);
      break;
    case ctrl('K'):
      erase(cursor_, text_.size());
      break;
    case ctrl('U'):
      erase(0, cursor_);
      break;
    case ctrl('P'):
      recall(-1);
      break;
    case ctrl('N'):
      recall(1);
      break;
    case ctrl('W'): {
      std::size_t from = cursor_;
      while (from > 0 && text_[from - 1] == ' ') --from;
      while (from > 0 && text_[from - 1] != ' ') --from;
      erase(from, cursor_);
      break;
    }
    case '\t':
      insert(' ');
      break;
    default:
      return byte == ctrl('L') ? Action::redraw : Action::none;
  }
  return Action::redraw;
}

/// ESC [ ... final, ESC O final, or ESC and one key.
void LineEditor::escape(char byte) {
  escape_ += byte;
  if (escape_.size() == 2 && (byte == '[' || byte == 'O')) return;
  const bool is_final = byte >= 0x40 && byte <= 0x7E;
  if (escape_.size() > 2 && !is_final && escape_.size() < 16) return;
  key(std::exchange(escape_, {}).substr(1));
}

void LineEditor::key(std::string_view sequence) {
  if (sequence == "[D" || sequence == "OD") cursor_ = before(cursor_);
  if (sequence == "[C" || sequence == "OC") cursor_ = after(cursor_);
  if (sequence == "[A" || sequence == "OA") recall(-1);
  if (sequence == "[B" || sequence == "OB") recall(1);
  if (sequence == "[H" || sequence == "OH" || sequence == "[1~" || sequence == "[7~") cursor_ = 0;
  if (sequence == "[F" || sequence == "OF" || sequence == "[4~" || sequence == "[8~") cursor_ = text_.size();
  if (sequence == "[3~") erase(cursor_, after(cursor_));
}

void LineEditor::insert(char byte) {
  if (!is_continuation(byte)) unfinished_.clear();  // what was begun before is no UTF-8
  unfinished_ += byte;
  const auto lead = static_cast<unsigned char>(unfinished_.front());
  const std::size_t whole = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  if (unfinished_.size() < whole) return;
  const std::string character = std::exchange(unfinished_, {});
  const CodePoint point = first_code_point(character);
  if (point.length != character.size() || point.value == 0xFFFD) return;  // no UTF-8
  if (text_.size() + character.size() > kMaxLen) return;
  text_.insert(cursor_, character);
  cursor_ += character.size();
}

void LineEditor::erase(std::size_t from, std::size_t to) {
  text_.erase(from, to - from);
  cursor_ = from;
}

void LineEditor::recall(int step) {
  if (history_.empty()) return;
  if (recalled_ == history_.size()) draft_ = text_;
  if (step < 0 && recalled_ > 0) --recalled_;
  if (step > 0 && recalled_ < history_.size()) ++recalled_;
  text_ = recalled_ == history_.size() ? draft_ : history_[recalled_];
  cursor_ = text_.size();
}

std::size_t LineEditor::before(std::size_t at) const noexcept {
  if (at > 0) --at;
  while (at > 0 && is_continuation(text_[at])) --at;
  return at;
}

std::size_t LineEditor::after(std::size_t at) const noexcept {
  if (at < text_.size()) ++at;
  while (at < text_.size() && is_continuation(text_[at])) ++at;
  return at;
}

std::string LineEditor::take_line() {
  std::string line = std::exchange(text_, {});
  cursor_ = 0;
  unfinished_.clear();
  if (!line.empty() && (history_.empty() || history_.back() != line)) history_.push_back(line);
  if (history_.size() > kMaxHistory) history_.erase(history_.begin());
  recalled_ = history_.size();
  return line;
}

LineEditor::Picture LineEditor::draw(int columns) const {
  const int room = std::max(2, columns) - 1;  // the cursor may stand behind the last character
  const auto shown = [this](std::size_t from, std::size_t to) {
    return clean_line(std::string_view(text_).substr(from, to - from));
  };
  std::size_t begin = cursor_;
  int column = 0;
  while (begin > 0) {
    const std::size_t earlier = before(begin);
    const int width = width_of(shown(earlier, begin));
    if (column + width > room) break;
    column += width;
    begin = earlier;
  }
  std::size_t end = cursor_;
  for (int left = room - column; end < text_.size() && left > 0; end = after(end))
    left -= width_of(shown(end, after(end)));
  return {shown(begin, cursor_) + std::string(fit(shown(cursor_, end), room - column)), column};
}

}  // namespace cli
