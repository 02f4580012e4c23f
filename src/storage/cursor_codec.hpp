// storage/cursor_codec.hpp - the opaque cursors of lists, and how garbage is told from them.
//
// 36 bytes as lower-case hexadecimal: version 1, list 1, zero 2, three big-endian numbers of 8, and 8 bytes of
// BLAKE2b over what stands before. The hash is no protection, it only catches what was cut, mixed up or made up.
#pragma once

#include <anochat/storage/types.hpp>
#include <cstdint>

namespace anochat::storage::detail {

enum class CursorKind : std::uint8_t { history = 1, conversations = 2, search = 3, calls = 4 };

struct CursorValue {
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::int64_t c = 0;
};

[[nodiscard]] Cursor encode_cursor(CursorKind kind, const CursorValue& value);

/// @throws Error{Errc::invalid_argument}  not a cursor of this kind
[[nodiscard]] CursorValue decode_cursor(CursorKind kind, const Cursor& text);

/// A list's limit. @throws Error{Errc::invalid_argument}  outside 1..most
void require_limit(int limit, int most);

}  // namespace anochat::storage::detail
