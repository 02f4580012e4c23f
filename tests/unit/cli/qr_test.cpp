#include "qr.hpp"

#include "clean.hpp"
#include "exit_code.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

/// The drawing, back as modules: true is dark. Half blocks are the light ones.
std::vector<std::vector<bool>> modules_of(std::string_view drawing) {
  std::vector<std::vector<bool>> rows(1);
  rows.emplace_back();
  while (!drawing.empty()) {
    const cli::CodePoint cell = cli::first_code_point(drawing);
    drawing.remove_prefix(cell.length);
    if (cell.value == '\n') {
      if (drawing.empty()) break;
      rows.emplace_back();
      rows.emplace_back();
      continue;
    }
    rows[rows.size() - 2].push_back(cell.value != 0x2588 && cell.value != 0x2580);
    rows[rows.size() - 1].push_back(cell.value != 0x2588 && cell.value != 0x2584);
  }
  return rows;
}

bool has_finder(const std::vector<std::vector<bool>>& rows, std::size_t top, std::size_t left) {
  for (std::size_t y = 0; y < 7; ++y) {
    for (std::size_t x = 0; x < 7; ++x) {
      const bool is_ring = y == 0 || y == 6 || x == 0 || x == 6;
      const bool is_core = y >= 2 && y <= 4 && x >= 2 && x <= 4;
      if (rows[top + y][left + x] != (is_ring || is_core)) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("a code has its three finders, a quiet zone, and fits into 80 columns") {
  const std::string link = "anochat:ano1" + std::string(56, 'q') + "?relay=wss%3A%2F%2Frelay.example.org%3A8443";
  const auto rows = modules_of(cli::draw_qr(link, /*with_colours=*/false));
  const std::size_t width = rows.front().size();
  CHECK(width <= 80);
  for (const auto& row : rows) REQUIRE(row.size() == width);
  const std::size_t far = width - 2 - 7;
  CHECK(has_finder(rows, 2, 2));
  CHECK(has_finder(rows, 2, far));
  CHECK(has_finder(rows, far, 2));
  for (std::size_t i = 0; i < width; ++i) {
    CHECK_FALSE((rows[0][i] || rows[1][i] || rows[i][0] || rows[i][1] || rows[i][width - 1]));
  }
  for (std::size_t i = 8; i + 9 < width - 4; ++i) CHECK(rows[8][2 + i] == (i % 2 == 0));  // the timing row
}

TEST_CASE("every line of a coloured code gives the colours back") {
  const std::string drawing = cli::draw_qr("x", /*with_colours=*/true);
  std::size_t lines = 0;
  std::size_t resets = 0;
  for (std::size_t at = 0; (at = drawing.find('\n', at)) != std::string::npos; ++at) ++lines;
  for (std::size_t at = 0; (at = drawing.find("\x1b[0m\n", at)) != std::string::npos; ++at) ++resets;
  CHECK(lines == 13);  // 21 modules and two times 2 of quiet, two in a line
  CHECK(resets == lines);
}

TEST_CASE("a text that no code can hold is refused") {
  CHECK_THROWS_AS(static_cast<void>(cli::draw_qr(std::string(5'000, 'x'), false)), cli::Failure);
}
