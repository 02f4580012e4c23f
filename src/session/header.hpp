// session/header.hpp - the 52 bytes that say which keys open a message, sealed under a header key.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstdint>
#include <optional>

#include "crypto/x25519.hpp"
#include "session/keys.hpp"
#include "session/wire.hpp"

namespace anochat::session {

struct Header {
  crypto::X25519Public dh{};   ///< the sender's ratchet key
  std::uint32_t pn = 0;        ///< messages in the sender's previous sending chain
  std::uint32_t n = 0;         ///< number in the chain, from 0
  std::uint64_t pq_epoch = 0;
  std::uint32_t pq_n = 0;      ///< number in the PQ chain of that epoch, from 1

  [[nodiscard]] ByteArray<kHeaderLen> encode() const noexcept;
  [[nodiscard]] static Header decode(std::span<const std::uint8_t, kHeaderLen> bytes) noexcept;
  /// Counters below 2^31 and pq_n not 0.
  [[nodiscard]] bool is_in_range() const noexcept;
};

/// @param front_and_ad  the message's front followed by AD
void seal_header(const Header& header, const HeaderKey& key, std::span<const std::uint8_t, crypto::kNonceLen> nonce,
                 ByteView front_and_ad, MutableByteView out) noexcept;

/// @return nothing when this is not the header's key
[[nodiscard]] std::optional<Header> open_header(const MessageView& message, const HeaderKey& key,
                                                ByteView front_and_ad) noexcept;

/// front || AD without a heap allocation.
class HeaderAd {
 public:
  HeaderAd(ByteView front, const AssociatedData& ad) noexcept;
  [[nodiscard]] ByteView view() const noexcept { return ByteView(bytes_).first(length_); }

 private:
  ByteArray<kPrefixLen + kBlockLen + AssociatedData::kSize> bytes_;
  std::size_t length_;
};

}  // namespace anochat::session
