#include <anochat/framing/limits.hpp>
#include <anochat/framing/padding.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <set>
#include <utility>

using namespace anochat;

// It is usable where a constant is needed.
static_assert(padded_size(0) == 256 && padded_size(1) == 256 && padded_size(256) == 256 && padded_size(257) == 512);
static_assert(is_padded_size(256) && !is_padded_size(255) && !is_padded_size(0));

namespace {

// Padmé as its paper prints it, in floating point.
std::size_t padme(std::size_t length) {
  const double exponent = std::floor(std::log2(static_cast<double>(length)));
  const double kept = std::floor(std::log2(exponent)) + 1;
  const auto step = static_cast<std::size_t>(std::exp2(exponent - kept));
  return (length + step - 1) / step * step;
}

}  // namespace

TEST_CASE("padded sizes are the frozen ones") {
  for (const auto& [length, padded] : {std::pair<std::size_t, std::size_t>{512, 512},
                                       {513, 1'024},
                                       {1'025, 2'048},
                                       {2'049, 4'096},
                                       {4'096, 4'096},
                                       {4'097, 4'352},
                                       {4'352, 4'352},
                                       {8'191, 8'192},
                                       {8'193, 8'704},
                                       {65'536, 65'536},
                                       {65'537, 67'584},
                                       {65'575, 67'584}}) {
    CHECK_MESSAGE(padded_size(length) == padded, length);
  }
}

TEST_CASE("padding is idempotent, monotone and tight for every length up to 70,000") {
  bool idempotent = true, monotone = true, covers = true, agrees = true, tight = true, recognised = true;
  for (std::size_t length = 0, before = 0; length <= 70'000; ++length) {
    const std::size_t padded = padded_size(length);
    covers &= padded >= length;
    idempotent &= padded_size(padded) == padded;
    recognised &= is_padded_size(padded) && is_padded_size(length) == (padded == length);
    monotone &= padded >= before;
    if (length > 4'096) {
      agrees &= padded == padme(length);
      tight &= static_cast<double>(padded - length) <= 0.063 * static_cast<double>(length);
    } else if (length > 256) {
      agrees &= padded == std::bit_ceil(length);
    }
    before = padded;
  }
  CHECK(covers);
  CHECK(idempotent);
  CHECK(recognised);
  CHECK(monotone);
  CHECK(agrees);
  CHECK(tight);
}

TEST_CASE("messages have few distinct lengths") {
  std::set<std::size_t> sizes;
  for (std::size_t length = 0; length <= kMaxContentLen; ++length) sizes.insert(padded_size(length));
  CHECK(sizes.size() == 69);
}

TEST_CASE("padding stays exact at the largest lengths") {
  for (unsigned bits = 13; bits <= 62; ++bits) {
    const std::size_t power = std::size_t{1} << bits;
    CHECK(padded_size(power) == power);
    CHECK(padded_size(power - 1) == power);
    CHECK(padded_size(power / 2 + 1) > power / 2 + 1);
  }
}
