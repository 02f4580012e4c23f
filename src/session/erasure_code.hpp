// session/erasure_code.hpp - any k of 65,536 symbols give back the k symbols of a payload.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace anochat::session {

inline constexpr std::size_t kSymbolLen = 32;             ///< bytes: 16 elements of GF(2^16)
inline constexpr std::size_t kMaxPayloadSymbols = 38;     ///< k of the ek payload
inline constexpr std::uint32_t kSymbolIndexes = 65'536;   ///< indexes run from 0 to this, exclusive

using Symbol = ByteArray<kSymbolLen>;

/// Symbol `index` of the payload `rows`: a row itself below rows.size(), a coded one above.
///
/// Systematic Reed-Solomon over GF(2^16), modulus 0x1100b, one polynomial through the rows for each 16-bit column.
/// Payloads travel encrypted but are no secrets of long life; the time still depends on the index only.
void encode_symbol(std::span<const Symbol> rows, std::uint32_t index, std::span<std::uint8_t, kSymbolLen> out) noexcept;

/// Recovers the payload from k = rows.size() symbols with different indexes, in any order.
void decode_symbols(std::span<const std::uint16_t> indexes, std::span<const Symbol> symbols, std::span<Symbol> rows) noexcept;

}  // namespace anochat::session
