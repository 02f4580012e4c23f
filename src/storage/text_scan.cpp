#include "storage/text_scan.hpp"

#include <array>
#include <cstdint>

namespace anochat::storage::detail {
namespace {

constexpr std::size_t kMostBytes = 4'096;
constexpr std::size_t kMostTerms = 32;
constexpr char32_t kBroken = 0xffff'ffff;

/// Takes one code point off the front; kBroken for a byte that starts no well-formed sequence.
char32_t next_code_point(std::string_view& text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = at(0);
  std::size_t length = 1;
  char32_t value = lead;
  if (lead >= 0x80) {
    length = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xc2 && lead < 0xe0 ? 2 : 0;
    constexpr std::array<std::uint8_t, 5> kMask{0, 0, 0x1f, 0x0f, 0x07};
    constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    value = lead & kMask[length];
    bool is_good = length != 0 && length <= text.size();
    for (std::size_t i = 1; is_good && i < length; ++i) {
      is_good = (at(i) & 0xc0) == 0x80;
      value = value << 6 | (at(i) & 0x3f);
    }
    is_good = is_good && value >= kLeast[length] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    if (!is_good) {
      length = 1;
      value = kBroken;
    }
  }
  text.remove_prefix(length);
  return value;
}

struct Range {
  char32_t first, last;
};

// Unicode blocks, from its Blocks.txt.
constexpr Range kUnspaced[] = {
    {0x0e00, 0x0eff},    // Thai, Lao
    {0x0f00, 0x0fff},    // Tibetan
    {0x1000, 0x109f},    // Myanmar
    {0x1780, 0x17ff},    // Khmer
    {0x1950, 0x19ff},    // Tai Le, New Tai Lue, Khmer symbols
    {0x1a20, 0x1aaf},    // Tai Tham
    {0x2190, 0x2bff},    // arrows, technical and other symbols, dingbats: many of them emoji
    {0x2e80, 0x2fff},    // CJK radicals
    {0x3005, 0x3007},    // ideographic iteration mark and zero
    {0x3040, 0x318f},    // kana, bopomofo, Hangul letters
    {0x31a0, 0x4dbf},    // bopomofo, strokes, kana extensions, extension A
    {0x4e00, 0x9fff},    // unified ideographs
    {0xa9e0, 0xa9ff},    // Myanmar extended B
    {0xaa60, 0xaadf},    // Myanmar extended A, Tai Viet
    {0xac00, 0xd7ff},    // Hangul: spaced, but its particles stick to the word
    {0xf900, 0xfaff},    // compatibility ideographs
    {0xff66, 0xff9f},    // halfwidth kana
    {0x1b000, 0x1b16f},  // kana supplements
    {0x1f000, 0x1faff},  // emoji
    {0x20000, 0x3ffff},  // ideographs, extensions B and later
    {0xfe00, 0xfe0f},    // variation selectors, part of an emoji
    {0x200d, 0x200d},    // the joiner, part of an emoji
    {0x20e3, 0x20e3},    // keycap
    {0xe0020, 0xe007f},  // tags, part of some flags
};

bool is_unspaced(char32_t c) noexcept {
  if (c < 0x0e00) return false;
  for (const Range& range : kUnspaced) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

bool is_separator(char32_t c) noexcept {
  return c <= 0x20 || c == 0x7f || (c >= 0x80 && c <= 0xa0) || (c >= 0x2000 && c <= 0x200c) ||
         (c >= 0x2028 && c <= 0x202f) || c == 0x3000 || c == kBroken || (c >= 0xe000 && c <= 0xf8ff);
}

/// Whether the word index keeps anything of it. ASCII punctuation alone would be an empty phrase.
bool can_match(std::string_view word) noexcept {
  for (const char c : word) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x80 || (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z')) return true;
  }
  return false;
}

}  // namespace

bool needs_substring_index(std::string_view text) noexcept {
  while (!text.empty()) {
    if (is_unspaced(next_code_point(text))) return true;
  }
  return false;
}

std::size_t code_point_count(std::string_view text) noexcept {
  std::size_t count = 0;
  for (; !text.empty(); ++count) next_code_point(text);
  return count;
}

std::vector<SearchTerm> split_query(std::string_view text) {
  text = text.substr(0, kMostBytes);
  std::vector<SearchTerm> terms;
  SearchTerm term;
  const auto finish = [&] {
    if (can_match(term.text) && terms.size() < kMostTerms) terms.push_back(term);
    term = {};
  };
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = next_code_point(text);
    if (is_separator(c)) {
      finish();
      continue;
    }
    const bool unspaced = is_unspaced(c);
    if (!term.text.empty() && unspaced != term.is_unspaced) finish();
    term.is_unspaced = unspaced;
    term.text += before.substr(0, before.size() - text.size());
  }
  finish();
  return terms;
}

}  // namespace anochat::storage::detail
