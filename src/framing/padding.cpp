#include <anochat/framing/padding.hpp>

namespace anochat {

// The whole of padding is in the header; these hold it to docs/protocol.md.
static_assert(padded_size(0) == 256 && padded_size(256) == 256 && padded_size(257) == 512 &&
              padded_size(4'096) == 4'096);
static_assert(padded_size(4'097) == 4'352 && padded_size(65'575) == 67'584);
static_assert(is_padded_size(4'352) && !is_padded_size(4'351) && !is_padded_size(0));

}  // namespace anochat
