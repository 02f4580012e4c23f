// What everybody may know about a secret computation: its verdict. The linker puts these in place of libsodium's
// functions (see CMakeLists.txt); each calls the real one, so all that happens inside it is watched.
#include <valgrind/memcheck.h>

#include <cstddef>

namespace {

int verdict(int value) {
  VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
  return value;
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names
extern "C" {

int __real_anochat_crypto_verify_16(const unsigned char* x, const unsigned char* y);
int __real_anochat_crypto_verify_32(const unsigned char* x, const unsigned char* y);
int __real_anochat_sodium_memcmp(const void* a, const void* b, std::size_t size);
int __real_anochat_sodium_is_zero(const unsigned char* bytes, std::size_t size);
int __real_anochat_crypto_scalarmult_curve25519(unsigned char* q, const unsigned char* n, const unsigned char* p);
int __real_anochat_crypto_aead_chacha20poly1305_ietf_decrypt(unsigned char* m, unsigned long long* m_len,
                                                             unsigned char* secret_nonce, const unsigned char* c,
                                                             unsigned long long c_len, const unsigned char* ad,
                                                             unsigned long long ad_len, const unsigned char* nonce,
                                                             const unsigned char* key);
int __real_anochat_crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned char* m, unsigned long long* m_len,
                                                              unsigned char* secret_nonce, const unsigned char* c,
                                                              unsigned long long c_len, const unsigned char* ad,
                                                              unsigned long long ad_len, const unsigned char* nonce,
                                                              const unsigned char* key);

// The tag was right or wrong; two keys are equal or not; the filling is zero or not; the point was of low order or not.
int __wrap_anochat_crypto_verify_16(const unsigned char* x, const unsigned char* y) {
  return verdict(__real_anochat_crypto_verify_16(x, y));
}
int __wrap_anochat_crypto_verify_32(const unsigned char* x, const unsigned char* y) {
  return verdict(__real_anochat_crypto_verify_32(x, y));
}
int __wrap_anochat_sodium_memcmp(const void* a, const void* b, std::size_t size) {
  return verdict(__real_anochat_sodium_memcmp(a, b, size));
}
int __wrap_anochat_sodium_is_zero(const unsigned char* bytes, std::size_t size) {
  return verdict(__real_anochat_sodium_is_zero(bytes, size));
}
int __wrap_anochat_crypto_scalarmult_curve25519(unsigned char* q, const unsigned char* n, const unsigned char* p) {
  return verdict(__real_anochat_crypto_scalarmult_curve25519(q, n, p));
}

// An opened header or body is not a key any more: its counters decide which keys are tried next. That its content and
// filling are not branched on has a harness of its own, "padding check".
int __wrap_anochat_crypto_aead_chacha20poly1305_ietf_decrypt(unsigned char* m, unsigned long long* m_len,
                                                             unsigned char* secret_nonce, const unsigned char* c,
                                                             unsigned long long c_len, const unsigned char* ad,
                                                             unsigned long long ad_len, const unsigned char* nonce,
                                                             const unsigned char* key) {
  const int failed = __real_anochat_crypto_aead_chacha20poly1305_ietf_decrypt(m, m_len, secret_nonce, c, c_len, ad,
                                                                              ad_len, nonce, key);
  if (c_len >= 16) VALGRIND_MAKE_MEM_DEFINED(m, c_len - 16);
  return failed;
}

// A signal's time and length decide what happens to it; the rest of it, and whatever else is opened this way, stays
// secret.
int __wrap_anochat_crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned char* m, unsigned long long* m_len,
                                                              unsigned char* secret_nonce, const unsigned char* c,
                                                              unsigned long long c_len, const unsigned char* ad,
                                                              unsigned long long ad_len, const unsigned char* nonce,
                                                              const unsigned char* key) {
  constexpr unsigned long long kSealedSignalLen = 328, kTimeAndLength = 10;
  const int failed = __real_anochat_crypto_aead_xchacha20poly1305_ietf_decrypt(m, m_len, secret_nonce, c, c_len, ad,
                                                                               ad_len, nonce, key);
  if (c_len == kSealedSignalLen) VALGRIND_MAKE_MEM_DEFINED(m, kTimeAndLength);
  return failed;
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
