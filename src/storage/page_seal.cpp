#include "storage/page_seal.hpp"

#include <algorithm>
#include <sodium.h>
#include <unistd.h>

#include "base/byte_io.hpp"

namespace anochat::storage {
namespace {

constexpr std::size_t nonce_size(Cipher cipher) noexcept { return cipher == Cipher::aegis256 ? 32 : 24; }
static_assert(crypto_aead_aegis256_NPUBBYTES == 32 && crypto_aead_aegis256_ABYTES == 32);
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == 24 && crypto_aead_xchacha20poly1305_ietf_ABYTES == 16);

using Associated = ByteArray<24>;

Associated associated_data(const PagePlace& place) noexcept {
  Associated out{};
  out[0] = static_cast<std::uint8_t>(place.role);
  store_be(out, 4, place.page);
  store_be(out, 8, place.frame);
  store_be(out, 16, place.generation);
  return out;
}

}  // namespace

Cipher recommended_cipher() noexcept {
  static const bool is_ready = sodium_init() >= 0;  // finds out what the processor can do
  const bool has_aes = is_ready && (sodium_runtime_has_aesni() != 0 || sodium_runtime_has_armcrypto() != 0);
  return has_aes ? Cipher::aegis256 : Cipher::xchacha20;
}

void NonceSource::next(MutableByteView out) {
  const ::pid_t now = ::getpid();
  if (used_ + out.size() > buffer_.size() || process_ != now) {
    used_ = buffer_.size();  // stays empty when the source fails
    random_.fill(buffer_);
    used_ = 0;
    process_ = now;
  }
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), out.size(), out.begin());
  used_ += out.size();
}

void PageSeal::seal(const PagePlace& place, ByteView plain, MutableByteView out, NonceSource& nonces) const {
  const Associated ad = associated_data(place);
  const MutableByteView nonce = out.subspan(plain.size(), nonce_size(cipher_));
  std::uint8_t* const tag = out.data() + plain.size() + nonce.size();
  nonces.next(nonce);
  if (cipher_ == Cipher::aegis256) {
    crypto_aead_aegis256_encrypt_detached(out.data(), tag, nullptr, plain.data(), plain.size(), ad.data(), ad.size(),
                                          nullptr, nonce.data(), key_.data());
  } else {
    crypto_aead_xchacha20poly1305_ietf_encrypt_detached(out.data(), tag, nullptr, plain.data(), plain.size(), ad.data(),
                                                        ad.size(), nullptr, nonce.data(), key_.data());
  }
}

bool PageSeal::open(const PagePlace& place, ByteView sealed, MutableByteView out) const noexcept {
  const Associated ad = associated_data(place);
  const std::uint8_t* const nonce = sealed.data() + out.size();
  const std::uint8_t* const tag = nonce + nonce_size(cipher_);
  const int failed =
      cipher_ == Cipher::aegis256
          ? crypto_aead_aegis256_decrypt_detached(out.data(), nullptr, sealed.data(), out.size(), tag, ad.data(),
                                                  ad.size(), nonce, key_.data())
          : crypto_aead_xchacha20poly1305_ietf_decrypt_detached(out.data(), nullptr, sealed.data(), out.size(), tag,
                                                                ad.data(), ad.size(), nonce, key_.data());
  if (failed != 0) std::fill(out.begin(), out.end(), std::uint8_t{0});
  return failed == 0;
}

}  // namespace anochat::storage
