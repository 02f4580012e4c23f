// The code over GF(2^16) against arithmetic written a second time, in the plainest way.
#include "session/erasure_code.hpp"

#include <anochat/testing/random.hpp>

#include "base/byte_io.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

using namespace anochat;
using session::Symbol;

namespace {

// Carry-less product, then the remainder modulo x^16 + x^12 + x^3 + x + 1.
std::uint32_t times(std::uint32_t a, std::uint32_t b) {
  std::uint64_t product = 0;
  for (int bit = 0; bit < 16; ++bit) {
    if (((b >> bit) & 1) != 0) product ^= std::uint64_t{a} << bit;
  }
  for (int bit = 31; bit >= 16; --bit) {
    if (((product >> bit) & 1) != 0) product ^= std::uint64_t{0x1100b} << (bit - 16);
  }
  return static_cast<std::uint32_t>(product);
}

std::uint32_t inverse(std::uint32_t a) {
  std::uint32_t result = 1;
  for (int bit = 15; bit >= 0; --bit) {  // the power 65,534
    result = times(result, result);
    if (((65'534 >> bit) & 1) != 0) result = times(result, a);
  }
  return result;
}

// Row values v_0..v_(k-1) at the points 0..k-1: the value at x, by Lagrange's formula as it stands in the books.
std::uint32_t interpolate(const std::vector<std::uint32_t>& values, std::uint32_t x) {
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    std::uint32_t above = 1;
    std::uint32_t below = 1;
    for (std::uint32_t m = 0; m < values.size(); ++m) {
      if (m == i) continue;
      above = times(above, x ^ m);
      below = times(below, i ^ m);
    }
    sum ^= times(values[i], times(above, inverse(below)));
  }
  return sum;
}

std::vector<Symbol> random_rows(std::size_t k, std::uint64_t seed) {
  testing::SeededRandom random(seed);
  std::vector<Symbol> rows(k);
  for (Symbol& row : rows) random.fill(row);
  return rows;
}

Symbol encode(const std::vector<Symbol>& rows, std::uint32_t index) {
  Symbol symbol{};
  session::encode_symbol(rows, index, symbol);
  return symbol;
}

std::vector<Symbol> decode(const std::vector<Symbol>& rows, const std::vector<std::uint16_t>& indexes) {
  std::vector<Symbol> symbols;
  for (const std::uint16_t index : indexes) symbols.push_back(encode(rows, index));
  std::vector<Symbol> decoded(rows.size());
  session::decode_symbols(indexes, symbols, decoded);
  return decoded;
}

constexpr std::size_t kInUse[] = {38, 35};

}  // namespace

TEST_CASE("the first k symbols are the payload itself") {
  for (const std::size_t k : {1UL, 2UL, 35UL, 38UL}) {
    const auto rows = random_rows(k, k);
    for (std::uint32_t i = 0; i < k; ++i) CHECK(encode(rows, i) == rows[i]);
  }
}

TEST_CASE("coded symbols are the values of the polynomial through the rows") {
  for (const std::size_t k : kInUse) {
    const auto rows = random_rows(k, 100 + k);
    for (const std::uint32_t index : {static_cast<std::uint32_t>(k), 100U, 12'345U, 65'535U}) {
      const Symbol symbol = encode(rows, index);
      for (const std::size_t column : {0UL, 7UL, 15UL}) {
        std::vector<std::uint32_t> values;
        for (const Symbol& row : rows) values.push_back(detail::get_be16(&row[2 * column]));
        CHECK(detail::get_be16(&symbol[2 * column]) == interpolate(values, index));
      }
    }
  }
}

TEST_CASE("any k different symbols give the payload back, in any order") {
  std::mt19937_64 choose(7);
  for (const std::size_t k : kInUse) {
    const auto rows = random_rows(k, 200 + k);
    for (int round = 0; round < 150; ++round) {
      // From nearly all systematic to nearly all coded.
      const std::uint32_t range = round % 3 == 0   ? static_cast<std::uint32_t>(k) + 3
                                  : round % 3 == 1 ? 4 * static_cast<std::uint32_t>(k)
                                                   : 65'536;
      std::vector<std::uint16_t> indexes;
      while (indexes.size() < k) {
        const auto index = static_cast<std::uint16_t>(choose() % range);
        if (std::find(indexes.begin(), indexes.end(), index) == indexes.end()) indexes.push_back(index);
      }
      CHECK(decode(rows, indexes) == rows);
    }
  }
}

TEST_CASE("the payload itself decodes, forwards and backwards") {
  for (const std::size_t k : kInUse) {
    const auto rows = random_rows(k, 300 + k);
    std::vector<std::uint16_t> indexes(k);
    std::iota(indexes.begin(), indexes.end(), std::uint16_t{0});
    CHECK(decode(rows, indexes) == rows);
    std::reverse(indexes.begin(), indexes.end());
    CHECK(decode(rows, indexes) == rows);
  }
}

TEST_CASE("one changed symbol changes what is decoded") {
  const auto rows = random_rows(38, 400);
  std::vector<std::uint16_t> indexes(38);
  std::iota(indexes.begin(), indexes.end(), std::uint16_t{20});
  std::vector<Symbol> symbols;
  for (const std::uint16_t index : indexes) symbols.push_back(encode(rows, index));
  symbols[30][5] ^= 1;
  std::vector<Symbol> decoded(38);
  session::decode_symbols(indexes, symbols, decoded);
  CHECK(decoded != rows);
}
