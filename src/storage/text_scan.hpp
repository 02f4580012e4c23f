// storage/text_scan.hpp - what kind of text this is: words between spaces, or writing that a word index cannot split.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anochat::storage::detail {

/// Whether the text holds writing without spaces (Han, kana, Thai, Lao, Khmer, Burmese, Tibetan, ...) or symbols and
/// emoji, which the word index drops. Such a message is indexed by substrings as well.
[[nodiscard]] bool needs_substring_index(std::string_view text) noexcept;

/// Number of code points; bytes that are no UTF-8 count one each.
[[nodiscard]] std::size_t code_point_count(std::string_view text) noexcept;

/// What is left of a user's query: words without control characters and broken UTF-8, cut where a run of unspaced
/// writing begins or ends. At most 32, from the first 4,096 bytes.
struct SearchTerm {
  std::string text;
  bool is_unspaced = false;
};
[[nodiscard]] std::vector<SearchTerm> split_query(std::string_view text);

}  // namespace anochat::storage::detail
