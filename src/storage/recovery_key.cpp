#include <anochat/storage/recovery_key.hpp>

#include <anochat/base/error.hpp>

#include <algorithm>
#include <sodium.h>

#include "storage/crockford.hpp"

namespace anochat {
namespace {

constexpr std::string_view kContext = "AnoChat recovery key v1";
constexpr std::size_t kChecksumSize = 5;  // bytes: one slip in 2^40 goes unnoticed
constexpr std::size_t kWholeSize = RecoveryKey::kSize + kChecksumSize;
constexpr std::size_t kLetters = kWholeSize * 8 / 5;
static_assert(kWholeSize * 8 % 5 == 0);

ByteArray<kChecksumSize> checksum_of(ByteView key) noexcept {
  ByteArray<32> hash;
  crypto_generichash(hash.data(), hash.size(), key.data(), key.size(), as_bytes(kContext).data(), kContext.size());
  ByteArray<kChecksumSize> out;
  std::copy_n(hash.begin(), out.size(), out.begin());
  wipe(hash);
  return out;
}

}  // namespace

RecoveryKey RecoveryKey::generate(Random& random) {
  Key key;
  random.fill(key.expose_mutable());
  return RecoveryKey(std::move(key));
}

RecoveryKey RecoveryKey::parse(std::string_view text) {
  SecretBytes whole(kWholeSize);
  std::size_t letters = 0;
  for (const char raw : text) {
    if (raw == ' ' || raw == '-') continue;
    const std::uint32_t value = storage::detail::crockford_bits(raw);
    if (value == storage::detail::kNoCrockfordLetter || letters == kLetters) throw Error(Errc::invalid_argument, "recovery_key.parse");
    for (std::size_t bit = 0; bit < 5; ++bit) {
      const std::size_t at = letters * 5 + bit;
      whole[at / 8] = static_cast<std::uint8_t>(whole[at / 8] | (value >> (4 - bit) & 1U) << (7 - at % 8));
    }
    ++letters;
  }
  const MutableByteView key_part = MutableByteView(whole).first(kSize);
  if (letters != kLetters || !equal_ct(checksum_of(key_part), ByteView(whole).last(kChecksumSize))) {
    throw Error(Errc::invalid_argument, "recovery_key.parse");
  }
  return RecoveryKey(Key(key_part.first<kSize>()));
}

SecretBytes RecoveryKey::text() const {
  SecretBytes whole(key_.expose().begin(), key_.expose().end());
  const auto checksum = checksum_of(key_.expose());
  whole.insert(whole.end(), checksum.begin(), checksum.end());
  SecretBytes out;
  out.reserve(kTextLength);
  for (std::size_t letter = 0; letter < kLetters; ++letter) {
    std::uint32_t bits = 0;
    for (std::size_t at = letter * 5; at < letter * 5 + 5; ++at) {
      bits = bits << 1 | (std::uint32_t{whole[at / 8]} >> (7 - at % 8) & 1U);
    }
    if (letter % 5 == 0 && letter > 0) out.push_back('-');
    out.push_back(static_cast<std::uint8_t>(storage::detail::crockford_letter(bits)));
  }
  return out;
}

SecretBytes RecoveryKey::secret() { return {key_.expose().begin(), key_.expose().end()}; }

}  // namespace anochat
