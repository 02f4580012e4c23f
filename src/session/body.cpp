#include "session/body.hpp"

#include <anochat/framing/limits.hpp>
#include <anochat/framing/padding.hpp>
#include <algorithm>

#include "base/byte_io.hpp"
#include "base/is_zero.hpp"

namespace anochat::session {
BodyPlan plan_body(std::size_t content_len, const SymbolOffer& offer, std::uint32_t n) noexcept {
  const std::size_t used = kBodyOverhead + content_len;
  const std::size_t k = offer.payload_symbols;
  if (k == 0 || (offer.next_index >= k && n != 0)) return {.body_len = padded_size(used)};
  const std::size_t body_len = padded_size(used + kSymbolLen);
  const std::size_t room = (body_len - used) / kSymbolLen;
  const std::size_t most = n == 0 ? std::min<std::size_t>(k, kSymbolIndexes - offer.next_index) : k - offer.next_index;
  return {.body_len = body_len,
          .symbol_count = static_cast<std::uint8_t>(std::min(room, most)),
          .first_symbol = static_cast<std::uint16_t>(offer.next_index)};
}

MutableByteView write_body(ByteView content, const BodyPlan& plan, MutableByteView body) noexcept {
  detail::put_be32(body.data(), static_cast<std::uint32_t>(content.size()));
  std::copy(content.begin(), content.end(), body.begin() + 4);
  std::uint8_t* after = body.data() + 4 + content.size();
  after[0] = plan.symbol_count;
  detail::put_be16(after + 1, plan.first_symbol);
  const std::size_t symbols_at = kBodyOverhead + content.size();
  const std::size_t symbols_len = plan.symbol_count * kSymbolLen;
  std::fill(body.begin() + static_cast<std::ptrdiff_t>(symbols_at + symbols_len), body.end(), std::uint8_t{0});
  return body.subspan(symbols_at, symbols_len);
}

std::optional<BodyView> parse_body(ByteView body) noexcept {
  if (body.size() < kBodyOverhead) return std::nullopt;
  const std::size_t content_len = detail::get_be32(body.data());
  if (content_len > kMaxContentLen || content_len > body.size() - kBodyOverhead) return std::nullopt;
  const std::uint8_t* after = body.data() + 4 + content_len;
  const std::size_t count = after[0];
  const std::uint32_t first = detail::get_be16(after + 1);
  const std::size_t rest = body.size() - kBodyOverhead - content_len;
  if (count * kSymbolLen > rest || (count == 0 && first != 0) || first + count > kSymbolIndexes) return std::nullopt;
  const std::size_t symbols_at = kBodyOverhead + content_len;
  // The filling is as secret as the content.
  if (!detail::is_zero_ct(body.subspan(symbols_at + count * kSymbolLen))) return std::nullopt;
  return BodyView{body.subspan(4, content_len), first, body.subspan(symbols_at, count * kSymbolLen)};
}

}  // namespace anochat::session
