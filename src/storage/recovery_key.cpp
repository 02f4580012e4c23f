#include <anochat/storage/recovery_key.hpp>

#include <anochat/base/error.hpp>

#include <algorithm>
#include <sodium.h>

namespace anochat {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford's: no I, L, O, U
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

char tidied(char letter) noexcept {
  if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  if (letter == 'O') return '0';
  return letter == 'I' || letter == 'L' ? '1' : letter;
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
    const std::size_t value = kAlphabet.find(tidied(raw));
    if (value == std::string_view::npos || letters == kLetters) throw Error(Errc::invalid_argument, "recovery_key.parse");
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
    std::size_t value = 0;
    for (std::size_t at = letter * 5; at < letter * 5 + 5; ++at) value = value << 1 | (std::size_t{whole[at / 8]} >> (7 - at % 8) & 1U);
    if (letter % 5 == 0 && letter > 0) out.push_back('-');
    out.push_back(static_cast<std::uint8_t>(kAlphabet[value]));
  }
  return out;
}

SecretBytes RecoveryKey::secret() { return {key_.expose().begin(), key_.expose().end()}; }

}  // namespace anochat
