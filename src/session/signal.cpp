// The signal lane (docs/protocol.md, section 9): sealed under keys derived from header keys, so the ratchet does not move.
#include <anochat/base/error.hpp>
#include <algorithm>

#include "base/byte_io.hpp"
#include "base/is_zero.hpp"
#include "crypto/blake2.hpp"
#include "crypto/xchacha.hpp"
#include "session/session_state.hpp"

namespace anochat {
namespace {

using namespace session;

constexpr std::string_view kSeal = "session.seal_signal";
constexpr std::string_view kOpen = "session.open_signal";
constexpr ByteArray<kPrefixLen> kPrefix{kVersion, 0x05, kSuite, 0};
constexpr std::size_t kPlainLen = kSignalLen - kPrefixLen - crypto::kXNonceLen - crypto::kXTagLen;
constexpr std::size_t kSignalOverhead = 10;  // time and length
static_assert(kPlainLen == kMaxSignalContentLen + kSignalOverhead);

using SignalKey = Secret<struct SignalKeyRole, 32>;
using Plain = Secret<struct SignalPlainRole, kPlainLen>;

SignalKey signal_key(const HeaderKey& header) noexcept { return crypto::derive_key<SignalKey>(header.expose(), 1, "AnoSignl"); }

ByteArray<kPrefixLen + AssociatedData::kSize> signal_ad(const AssociatedData& ad) noexcept {
  ByteArray<kPrefixLen + AssociatedData::kSize> bytes;
  auto* end = std::copy(kPrefix.begin(), kPrefix.end(), bytes.begin());
  std::copy(ad.expose().begin(), ad.expose().end(), end);
  return bytes;
}

}  // namespace

Bytes Session::seal_signal(ByteView content, UnixTime now, Random& random) {
  State& s = alive(state_, kSeal);
  if (content.size() > kMaxSignalContentLen) throw Error(Errc::too_large, kSeal);
  if (!s.ec.sending) throw Error(Errc::wrong_state, kSeal);
  Bytes message(kSignalLen);
  const MutableByteView out(message);
  const auto nonce = out.subspan<kPrefixLen, crypto::kXNonceLen>();
  random.fill(nonce);
  const UnixTime sent = std::max(now, s.last_signal_sent + Milliseconds(1));
  Plain plain;
  detail::put_be64(plain.expose_mutable().data(), static_cast<std::uint64_t>(sent.time_since_epoch().count()));
  detail::put_be16(plain.expose_mutable().data() + 8, static_cast<std::uint16_t>(content.size()));
  std::copy(content.begin(), content.end(), plain.expose_mutable().begin() + kSignalOverhead);
  std::copy(kPrefix.begin(), kPrefix.end(), message.begin());
  const auto ad = signal_ad(s.ad);
  crypto::xseal(signal_key(s.ec.sending->header_key).expose(), nonce, ad, plain.expose(), out.subspan(kPrefixLen + crypto::kXNonceLen));
  s.last_signal_sent = sent;
  return message;
}

SecretBytes Session::open_signal(ByteView message, UnixTime now) {
  State& s = alive(state_, kOpen);
  if (message.size() != kSignalLen || !std::equal(kPrefix.begin(), kPrefix.end(), message.begin())) {
    throw Error(Errc::bad_message, kOpen);
  }
  const auto nonce = message.subspan<kPrefixLen, crypto::kXNonceLen>();
  const ByteView sealed = message.subspan(kPrefixLen + crypto::kXNonceLen);
  const auto ad = signal_ad(s.ad);
  Plain plain;
  const bool is_open = s.ec.any_header_key([&](const HeaderKey& key) {
    return crypto::xopen(signal_key(key).expose(), nonce, ad, sealed, plain.expose_mutable());
  });
  if (!is_open) throw Error(Errc::bad_message, kOpen);
  const std::uint64_t milliseconds = detail::get_be64(plain.expose().data());
  const std::size_t length = detail::get_be16(plain.expose().data() + 8);
  const ByteView rest = plain.expose().subspan(kSignalOverhead);
  if (length > kMaxSignalContentLen || milliseconds >= std::uint64_t{1} << 50 || !detail::is_zero_ct(rest.subspan(length))) {
    throw Error(Errc::bad_message, kOpen);
  }
  const UnixTime sent{Milliseconds(static_cast<std::int64_t>(milliseconds))};
  if (sent <= s.last_signal_opened || sent > now + kSignalLifetime || sent < now - kSignalLifetime) {
    throw Error(Errc::replayed, kOpen);
  }
  s.last_signal_opened = sent;
  return {rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(length)};
}

}  // namespace anochat
