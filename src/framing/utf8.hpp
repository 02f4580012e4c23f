// framing/utf8.hpp - which bytes are text.
#pragma once

#include <string_view>

namespace anochat::detail {

/// Whether a text is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
/// @source The Unicode Standard 15.0, section 3.9, table 3-7
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace anochat::detail
