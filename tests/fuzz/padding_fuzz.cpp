// Lengths: the properties of padding, for any length that the function takes.
#include <anochat/framing/padding.hpp>

#include "fuzz/fuzz.hpp"

#include <algorithm>

using namespace anochat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(size, 8); ++i) value = value << 8 | data[i];
  const std::size_t length = value >> 2;  // below 2^62
  const std::size_t padded = padded_size(length);
  fuzz::require(padded >= length && padded >= 256, "padding never cuts");
  fuzz::require(padded_size(padded) == padded, "a padded size is its own");
  fuzz::require(is_padded_size(length) == (padded == length), "a padded size is recognised");
  fuzz::require(padded_size(length + 1) >= padded, "more content is never padded to less");
  fuzz::require(length <= 4'096 || padded - length <= length / 16, "padding above 4,096 bytes is tight");
  return 0;
}
