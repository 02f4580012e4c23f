#include "clean.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <string>

using namespace cli;

TEST_CASE("what a terminal would obey becomes a visible mark, and the rest of the text stays") {
  CHECK(clean_line("\x1b[2J\x1b]0;title\x07") == "\uFFFD[2J\uFFFD]0;title\uFFFD");
  CHECK(clean_line("\u009B31m") == "\uFFFD31m");  // the one-character form of ESC [
  CHECK(clean_line(std::string("a\0b", 3)) == "a\uFFFDb");
  CHECK(clean_line("back\b\b\b\bspace \x7f") == "back\uFFFD\uFFFD\uFFFD\uFFFDspace \uFFFD");
  CHECK(clean_line("one\rtwo") == "one\uFFFDtwo");
}

TEST_CASE("what turns the writing direction or cannot be seen becomes a visible mark") {
  for (const char* hidden : {"\u061C", "\u200B", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202E", "\u2060",
                             "\u2066", "\u2069", "\uFEFF", "\u00AD", "\U000E0041"}) {
    CHECK(clean_line(std::string("a") + hidden + "b") == "a\uFFFDb");
  }
}

TEST_CASE("letters of all scripts and joined emoji stay as they are") {
  for (const char* text : {"plain", "gr\u00fc\u00dfe", "\u4f60\u597d", "\u05e9\u05dc\u05d5\u05dd",
                           "\U0001F469\u200D\U0001F680", "e\u0301"}) {
    CHECK(clean_line(text) == text);
  }
}

TEST_CASE("bytes that are no UTF-8 become marks, one for each, and never swallow what follows") {
  CHECK(clean_line("\xFF\xFE") == "\uFFFD\uFFFD");
  CHECK(clean_line("\xC3(") == "\uFFFD(");
  CHECK(clean_line("\xC0\x9B") == "\uFFFD\uFFFD");                      // ESC in too many bytes
  CHECK(clean_line("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");            // half of a surrogate pair
  CHECK(clean_line("\xF4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
  CHECK(clean_line("cut \xE2\x82") == "cut \uFFFD\uFFFD");
}

TEST_CASE("a line has no line ends; a text keeps them and its indent") {
  CHECK(clean_line("one\ntwo\tthree") == "one two three");
  CHECK(clean_text("one\ntwo", "    ") == "one\n    two");
}

TEST_CASE("fit never takes more columns than there are and cuts between characters") {
  std::setlocale(LC_CTYPE, "C.UTF-8");  // as main() does
  CHECK(fit("hello", 3) == "hel");
  CHECK(fit("gr\u00fcn", 3) == "gr\u00fc");
  CHECK(fit("\u4f60\u597d", 3) == "\u4f60");  // two columns each
  CHECK(fit("abc", 10) == "abc");
  CHECK(fit("abc", 0).empty());
}

TEST_CASE("wrapping breaks between words, and inside of one only when it is longer than a line") {
  CHECK(wrap("one two three", 0, 8, 2) == "one two\n  three");
  CHECK(wrap("one two", 4, 8, 2) == "one\n  two");
  CHECK(wrap("abcdefghij", 0, 4, 0) == "abcd\nefgh\nij");
  CHECK(wrap("one\ntwo", 0, 20, 3) == "one\n   two");
  CHECK(wrap("exactly8 x", 0, 8, 0) == "exactly8\nx");
  CHECK(wrap("no room at all", 90, 8, 0).ends_with("at all"));
  CHECK(wrap("as it\nis", 5, 0, 3) == "as it\nis");
  CHECK(wrap("", 0, 8, 2).empty());
}
