/* openssl_provider.h - the cryptography that libsignal-protocol-c asks its caller for, as quick as OpenSSL 3 has it. */
#pragma once

#define OPENSSL_API_COMPAT 0x10100000L /* SHA256_Init and its like */

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <signal/signal_protocol.h>
#include <string.h>

#include <stdlib.h>

static int random_bytes(uint8_t* data, size_t length, void* user) {
  (void)user;
  return RAND_bytes(data, (int)length) == 1 ? 0 : SG_ERR_UNKNOWN;
}

/* HMAC by hand: the library makes a new context for each, and setting up OpenSSL's own takes longer than the hashing.
 */
typedef struct {
  SHA256_CTX inner;
  SHA256_CTX outer;
} hmac_state;

static int hmac_init(void** context, const uint8_t* key, size_t length, void* user) {
  (void)user;
  uint8_t block[64] = {0};
  hmac_state* state = (hmac_state*)malloc(sizeof *state);
  if (state == NULL) return SG_ERR_NOMEM;
  if (length > sizeof block) {
    SHA256(key, length, block);
  } else if (length > 0) {
    memcpy(block, key, length);
  }
  for (size_t i = 0; i < sizeof block; ++i) block[i] ^= 0x36;
  SHA256_Init(&state->inner);
  SHA256_Update(&state->inner, block, sizeof block);
  for (size_t i = 0; i < sizeof block; ++i) block[i] ^= 0x36 ^ 0x5c;
  SHA256_Init(&state->outer);
  SHA256_Update(&state->outer, block, sizeof block);
  *context = state;
  return 0;
}
static int hmac_update(void* context, const uint8_t* data, size_t length, void* user) {
  (void)user;
  return SHA256_Update(&((hmac_state*)context)->inner, data, length) == 1 ? 0 : SG_ERR_UNKNOWN;
}
static int hmac_final(void* context, signal_buffer** output, void* user) {
  (void)user;
  hmac_state* state = (hmac_state*)context;
  uint8_t mac[32];
  SHA256_Final(mac, &state->inner);
  SHA256_Update(&state->outer, mac, sizeof mac);
  SHA256_Final(mac, &state->outer);
  *output = signal_buffer_create(mac, sizeof mac);
  return *output != NULL ? 0 : SG_ERR_NOMEM;
}
static void hmac_cleanup(void* context, void* user) {
  (void)user;
  free(context);
}

static int sha512_init(void** context, void* user) {
  (void)user;
  *context = EVP_MD_CTX_new();
  return EVP_DigestInit_ex((EVP_MD_CTX*)*context, EVP_sha512(), NULL) == 1 ? 0 : SG_ERR_UNKNOWN;
}
static int sha512_update(void* context, const uint8_t* data, size_t length, void* user) {
  (void)user;
  return EVP_DigestUpdate((EVP_MD_CTX*)context, data, length) == 1 ? 0 : SG_ERR_UNKNOWN;
}
static int sha512_final(void* context, signal_buffer** output, void* user) {
  (void)user;
  uint8_t digest[64];
  unsigned length = 0;
  if (EVP_DigestFinal_ex((EVP_MD_CTX*)context, digest, &length) != 1) return SG_ERR_UNKNOWN;
  EVP_DigestInit_ex((EVP_MD_CTX*)context, EVP_sha512(), NULL);
  *output = signal_buffer_create(digest, length);
  return *output != NULL ? 0 : SG_ERR_NOMEM;
}
static void sha512_cleanup(void* context, void* user) {
  (void)user;
  EVP_MD_CTX_free((EVP_MD_CTX*)context);
}

static int aes(signal_buffer** output, int mode, const uint8_t* key, size_t key_length, const uint8_t* iv,
               const uint8_t* input, size_t length, int is_encryption) {
  static EVP_CIPHER* cbc; /* fetched once: looking them up costs more than a short message */
  static EVP_CIPHER* ctr;
  if (cbc == NULL) cbc = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
  if (ctr == NULL) ctr = EVP_CIPHER_fetch(NULL, "AES-256-CTR", NULL);
  const EVP_CIPHER* cipher = mode == SG_CIPHER_AES_CBC_PKCS5 ? cbc : ctr;
  if (key_length != 32) return SG_ERR_INVAL;
  signal_buffer* result = signal_buffer_alloc(length + 16);
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int first = 0;
  int last = 0;
  const int is_good = result != NULL && context != NULL &&
                      EVP_CipherInit_ex(context, cipher, NULL, key, iv, is_encryption) == 1 &&
                      EVP_CipherUpdate(context, signal_buffer_data(result), &first, input, (int)length) == 1 &&
                      EVP_CipherFinal_ex(context, signal_buffer_data(result) + first, &last) == 1;
  if (is_good) *output = signal_buffer_create(signal_buffer_data(result), (size_t)(first + last));
  EVP_CIPHER_CTX_free(context);
  signal_buffer_bzero_free(result);
  return is_good && *output != NULL ? 0 : SG_ERR_UNKNOWN;
}
static int aes_encrypt(signal_buffer** output, int mode, const uint8_t* key, size_t key_length, const uint8_t* iv,
                       size_t iv_length, const uint8_t* input, size_t length, void* user) {
  (void)user;
  (void)iv_length;
  return aes(output, mode, key, key_length, iv, input, length, 1);
}
static int aes_decrypt(signal_buffer** output, int mode, const uint8_t* key, size_t key_length, const uint8_t* iv,
                       size_t iv_length, const uint8_t* input, size_t length, void* user) {
  (void)user;
  (void)iv_length;
  return aes(output, mode, key, key_length, iv, input, length, 0);
}

static const signal_crypto_provider openssl_provider = {random_bytes,   hmac_init,   hmac_update,   hmac_final,
                                                        hmac_cleanup,   sha512_init, sha512_update, sha512_final,
                                                        sha512_cleanup, aes_encrypt, aes_decrypt,   NULL};
