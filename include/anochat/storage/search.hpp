// anochat/storage/search.hpp - full-text search over the history.
#pragma once

#include <anochat/storage/messages.hpp>
#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anochat::storage {

enum class SearchOrder : std::uint8_t { relevance, newest };

struct SearchQuery {
  std::string_view text;  ///< any text; words are joined by AND, the last one matches as a prefix; 4,096 bytes count
  std::optional<ConversationId> conversation = {};
  std::optional<AccountId> sender = {};
  std::optional<UnixTime> from = {};   ///< by sent_at, inclusive
  std::optional<UnixTime> until = {};  ///< by sent_at, exclusive
  SearchOrder order = SearchOrder::newest;
  std::optional<Cursor> after = {};  ///< order newest only
  int limit = 50;                    ///< 1 to 200
};

struct SearchHit {
  Message message;
  std::string snippet;  ///< a piece of the body around the first hit; hits stand between U+E000 and U+E001
  double rank = 0;      ///< smaller is better; 0 where words were not indexed
};

struct SearchPage {
  std::vector<SearchHit> items;
  std::optional<Cursor> next;
};

class Search : public Repository {
 public:
  using Repository::Repository;
  /// Case and diacritics do not matter. Words of scripts without spaces (Chinese, Japanese, Thai, ...) and emoji are
  /// found anywhere in the text. A text with nothing to look for finds nothing; no text is an error.
  [[nodiscard]] SearchPage find(const SearchQuery& query) const;
};

}  // namespace anochat::storage
