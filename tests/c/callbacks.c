/* Keys, counters and logs that the application provides, and what it may not do inside. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include <anochat.h>

#include "check.h"

#include <poll.h>
#include <unistd.h>

typedef struct keychain {
  int loads;
  int fails;
  uint64_t counter;
  int has_counter;
  anochat_status inside; /* what a function says inside the callback */
} keychain;

static anochat_status load_key(void *context, uint8_t key[32]) {
  keychain *const it = context;
  anochat_account *account = NULL;
  ++it->loads;
  it->inside = anochat_account_new(&account, NULL);
  CHECK(account == NULL);
  if (it->fails) return ANOCHAT_E_UNAUTHORISED;
  memset(key, 42, 32);
  return ANOCHAT_OK;
}
static anochat_status load_counter(void *context, uint64_t *value, int32_t *has_value) {
  const keychain *const it = context;
  *value = it->counter;
  *has_value = it->has_counter;
  return ANOCHAT_OK;
}
static anochat_status save_counter(void *context, uint64_t value) {
  keychain *const it = context;
  CHECK(!it->has_counter || value > it->counter);
  it->counter = value;
  it->has_counter = 1;
  return ANOCHAT_OK;
}

static int log_lines;
static void take_log(void *context, int32_t level, const char *event, const char *fields) {
  CHECK(context == &log_lines && level >= ANOCHAT_LOG_DEBUG && level <= ANOCHAT_LOG_ERROR);
  CHECK(strlen(event) > 0 && fields != NULL);
  EXPECT(ANOCHAT_E_WRONG_STATE, anochat_buf_free(NULL, NULL));
  ++log_lines;
}

static void copy_file(const char *from, const char *to) {
  char buffer[4096];
  size_t len;
  FILE *in = fopen(from, "rb");
  FILE *out = fopen(to, "wb");
  CHECK(in != NULL && out != NULL);
  while ((len = fread(buffer, 1, sizeof buffer, in)) > 0) CHECK(fwrite(buffer, 1, len, out) == len);
  CHECK(fclose(in) == 0 && fclose(out) == 0);
}

static void check_keychain(const char *path, const char *copy) {
  keychain chain = {0, 0, 0, 0, ANOCHAT_OK};
  anochat_key key;
  anochat_client *client = NULL;
  anochat_error error = {sizeof error, 0, ""};
  memset(&key, 0, sizeof key);
  key.struct_size = sizeof key;
  key.kind = ANOCHAT_KEY_CALLBACK;
  EXPECT(ANOCHAT_E_INVALID_ARGUMENT, anochat_client_create(path, strlen(path), &key, NULL, &client, NULL));
  key.load_key = load_key;
  key.load_counter = load_counter;
  EXPECT(ANOCHAT_E_INVALID_ARGUMENT, anochat_client_create(path, strlen(path), &key, NULL, &client, NULL));
  key.save_counter = save_counter;
  key.context = &chain;
  chain.fails = 1; /* what the application says reaches the caller */
  EXPECT(ANOCHAT_E_UNAUTHORISED, anochat_client_create(path, strlen(path), &key, NULL, &client, &error));
  CHECK(error.status == ANOCHAT_E_UNAUTHORISED && client == NULL);
  chain.fails = 0;
  OK(anochat_client_create(path, strlen(path), &key, NULL, &client, NULL));
  CHECK(chain.inside == ANOCHAT_E_WRONG_STATE && chain.has_counter);
  OK(anochat_client_free(client, NULL));
  copy_file(path, copy);

  OK(anochat_client_open(path, strlen(path), &key, NULL, &client, NULL));
  EXPECT(ANOCHAT_E_STORE_BUSY, anochat_client_open(path, strlen(path), &key, NULL, &client, NULL));
  OK(anochat_client_free(client, NULL));
  copy_file(copy, path); /* an older copy of itself: the counter outside knows */
  EXPECT(ANOCHAT_E_ROLLED_BACK, anochat_client_open(path, strlen(path), &key, NULL, &client, NULL));
}

static void check_passphrase(const char *path) {
  anochat_key key;
  anochat_key recovery;
  anochat_client *client = NULL;
  char paper[ANOCHAT_RECOVERY_KEY_ROOM];
  size_t len = sizeof paper;
  uint32_t slot = 0;
  memset(&key, 0, sizeof key);
  key.struct_size = sizeof key;
  key.kind = ANOCHAT_KEY_PASSPHRASE;
  key.secret = (const uint8_t *)"correct horse";
  key.secret_len = 13;
  key.kdf_memory_kib = 19 * 1024;
  OK(anochat_client_create(path, strlen(path), &key, NULL, &client, NULL));
  OK(anochat_recovery_key_new(paper, &len, NULL));
  CHECK(len == sizeof paper - 1 && paper[len] == '\0');
  recovery = key;
  recovery.kind = ANOCHAT_KEY_RECOVERY;
  recovery.secret = (const uint8_t *)paper;
  recovery.secret_len = len;
  OK(anochat_client_add_key(client, &recovery, &slot, NULL));
  OK(anochat_client_free(client, NULL));
  key.secret_len = 12;
  EXPECT(ANOCHAT_E_WRONG_KEY, anochat_client_open(path, strlen(path), &key, NULL, &client, NULL));
  OK(anochat_client_open(path, strlen(path), &recovery, NULL, &client, NULL));
  OK(anochat_client_free(client, NULL));
}

static int can_read(int fd) {
  struct pollfd it;
  it.fd = fd;
  it.events = POLLIN;
  it.revents = 0;
  return poll(&it, 1, 0) == 1;
}

/* The descriptor of a client that its application drives. */
static void check_event_fd(void) {
  anochat_client *client = NULL;
  anochat_client_options options;
  anochat_event event;
  anochat_list *list = NULL;
  int32_t fd = -1;
  int64_t conversation = 0;
  anochat_account_id own;
  uint32_t device = 0;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.log = take_log;
  options.log_context = &log_lines;
  memset(&event, 0, sizeof event);
  event.struct_size = sizeof event;
  OK(anochat_client_create(NULL, 0, NULL, &options, &client, NULL));
  CHECK(log_lines > 0); /* a store in memory warns */
  OK(anochat_client_event_fd(client, &fd, NULL));
  CHECK(fd >= 0);
  do {
    OK(anochat_client_poll_event(client, &event, NULL));
  } while (event.kind != ANOCHAT_EVENT_NONE);
  OK(anochat_client_outgoing(client, &list, NULL));
  OK(anochat_list_free(list, NULL));
  OK(anochat_client_poll_event(client, &event, NULL));
  CHECK(!can_read(fd));
  OK(anochat_client_address(client, &own, &device, NULL));
  OK(anochat_client_conversation_with(client, &own, &conversation, NULL));
  OK(anochat_client_send_text(client, conversation, "to myself", 9, NULL, NULL));
  OK(anochat_client_connected(client, NULL));
  OK(anochat_client_disconnected(client, NULL));
  OK(anochat_client_take_events(client, 10, &list, NULL));
  OK(anochat_list_free(list, NULL));
  CHECK(!can_read(fd));
  EXPECT(ANOCHAT_E_WRONG_STATE, anochat_client_wait_events(client, 1, 1, &list, NULL));
  OK(anochat_client_free(client, NULL));
}

int main(void) {
  static const char *const names[] = {"store", "copy", "other"};
  char folder[64] = "/tmp/anochat-callbacks-XXXXXX";
  char path[3][128];
  size_t i;
  CHECK(mkdtemp(folder) != NULL);
  for (i = 0; i < 3; ++i) snprintf(path[i], sizeof path[i], "%s/%s", folder, names[i]);
  check_keychain(path[0], path[1]);
  check_passphrase(path[2]);
  check_event_fd();
  for (i = 0; i < 3; ++i) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".lock"};
    size_t j;
    for (j = 0; j < 5; ++j) {
      char name[512];
      snprintf(name, sizeof name, "%s%s", path[i], endings[j]);
      (void)unlink(name);
    }
  }
  CHECK(rmdir(folder) == 0);
  return 0;
}
