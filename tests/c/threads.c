/* Several threads use the same handles, and free them while others do. */
#define _DEFAULT_SOURCE
#include <anochat.h>

#include "check.h"

#include <pthread.h>

enum { kThreads = 4, kRounds = 200 };

static anochat_session *session;
static anochat_client *client;
static int64_t conversation;
static anochat_session *victims[kRounds];
static anochat_device *device;

/* Every message has a place of its own in the ratchet: none may be sealed twice under one key. */
static uint8_t sealed[kThreads][kRounds][2048];
static size_t sealed_len[kThreads][kRounds];

static void *encrypts(void *which) {
  const size_t me = (size_t)(intptr_t)which;
  size_t i;
  for (i = 0; i < kRounds; ++i) {
    sealed_len[me][i] = sizeof sealed[me][i];
    OK(anochat_session_encrypt(session, (const uint8_t *)"hello", 5, sealed[me][i], &sealed_len[me][i], NULL));
  }
  return NULL;
}

static void *writes(void *which) {
  int i;
  (void)which;
  for (i = 0; i < 25; ++i) {
    anochat_list *messages = NULL;
    OK(anochat_client_send_text(client, conversation, "note", 4, NULL, NULL));
    OK(anochat_client_latest(client, conversation, 10, &messages, NULL));
    OK(anochat_list_free(messages, NULL));
  }
  return NULL;
}

/* Who comes too late is told so; nobody reads freed memory. */
static void *races(void *which) {
  size_t i;
  (void)which;
  for (i = 0; i < kRounds; ++i) {
    anochat_session_info info;
    anochat_status status;
    info.struct_size = sizeof info;
    status = anochat_session_get_info(victims[i], &info, NULL);
    CHECK(status == ANOCHAT_OK || status == ANOCHAT_E_INVALID_ARGUMENT);
    status = anochat_session_free(victims[i], NULL);
    CHECK(status == ANOCHAT_OK || status == ANOCHAT_E_INVALID_ARGUMENT);
    EXPECT(ANOCHAT_E_INVALID_ARGUMENT, anochat_session_get_info(victims[i], &info, NULL));
  }
  return NULL;
}

static void together(void *(*body)(void *)) {
  pthread_t threads[kThreads];
  size_t i;
  for (i = 0; i < kThreads; ++i) CHECK(pthread_create(&threads[i], NULL, body, (void *)(intptr_t)i) == 0);
  for (i = 0; i < kThreads; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
}

static anochat_session *make_pair(anochat_session **peer) {
  static uint8_t out[ANOCHAT_MESSAGE_MAX];
  uint8_t content[ANOCHAT_MESSAGE_MAX];
  size_t len = sizeof out;
  size_t content_len = sizeof content;
  anochat_account *account = NULL;
  anochat_device *peer_device = NULL;
  anochat_prekeys *prekeys = NULL;
  anochat_account_id id;
  uint32_t number = 0;
  anochat_session *made = NULL;
  OK(anochat_account_new(&account, NULL));
  OK(anochat_device_new(account, 1, &device, NULL));
  OK(anochat_device_new(account, 2, &peer_device, NULL));
  OK(anochat_prekeys_new(peer_device, 1, &prekeys, NULL));
  OK(anochat_prekeys_bundle(prekeys, out, &len, NULL));
  OK(anochat_device_address(peer_device, &id, &number, NULL));
  OK(anochat_session_initiate(device, &id, number, out, len, &made, NULL));
  len = sizeof out;
  OK(anochat_session_encrypt(made, (const uint8_t *)"first", 5, out, &len, NULL));
  OK(anochat_session_accept(peer_device, prekeys, out, len, content, &content_len, peer, NULL));
  OK(anochat_prekeys_free(prekeys, NULL));
  OK(anochat_device_free(peer_device, NULL));
  OK(anochat_account_free(account, NULL));
  return made;
}

int main(void) {
  anochat_session *peer = NULL;
  anochat_buf state = {sizeof state, 0, NULL, 0};
  anochat_account_id own;
  uint32_t number = 0;
  size_t i;
  size_t j;
  session = make_pair(&peer);

  together(encrypts);
  for (i = 0; i < kThreads; ++i) {
    for (j = 0; j < kRounds; ++j) {
      uint8_t content[2048];
      size_t len = sizeof content;
      OK(anochat_session_decrypt(peer, sealed[i][j], sealed_len[i][j], content, &len, NULL));
      CHECK(len == 5 && memcmp(content, "hello", 5) == 0);
    }
  }

  OK(anochat_client_create(NULL, 0, NULL, NULL, &client, NULL));
  OK(anochat_client_address(client, &own, &number, NULL));
  OK(anochat_client_conversation_with(client, &own, &conversation, NULL));
  together(writes);
  {
    anochat_stats stats;
    stats.struct_size = sizeof stats;
    OK(anochat_client_get_stats(client, &stats, NULL));
    CHECK(stats.messages == 25 * kThreads);
  }

  OK(anochat_session_save(session, &state, NULL));
  for (i = 0; i < kRounds; ++i) OK(anochat_session_load(device, state.data, state.len, &victims[i], NULL));
  together(races);

  OK(anochat_buf_free(&state, NULL));
  OK(anochat_client_free(client, NULL));
  OK(anochat_session_free(session, NULL));
  OK(anochat_session_free(peer, NULL));
  OK(anochat_device_free(device, NULL));
  return 0;
}
