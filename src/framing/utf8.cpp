#include "framing/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace anochat::detail {
namespace {

struct Sequence {
  std::size_t following;  // bytes after the first; 4 means that no sequence starts so
  std::uint8_t second_from = 0x80, second_upto = 0xbf;  // the range of the second byte; the others are 80 to BF
};

constexpr Sequence sequence_of(std::uint8_t first) noexcept {
  if (first < 0x80) return {0};
  if (first < 0xc2) return {4};  // a following byte, or an overlong form
  if (first < 0xe0) return {1};
  if (first == 0xe0) return {2, 0xa0, 0xbf};  // below: overlong
  if (first == 0xed) return {2, 0x80, 0x9f};  // above: surrogates
  if (first < 0xf0) return {2};
  if (first == 0xf0) return {3, 0x90, 0xbf};  // below: overlong
  if (first < 0xf4) return {3};
  if (first == 0xf4) return {3, 0x80, 0x8f};  // above: past U+10FFFF
  return {4};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  const auto byte = [text](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const Sequence sequence = sequence_of(byte(at));
    if (sequence.following == 0) continue;
    if (sequence.following > 3 || text.size() - at <= sequence.following) return false;
    const std::uint8_t second = byte(at + 1);
    if (second < sequence.second_from || second > sequence.second_upto) return false;
    for (std::size_t i = 2; i <= sequence.following; ++i) {
      if ((byte(at + i) & 0xc0) != 0x80) return false;
    }
    at += sequence.following;
  }
  return true;
}

}  // namespace anochat::detail
