/* driver.c - libsignal-protocol-c: X3DH and the double ratchet without PQ. Every call loads and stores the session
 * record, as the library is made to be used. */
#include "../driver.h"

#include "openssl_provider.h"
#include "stores.h"

#include <signal/group_cipher.h>
#include <signal/group_session_builder.h>
#include <signal/protocol.h>
#include <signal/session_builder.h>
#include <signal/session_cipher.h>
#include <signal/session_record.h>

enum { kMessages = 1000, kGroup = 100, kSaves = 200 };

static signal_context* global;
static party a;
static party b;
static const signal_protocol_address address_a = {"alice", 5, 1};
static const signal_protocol_address address_b = {"bob", 3, 1};
static session_cipher* cipher_a;
static session_cipher* cipher_b;
static session_pre_key_bundle* bundles[kPreKeys];

typedef struct {
  int type;
  signal_buffer* bytes;
} message;
static message messages[kMessages];
static uint8_t content[16384];

static void good(int result) { require(result >= 0, "libsignal-protocol-c refused"); }

static void make_party(party* p) {
  good(signal_protocol_key_helper_generate_identity_key_pair(&p->identity, global));
  good(signal_protocol_key_helper_generate_registration_id(&p->registration_id, 0, global));
  attach_stores(p, global);
}

static void make_bundles(void) {
  session_signed_pre_key* signed_key = NULL;
  signal_buffer* record = NULL;
  good(signal_protocol_key_helper_generate_signed_pre_key(&signed_key, b.identity, kSignedPreKeyId, 1, global));
  good(session_signed_pre_key_serialize(&record, signed_key));
  replace(&b.signed_pre_key, signal_buffer_data(record), signal_buffer_len(record));
  signal_buffer_free(record);
  for (uint32_t i = 0; i < kPreKeys; ++i) {
    ec_key_pair* pair = NULL;
    session_pre_key* key = NULL;
    good(curve_generate_key_pair(global, &pair));
    good(session_pre_key_create(&key, i, pair));
    good(session_pre_key_serialize(&record, key));
    replace(&b.pre_keys[i], signal_buffer_data(record), signal_buffer_len(record));
    signal_buffer_free(record);
    SIGNAL_UNREF(bundles[i]);
    good(session_pre_key_bundle_create(
        &bundles[i], b.registration_id, 1, i, ec_key_pair_get_public(pair), kSignedPreKeyId,
        ec_key_pair_get_public(session_signed_pre_key_get_key_pair(signed_key)),
        session_signed_pre_key_get_signature(signed_key), session_signed_pre_key_get_signature_len(signed_key),
        ratchet_identity_key_pair_get_public(b.identity)));
    SIGNAL_UNREF(pair);
    SIGNAL_UNREF(key);
  }
  SIGNAL_UNREF(signed_key);
}

static void encrypt(session_cipher* cipher, size_t length, message* out) {
  ciphertext_message* made = NULL;
  good(session_cipher_encrypt(cipher, content, length, &made));
  signal_buffer_free(out->bytes);
  out->type = ciphertext_message_get_type(made);
  out->bytes = signal_buffer_copy(ciphertext_message_get_serialized(made));
  SIGNAL_UNREF(made);
}

static void decrypt(session_cipher* cipher, const message* m, size_t length) {
  signal_buffer* plain = NULL;
  const uint8_t* bytes = signal_buffer_data(m->bytes);
  if (m->type == CIPHERTEXT_PREKEY_TYPE) {
    pre_key_signal_message* parsed = NULL;
    good(pre_key_signal_message_deserialize(&parsed, bytes, signal_buffer_len(m->bytes), global));
    good(session_cipher_decrypt_pre_key_signal_message(cipher, parsed, NULL, &plain));
    SIGNAL_UNREF(parsed);
  } else {
    signal_message* parsed = NULL;
    good(signal_message_deserialize(&parsed, bytes, signal_buffer_len(m->bytes), global));
    good(session_cipher_decrypt_signal_message(cipher, parsed, NULL, &plain));
    SIGNAL_UNREF(parsed);
  }
  require(signal_buffer_len(plain) == length, "content");
  signal_buffer_free(plain);
}

static void initiate(int number) {
  session_builder* builder = NULL;
  good(session_builder_create(&builder, a.context, &address_b, global));
  good(session_builder_process_pre_key_bundle(builder, bundles[number]));
  session_builder_free(builder);
}

static signal_buffer* kept_a;
static signal_buffer* kept_b;

static void prepare_handshakes(size_t parameter) {
  (void)parameter;
  make_bundles();
  kept_a = a.session;
  kept_b = b.session;
  a.session = b.session = NULL;
}
static void handshake(size_t parameter) {
  (void)parameter;
  for (int i = 0; i < kPreKeys; ++i) {
    initiate(i);
    encrypt(cipher_a, 64, &messages[0]);
    decrypt(cipher_b, &messages[0], 64);
    delete_session(NULL, &a);
    delete_session(NULL, &b);
  }
}
static void restore_conversation(size_t parameter) {
  (void)parameter;
  a.session = kept_a;
  b.session = kept_b;
}

static void pass(session_cipher* from, session_cipher* to, size_t length) {
  encrypt(from, length, &messages[0]);
  decrypt(to, &messages[0], length);
}
static void ping_pong(size_t length) {
  for (int i = 0; i < 16; ++i) {
    pass(cipher_a, cipher_b, length);
    pass(cipher_b, cipher_a, length);
  }
}
static void send_200(size_t length) {
  for (int i = 0; i < 200; ++i) encrypt(cipher_a, length, &messages[i]);
}
static void receive_200(size_t length) {
  for (int i = 0; i < 200; ++i) decrypt(cipher_b, &messages[i], length);
}
static void send_many(size_t count) {
  for (size_t i = 0; i < count; ++i) encrypt(cipher_a, 64, &messages[i]);
}
static void receive_in_reverse(size_t count) {
  for (size_t i = count; i > 0; --i) decrypt(cipher_b, &messages[i - 1], 64);
}
static void answer_once(size_t parameter) {
  (void)parameter;
  pass(cipher_b, cipher_a, 64);
  pass(cipher_a, cipher_b, 64);
}
static void save_and_restore(size_t parameter) {
  (void)parameter;
  session_record* record = NULL;
  signal_buffer* saved = signal_buffer_copy(a.session);
  for (int i = 0; i < kSaves; ++i) {
    good(session_record_deserialize(&record, signal_buffer_data(saved), signal_buffer_len(saved), global));
    signal_buffer_free(saved);
    good(session_record_serialize(&saved, record));
    SIGNAL_UNREF(record);
  }
  signal_buffer_free(saved);
}

static const signal_protocol_sender_key_name group_name = {"group", 5, {"alice", 5, 1}};
static group_cipher* group_a;
static group_cipher* group_b;

static void make_group(void) {
  group_session_builder* builder = NULL;
  sender_key_distribution_message* distribution = NULL;
  good(group_session_builder_create(&builder, a.context, global));
  good(group_session_builder_create_session(builder, &distribution, &group_name));
  group_session_builder_free(builder);
  good(group_session_builder_create(&builder, b.context, global));
  good(group_session_builder_process_session(builder, &group_name, distribution));
  group_session_builder_free(builder);
  SIGNAL_UNREF(distribution);
  good(group_cipher_create(&group_a, a.context, &group_name, global));
  good(group_cipher_create(&group_b, b.context, &group_name, global));
}
static void group_send(size_t length) {
  for (int i = 0; i < kGroup; ++i) {
    ciphertext_message* made = NULL;
    good(group_cipher_encrypt(group_a, content, length, &made));
    signal_buffer_free(messages[i].bytes);
    messages[i].bytes = signal_buffer_copy(ciphertext_message_get_serialized(made));
    SIGNAL_UNREF(made);
  }
}
static void group_receive(size_t length) {
  for (int i = 0; i < kGroup; ++i) {
    sender_key_message* parsed = NULL;
    signal_buffer* plain = NULL;
    good(sender_key_message_deserialize(&parsed, signal_buffer_data(messages[i].bytes),
                                        signal_buffer_len(messages[i].bytes), global));
    good(group_cipher_decrypt(group_b, parsed, NULL, &plain));
    require(signal_buffer_len(plain) == length, "group content");
    signal_buffer_free(plain);
    SIGNAL_UNREF(parsed);
  }
}

static void print_sizes(void) {
  prepare_handshakes(0);
  initiate(0);
  encrypt(cipher_a, 64, &messages[0]);
  printf("\"first message 64 B\": %zu, ", signal_buffer_len(messages[0].bytes));
  restore_conversation(0);
  answer_once(0);
  pass(cipher_a, cipher_b, 64);
  printf("\"message 64 B\": %zu, ", signal_buffer_len(messages[0].bytes));
  pass(cipher_a, cipher_b, 1024);
  printf("\"message 1 KiB\": %zu, ", signal_buffer_len(messages[0].bytes));
  const size_t before = signal_buffer_len(b.session);
  send_many(kMessages);
  decrypt(cipher_b, &messages[kMessages - 1], 64);
  printf("\"saved state\": %zu, \"pending key\": %.1f, ", before,
         (double)(signal_buffer_len(b.session) - before) / (kMessages - 1));
  group_send(1024);
  printf("\"group message 1 KiB\": %zu", signal_buffer_len(messages[0].bytes));
}

static void keep_sessions_alive(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    session_record* record = NULL;
    good(session_record_deserialize(&record, signal_buffer_data(a.session), signal_buffer_len(a.session), global));
  }
}

int main(void) {
  memset(content, 0x5a, sizeof content);
  good(signal_context_create(&global, NULL));
  good(signal_context_set_crypto_provider(global, &openssl_provider));
  make_party(&a);
  make_party(&b);
  good(session_cipher_create(&cipher_a, a.context, &address_b, global));
  good(session_cipher_create(&cipher_b, b.context, &address_a, global));
  make_bundles();
  initiate(0);
  pass(cipher_a, cipher_b, 64);
  for (int i = 0; i < 10; ++i) answer_once(0);
  make_group();
  static const workload workloads[] = {
      {"handshake", kPreKeys, 0, prepare_handshakes, handshake, NULL, restore_conversation},
      {"ping-pong 64 B", 32, 64, NULL, ping_pong, NULL, NULL},
      {"one-way 64 B", 200, 64, NULL, send_200, receive_200, answer_once},
      {"one-way 1 KiB", 200, 1024, NULL, send_200, receive_200, answer_once},
      {"one-way 16 KiB", 200, 16384, NULL, send_200, receive_200, answer_once},
      {"reverse 40", 40, 40, send_many, receive_in_reverse, NULL, answer_once},
      {"reverse 1,000", 1000, 1000, send_many, receive_in_reverse, NULL, answer_once},
      {"save + restore", kSaves, 0, NULL, save_and_restore, NULL, NULL},
      {"group 1 KiB", kGroup, 1024, NULL, group_send, group_receive, NULL},
  };
  const driver d = {"libsignal-protocol-c", "2.3.3", workloads, sizeof workloads / sizeof *workloads, print_sizes,
                    keep_sessions_alive};
  return serve(&d);
}
