/* driver.c - libolm: Olm sessions (3DH, no signature check, no PQ) and Megolm, with messages in Base64 as it makes
 * them. */
#include "../driver.h"

#include <olm/inbound_group_session.h>
#include <olm/olm.h>
#include <olm/outbound_group_session.h>

#include <sys/random.h>

enum { kHandshakes = 8, kMessages = 1000, kGroup = 200, kSaves = 100, kWindow = 40 };

static OlmAccount* account_a;
static OlmAccount* account_b;
static OlmSession* a;
static OlmSession* b;

static char identity_a[44];
static char identity_b[44];
static char one_time_keys[kHandshakes][44];

typedef struct {
  size_t type;
  size_t length;
  uint8_t* text;
} message;
static message messages[kMessages];
static uint8_t content[16384];
static uint8_t scratch[40000];
static uint8_t received[40000];
static const char pickle_key[] = "a key of thirty-two characters..";

static size_t good(size_t result) {
  require(result != olm_error(), "libolm refused");
  return result;
}

static void* fresh_random(size_t length) {
  static uint8_t pool[65536];
  require(length <= sizeof pool && (length == 0 || getrandom(pool, length, 0) == (ssize_t)length), "no random bytes");
  return pool;
}

static OlmSession* new_session(void) { return olm_session(malloc(olm_session_size())); }

static OlmAccount* new_account(char identity[44]) {
  OlmAccount* account = olm_account(malloc(olm_account_size()));
  const size_t random_length = olm_create_account_random_length(account);
  good(olm_create_account(account, fresh_random(random_length), random_length));
  char keys[512];
  keys[good(olm_account_identity_keys(account, keys, sizeof keys - 1))] = '\0';
  memcpy(identity, strstr(keys, "\"curve25519\":\"") + 14, 43);
  return account;
}

static void make_one_time_keys(void) {
  const size_t random_length = olm_account_generate_one_time_keys_random_length(account_b, kHandshakes);
  good(olm_account_generate_one_time_keys(account_b, kHandshakes, fresh_random(random_length), random_length));
  char keys[4096];
  keys[good(olm_account_one_time_keys(account_b, keys, sizeof keys - 1))] = '\0';
  const char* at = strchr(keys + 1, '{');
  for (int i = 0; i < kHandshakes; ++i) {
    at = strstr(at, "\":\"") + 3;
    memcpy(one_time_keys[i], at, 43);
  }
  olm_account_mark_keys_as_published(account_b);
}

static void encrypt(OlmSession* session, size_t length, message* out) {
  const size_t random_length = olm_encrypt_random_length(session);
  out->type = olm_encrypt_message_type(session);
  out->length = olm_encrypt_message_length(session, length);
  require(out->length <= sizeof scratch, "message too long");
  good(olm_encrypt(session, content, length, fresh_random(random_length), random_length, out->text, out->length));
}

/* libolm overwrites what it decrypts. */
static void decrypt(OlmSession* session, const message* m, size_t length) {
  memcpy(scratch, m->text, m->length);
  require(good(olm_decrypt(session, m->type, scratch, m->length, received, sizeof received)) == length, "content");
}

static OlmSession* initiate(const char* one_time_key) {
  OlmSession* session = new_session();
  const size_t random_length = olm_create_outbound_session_random_length(session);
  good(olm_create_outbound_session(session, account_a, identity_b, 43, one_time_key, 43, fresh_random(random_length),
                                   random_length));
  return session;
}

static OlmSession* accept_first(const message* m) {
  OlmSession* session = new_session();
  memcpy(scratch, m->text, m->length);
  good(olm_create_inbound_session_from(session, account_b, identity_a, 43, scratch, m->length));
  good(olm_remove_one_time_keys(account_b, session));
  decrypt(session, m, 64);
  return session;
}

static void prepare_handshakes(size_t parameter) {
  (void)parameter;
  make_one_time_keys();
}

static void handshake(size_t parameter) {
  (void)parameter;
  for (int i = 0; i < kHandshakes; ++i) {
    OlmSession* alice = initiate(one_time_keys[i]);
    encrypt(alice, 64, &messages[0]);
    OlmSession* bob = accept_first(&messages[0]);
    olm_clear_session(alice);
    olm_clear_session(bob);
    free(alice);
    free(bob);
  }
}

static void pass(OlmSession* from, OlmSession* to, size_t length) {
  encrypt(from, length, &messages[0]);
  decrypt(to, &messages[0], length);
}

static void ping_pong(size_t length) {
  for (int i = 0; i < 16; ++i) {
    pass(a, b, length);
    pass(b, a, length);
  }
}

static void send_200(size_t length) {
  for (int i = 0; i < 200; ++i) encrypt(a, length, &messages[i]);
}
static void receive_200(size_t length) {
  for (int i = 0; i < 200; ++i) decrypt(b, &messages[i], length);
}
static void send_window(size_t count) {
  for (size_t i = 0; i < count; ++i) encrypt(a, 64, &messages[i]);
}
static void receive_in_reverse(size_t count) {
  for (size_t i = count; i > 0; --i) decrypt(b, &messages[i - 1], 64);
}
static void answer_once(size_t parameter) {
  (void)parameter;
  pass(b, a, 64);
  pass(a, b, 64);
}

static void save_and_restore(size_t parameter) {
  (void)parameter;
  for (int i = 0; i < kSaves; ++i) {
    const size_t length = olm_pickle_session_length(a);
    good(olm_pickle_session(a, pickle_key, 32, scratch, length));
    olm_clear_session(a);
    a = olm_session(a);
    good(olm_unpickle_session(a, pickle_key, 32, scratch, length));
  }
}

static OlmOutboundGroupSession* group_out;
static OlmInboundGroupSession* group_in;

static void make_group(void) {
  group_out = olm_outbound_group_session(malloc(olm_outbound_group_session_size()));
  group_in = olm_inbound_group_session(malloc(olm_inbound_group_session_size()));
  const size_t random_length = olm_init_outbound_group_session_random_length(group_out);
  good(olm_init_outbound_group_session(group_out, fresh_random(random_length), random_length));
  uint8_t key[1024];
  const size_t length = good(olm_outbound_group_session_key(group_out, key, sizeof key));
  good(olm_init_inbound_group_session(group_in, key, length));
}
static void group_send(size_t length) {
  for (int i = 0; i < kGroup; ++i) {
    messages[i].length = olm_group_encrypt_message_length(group_out, length);
    good(olm_group_encrypt(group_out, content, length, messages[i].text, messages[i].length));
  }
}
static void group_receive(size_t length) {
  uint32_t index = 0;
  for (int i = 0; i < kGroup; ++i) {
    memcpy(scratch, messages[i].text, messages[i].length);
    require(good(olm_group_decrypt(group_in, scratch, messages[i].length, received, sizeof received, &index)) == length,
            "group content");
  }
}

static void print_sizes(void) {
  make_one_time_keys();
  encrypt(initiate(one_time_keys[0]), 64, &messages[0]);
  printf("\"first message 64 B\": %zu, ", messages[0].length);
  encrypt(a, 64, &messages[0]);
  decrypt(b, &messages[0], 64);
  printf("\"message 64 B\": %zu, ", messages[0].length);
  encrypt(a, 1024, &messages[0]);
  decrypt(b, &messages[0], 1024);
  printf("\"message 1 KiB\": %zu, \"saved state\": %zu, ", messages[0].length, olm_pickle_session_length(b));
  const size_t before = olm_pickle_session_length(b);
  send_window(kWindow);
  decrypt(b, &messages[kWindow - 1], 64);
  printf("\"pending key\": %.1f, ", (double)(olm_pickle_session_length(b) - before) / (kWindow - 1));
  printf("\"group message 1 KiB\": %zu", olm_group_encrypt_message_length(group_out, 1024));
}

static void keep_sessions_alive(size_t count) {
  const size_t length = olm_pickle_session_length(a);
  uint8_t pickle[4096];
  good(olm_pickle_session(a, pickle_key, 32, pickle, length));
  for (size_t i = 0; i < count; ++i) {
    memcpy(scratch, pickle, length);
    good(olm_unpickle_session(new_session(), pickle_key, 32, scratch, length));
  }
}

int main(void) {
  memset(content, 0x5a, sizeof content);
  for (int i = 0; i < kMessages; ++i) messages[i].text = malloc(sizeof scratch);
  account_a = new_account(identity_a);
  account_b = new_account(identity_b);
  make_one_time_keys();
  a = initiate(one_time_keys[0]);
  encrypt(a, 64, &messages[0]);
  b = accept_first(&messages[0]);
  for (int i = 0; i < 10; ++i) answer_once(0);
  make_group();
  static const workload workloads[] = {
      {"handshake", kHandshakes, 0, prepare_handshakes, handshake, NULL, NULL},
      {"ping-pong 64 B", 32, 64, NULL, ping_pong, NULL, NULL},
      {"one-way 64 B", 200, 64, NULL, send_200, receive_200, answer_once},
      {"one-way 1 KiB", 200, 1024, NULL, send_200, receive_200, answer_once},
      {"one-way 16 KiB", 200, 16384, NULL, send_200, receive_200, answer_once},
      {"reverse 40", kWindow, kWindow, send_window, receive_in_reverse, NULL, answer_once},
      {"save + restore", kSaves, 0, NULL, save_and_restore, NULL, NULL},
      {"group 1 KiB", kGroup, 1024, NULL, group_send, group_receive, NULL},
  };
  uint8_t major = 0;
  uint8_t minor = 0;
  uint8_t patch = 0;
  olm_get_library_version(&major, &minor, &patch);
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", major, minor, patch);
  const driver d = {"libolm",           version, workloads, sizeof workloads / sizeof *workloads, print_sizes,
                    keep_sessions_alive};
  return serve(&d);
}
