// framing/content_rules.hpp - what holds for every content, on its way out and in.
#pragma once

#include <anochat/base/error.hpp>
#include <anochat/framing/content.hpp>

namespace anochat::detail {

/// How a broken rule is reported: to a caller who wants to send, or about a peer who has sent.
struct RuleErrors {
  Errc broken;
  Errc too_long;
  const char* where;
};

inline constexpr RuleErrors kWhenEncoding{Errc::invalid_argument, Errc::too_large, "content.encode"};
inline constexpr RuleErrors kWhenDecoding{Errc::bad_content, Errc::bad_content, "content.decode"};

/// Checks every field against its documented rule. Content::kind Unknown is not looked into.
/// @throws Error  with a code of `errors`
void check_content(const Content& content, const RuleErrors& errors);

}  // namespace anochat::detail
