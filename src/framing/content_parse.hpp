// framing/content_parse.hpp - what the encoder asks the decoder.
#pragma once

#include <anochat/base/bytes.hpp>

namespace anochat::detail {

/// Whether these are exactly the fields that decode_content() gives as content::Unknown::raw.
/// @param raw  at most kMaxContentLen bytes
[[nodiscard]] bool is_unknown_kind(ByteView raw);

}  // namespace anochat::detail
