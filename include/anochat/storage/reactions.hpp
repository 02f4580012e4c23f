// anochat/storage/reactions.hpp - reactions to messages, aggregated per emoji.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace anochat::storage {

struct Reaction {
  std::string emoji;  ///< exactly as sent: an emoji of several code points is one reaction
  std::int64_t count = 0;
  bool by_me = false;
  UnixTime latest;
};

class Reactions : public Repository {
 public:
  using Repository::Repository;
  /// @param emoji  1 to 64 bytes
  /// @return false when it was there with this or a later time, or was removed later than that
  /// @throws Error{Errc::not_found}  no such message
  bool add(MessageId message, const AccountId& account, std::string_view emoji, UnixTime at);
  /// As of this time: an add that is older stays without effect even when it comes later.
  /// @return false when it was not there, or with a later time
  /// @throws as add()
  bool remove(MessageId message, const AccountId& account, std::string_view emoji, UnixTime at);
  /// Most frequent first, then the earliest.
  [[nodiscard]] std::vector<Reaction> of(MessageId message, const AccountId& me) const;
  [[nodiscard]] std::vector<AccountId> who(MessageId message, std::string_view emoji) const;
};

}  // namespace anochat::storage
