#include "line_editor.hpp"

#include <doctest/doctest.h>

#include <string>

using cli::LineEditor;

namespace {

void type(LineEditor& editor, std::string_view keys) {
  for (const char key : keys) editor.feed(key);
}
std::string after(std::string_view keys) {
  LineEditor editor;
  type(editor, keys);
  return editor.text();
}

}  // namespace

TEST_CASE("the usual keys edit the line") {
  CHECK(after("hello") == "hello");
  CHECK(after("helo\x1b[Dl") == "hello");               // left
  CHECK(after("ello\x01h") == "hello");                 // Ctrl-A
  CHECK(after("ello\x1b[Hh\x1b[F!") == "hello!");       // Home, End
  CHECK(after("helloo\x7f") == "hello");                // Backspace
  CHECK(after("xhello\x01\x1b[3~") == "hello");         // Delete
  CHECK(after("hello big world\x17") == "hello big ");  // Ctrl-W
  CHECK(after("gone\x15here") == "here");               // Ctrl-U
  CHECK(after("hello world\x01\x0b") == "");            // Ctrl-K
  CHECK(after("a\tb") == "a b");
}

TEST_CASE("the cursor moves over whole characters") {
  CHECK(after("gr\u00fcn\x7f\x7f") == "gr");
  CHECK(after("\u4f60\u597d\x1b[D\x1b[Dx") == "x\u4f60\u597d");
  CHECK(after("\U0001F44D\x01\x1b[3~") == "");
}

TEST_CASE("unknown keys, broken UTF-8 and editing an empty line change nothing") {
  CHECK(after("a\x1b[15~b\x1b[1;5Cc") == "abc");
  CHECK(after("a\xFFz") == "az");
  CHECK(after("\x7f\x17\x15\x0b\x1b[D\x1b[C\x1b[3~") == "");
  CHECK(after("\x1bx") == "");  // Alt-x
}

TEST_CASE("an endless escape sequence is given up, and typing goes on") {
  LineEditor editor;
  type(editor, "\x1b[" + std::string(1'000, ';'));
  type(editor, "~ok");
  CHECK(editor.text().ends_with("ok"));
}

TEST_CASE("lines, Ctrl-C and Ctrl-D are told, and Ctrl-D deletes while there is text") {
  LineEditor editor;
  CHECK(editor.feed('\x04') == LineEditor::Action::end);
  type(editor, "hi\x01");
  CHECK(editor.feed('\x04') == LineEditor::Action::redraw);
  CHECK(editor.text() == "i");
  CHECK(editor.feed('\x03') == LineEditor::Action::interrupt);
  CHECK(editor.feed('\r') == LineEditor::Action::line);
  CHECK(editor.take_line() == "i");
  CHECK(editor.text().empty());
}

TEST_CASE("earlier lines come back, and the unfinished one is not lost") {
  LineEditor editor;
  for (const char* line : {"one", "two"}) {
    type(editor, line);
    static_cast<void>(editor.take_line());
  }
  type(editor, "dra");
  type(editor, "\x1b[A");
  CHECK(editor.text() == "two");
  type(editor, "\x1b[A\x1b[A");
  CHECK(editor.text() == "one");
  type(editor, "\x1b[B\x1b[B\x1b[B");
  CHECK(editor.text() == "dra");
}

TEST_CASE("a line has a limit") {
  LineEditor editor;
  type(editor, std::string(LineEditor::kMaxLen + 10, 'x'));
  CHECK(editor.text().size() == LineEditor::kMaxLen);
}

TEST_CASE("a long line scrolls: the cursor is always in the picture") {
  LineEditor editor;
  type(editor, std::string(200, 'a') + "END");
  const auto at_end = editor.draw(20);
  CHECK(at_end.text.size() == 19);
  CHECK(at_end.text.ends_with("END"));
  CHECK(at_end.cursor == 19);
  type(editor, "\x01");
  const auto at_begin = editor.draw(20);
  CHECK(at_begin.cursor == 0);
  CHECK(at_begin.text == std::string(19, 'a'));
}
