#include "session/erasure_code.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/byte_io.hpp"

namespace anochat::session {
namespace {

using Element = std::uint16_t;  // of GF(2^16) with x^16 + x^12 + x^3 + x + 1; addition is xor
using Elements = std::array<Element, kMaxPayloadSymbols>;

constexpr Element times_x(Element a) noexcept {
  return static_cast<Element>((a << 1) ^ (0x100b & -(a >> 15)));
}

// n * x^16 for each n of four bits: what four bits that are shifted out leave behind.
constexpr std::array<Element, 16> kShiftedOut = [] {
  std::array<Element, 16> table{};
  for (unsigned n = 1; n < 16; ++n) {
    auto value = static_cast<Element>(n << 12);
    for (int shift = 0; shift < 4; ++shift) value = times_x(value);
    table[n] = value;
  }
  return table;
}();

// Four bits of `a` at a time. For values that follow from symbol numbers, which are no secret.
constexpr Element multiply(Element a, Element b) noexcept {
  std::array<Element, 16> multiples{0, b};
  for (std::size_t n = 2; n < 16; n += 2) {
    multiples[n] = times_x(multiples[n / 2]);
    multiples[n + 1] = static_cast<Element>(multiples[n] ^ b);
  }
  Element product = multiples[a >> 12];
  for (int shift = 8; shift >= 0; shift -= 4) {
    product = static_cast<Element>((product << 4) ^ kShiftedOut[product >> 12] ^ multiples[(a >> shift) & 15]);
  }
  return product;
}

constexpr Element invert(Element a) noexcept {  // a^(2^16 - 2)
  Element result = 1;
  Element power = a;
  for (int bit = 1; bit < 16; ++bit) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}
static_assert(multiply(invert(0x1234), 0x1234) == 1);

// For each i, the product of (x - points[m]) over all m but i.
Elements products_without_one(std::span<const Element> points, Element x) noexcept {
  Elements result{};
  Element product = 1;
  for (std::size_t i = 0; i < points.size(); ++i) {
    result[i] = product;
    product = multiply(product, static_cast<Element>(x ^ points[i]));
  }
  product = 1;
  for (std::size_t i = points.size(); i-- > 0;) {
    result[i] = multiply(result[i], product);
    product = multiply(product, static_cast<Element>(x ^ points[i]));
  }
  return result;
}

// The part of the Lagrange coefficients that does not depend on where the polynomial is evaluated.
Elements weights_of(std::span<const Element> points) noexcept {
  Elements weights{};
  for (std::size_t i = 0; i < points.size(); ++i) {
    Element product = 1;
    for (std::size_t m = 0; m < points.size(); ++m) {
      if (m != i) product = multiply(product, static_cast<Element>(points[i] ^ points[m]));
    }
    weights[i] = invert(product);
  }
  return weights;
}

std::array<Element, kMaxPayloadSymbols> first_points() noexcept {
  std::array<Element, kMaxPayloadSymbols> points{};
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = static_cast<Element>(i);
  return points;
}

// Evaluates the polynomial through (points[i], symbols[i]) at x, all 16 columns at once, one coefficient bit at a time. What
// the symbols hold does not influence the time.
void evaluate(std::span<const Element> points, const Elements& weights, std::span<const Symbol> symbols, Element x,
              std::span<std::uint8_t, kSymbolLen> out) noexcept {
  using Words = std::array<std::uint64_t, kSymbolLen / 8>;
  Elements coefficients = products_without_one(points, x);
  for (std::size_t i = 0; i < points.size(); ++i) coefficients[i] = multiply(coefficients[i], weights[i]);
  std::array<Element, kSymbolLen / 2> sum{};
  for (int bit = 15; bit >= 0; --bit) {
    Words chosen{};  // the sum of the symbols whose coefficient has this bit
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto symbol = std::bit_cast<Words>(symbols[i]);
      const std::uint64_t coefficient = coefficients[i];
      const std::uint64_t mask = 0 - (coefficient >> bit & 1);
      for (std::size_t word = 0; word < chosen.size(); ++word) chosen[word] ^= symbol[word] & mask;
    }
    const auto bytes = std::bit_cast<Symbol>(chosen);
    for (std::size_t column = 0; column < sum.size(); ++column) {
      sum[column] = static_cast<Element>(times_x(sum[column]) ^ detail::get_be16(&bytes[2 * column]));
    }
  }
  for (std::size_t column = 0; column < sum.size(); ++column) detail::put_be16(&out[2 * column], sum[column]);
}

// Weights for the points 0..k, made once for each k in use.
template <std::size_t K>
const Elements& systematic_weights() noexcept {
  static const Elements weights = [] {
    const auto points = first_points();
    return weights_of(std::span(points).first(K));
  }();
  return weights;
}

}  // namespace

void encode_symbol(std::span<const Symbol> rows, std::uint32_t index, std::span<std::uint8_t, kSymbolLen> out) noexcept {
  if (index < rows.size()) {
    std::copy(rows[index].begin(), rows[index].end(), out.begin());
    return;
  }
  const auto all_points = first_points();
  const auto points = std::span(all_points).first(rows.size());
  const auto x = static_cast<Element>(index);
  switch (rows.size()) {
    case 38: return evaluate(points, systematic_weights<38>(), rows, x, out);
    case 35: return evaluate(points, systematic_weights<35>(), rows, x, out);
    default: return evaluate(points, weights_of(points), rows, x, out);
  }
}

void decode_symbols(std::span<const std::uint16_t> indexes, std::span<const Symbol> symbols, std::span<Symbol> rows) noexcept {
  std::array<bool, kMaxPayloadSymbols> is_known{};
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    if (indexes[i] < rows.size()) {
      rows[indexes[i]] = symbols[i];
      is_known[indexes[i]] = true;
    }
  }
  if (std::all_of(is_known.begin(), is_known.begin() + static_cast<std::ptrdiff_t>(rows.size()), [](bool known) { return known; })) {
    return;
  }
  const Elements weights = weights_of(indexes);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!is_known[row]) evaluate(indexes, weights, symbols, static_cast<Element>(row), rows[row]);
  }
}

}  // namespace anochat::session
