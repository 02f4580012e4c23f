#include "session/header.hpp"

#include <anochat/framing/limits.hpp>
#include <algorithm>

#include "base/byte_io.hpp"
#include "session/chain.hpp"

namespace anochat::session {

ByteArray<kHeaderLen> Header::encode() const noexcept {
  ByteArray<kHeaderLen> out;
  std::copy(dh.begin(), dh.end(), out.begin());
  detail::put_be32(out.data() + 32, pn);
  detail::put_be32(out.data() + 36, n);
  detail::put_be64(out.data() + 40, pq_epoch);
  detail::put_be32(out.data() + 48, pq_n);
  return out;
}

Header Header::decode(std::span<const std::uint8_t, kHeaderLen> bytes) noexcept {
  Header header;
  std::copy_n(bytes.begin(), header.dh.size(), header.dh.begin());
  header.pn = detail::get_be32(bytes.data() + 32);
  header.n = detail::get_be32(bytes.data() + 36);
  header.pq_epoch = detail::get_be64(bytes.data() + 40);
  header.pq_n = detail::get_be32(bytes.data() + 48);
  return header;
}

bool Header::is_in_range() const noexcept {
  return pn < kCounterEnd && n < kCounterEnd && pq_n < kCounterEnd && pq_n != 0;
}

void seal_header(const Header& header, const HeaderKey& key, std::span<const std::uint8_t, crypto::kNonceLen> nonce,
                 ByteView front_and_ad, MutableByteView out) noexcept {
  ByteArray<kHeaderLen> plain = header.encode();
  crypto::seal(key.expose(), nonce, front_and_ad, plain, out);
  wipe(plain);
}

std::optional<Header> open_header(const MessageView& message, const HeaderKey& key, ByteView front_and_ad) noexcept {
  ByteArray<kHeaderLen> plain;
  if (!crypto::open(key.expose(), message.header_nonce, front_and_ad, message.sealed_header, plain)) return std::nullopt;
  const Header header = Header::decode(plain);
  wipe(plain);
  return header;
}

HeaderAd::HeaderAd(ByteView front, const AssociatedData& ad) noexcept : length_(front.size() + AssociatedData::kSize) {
  auto* end = std::copy(front.begin(), front.end(), bytes_.begin());
  std::copy(ad.expose().begin(), ad.expose().end(), end);
}

}  // namespace anochat::session
