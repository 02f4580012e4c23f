#include "session/erasure_code.hpp"

#include <algorithm>
#include <array>

#include "base/byte_io.hpp"

namespace anochat::session {
namespace {

using Element = std::uint16_t;  // of GF(2^16) with x^16 + x^12 + x^3 + x + 1; addition is xor
using Elements = std::array<Element, kMaxPayloadSymbols>;

constexpr Element times_x(Element a) noexcept {
  return static_cast<Element>((a << 1) ^ (0x100b & -(a >> 15)));
}

constexpr Element multiply(Element a, Element b) noexcept {
  Element product = 0;
  for (int bit = 15; bit >= 0; --bit) {
    product = static_cast<Element>(times_x(product) ^ (b & -((a >> bit) & 1)));
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

using Lanes = std::array<Element, kSymbolLen / 2>;

// Evaluates the polynomial through (points[i], symbols[i]) at x, all 16 columns at once, one coefficient bit at a time.
void evaluate(std::span<const Element> points, const Elements& weights, std::span<const Symbol> symbols, Element x,
              std::span<std::uint8_t, kSymbolLen> out) noexcept {
  Elements coefficients = products_without_one(points, x);
  std::array<Lanes, kMaxPayloadSymbols> lanes;
  for (std::size_t i = 0; i < points.size(); ++i) {
    coefficients[i] = multiply(coefficients[i], weights[i]);
    for (std::size_t lane = 0; lane < lanes[i].size(); ++lane) lanes[i][lane] = detail::get_be16(&symbols[i][2 * lane]);
  }
  Lanes sum{};
  for (int bit = 15; bit >= 0; --bit) {
    for (Element& lane : sum) lane = times_x(lane);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto mask = static_cast<Element>(-((coefficients[i] >> bit) & 1));
      for (std::size_t lane = 0; lane < sum.size(); ++lane) sum[lane] = static_cast<Element>(sum[lane] ^ (lanes[i][lane] & mask));
    }
  }
  for (std::size_t lane = 0; lane < sum.size(); ++lane) detail::put_be16(&out[2 * lane], sum[lane]);
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
