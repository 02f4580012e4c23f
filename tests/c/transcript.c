/* transcript <file> - replays the script of tests/transcript through the C interface. README.md there describes it. */
#include <anochat_testing.h>

#include "check.h"

#include <inttypes.h>

enum { kMostParties = 8, kMostLine = 65536, kMostHex = 262144 };

typedef struct party {
  char name[32];
  anochat_world *world;
  anochat_account *account;
  anochat_device *device;
  anochat_prekeys *prekeys;
  anochat_session *session;
  anochat_client *client;
  uint64_t connection;
  int is_connected;
} party;

static party parties[kMostParties];
static size_t party_count;
static party *clients[kMostParties]; /* in the order of their making */
static size_t client_count;
static anochat_world *relay_world;
static anochat_relay *relay;
static char relay_name[64];
static int64_t now_ms;
static uint8_t bundle[ANOCHAT_BUNDLE_MAX];
static size_t bundle_len;
static uint8_t message[ANOCHAT_MESSAGE_MAX];
static size_t message_len;

/* --- results: each is compared with the next line of the file --- */

static FILE *script;
static long line_number;
static char line[kMostHex];
static int has_line; /* `line` was read and not used yet */
static long result_count;

static int next_line(void) {
  if (has_line) return 1;
  if (fgets(line, sizeof line, script) == NULL) return 0;
  ++line_number;
  line[strcspn(line, "\n")] = '\0';
  has_line = 1;
  return 1;
}

static void result(const char *text) {
  ++result_count;
  if (next_line() && strcmp(line, text) == 0) {
    has_line = 0;
    return;
  }
  fprintf(stderr, "line %ld differs:\n  expected %.200s\n  got      %.200s\n", line_number, line, text);
  exit(1);
}

static void result_hex(const char *prefix, const uint8_t *bytes, size_t len) {
  static char text[kMostHex];
  size_t used = (size_t)snprintf(text, sizeof text, "%s", prefix);
  size_t i;
  CHECK(used + 2 * len < sizeof text);
  for (i = 0; i < len; ++i) used += (size_t)snprintf(text + used, 3, "%02x", bytes[i]);
  result(text);
}

static void result_number(int64_t number) {
  char text[32];
  snprintf(text, sizeof text, "= %" PRId64, number);
  result(text);
}

/* --- words --- */

static char *rest;

static char *word(void) {
  char *const start = rest;
  char *const end = strchr(rest, ' ');
  rest = end == NULL ? rest + strlen(rest) : end + 1;
  if (end != NULL) *end = '\0';
  CHECK(*start != '\0');
  return start;
}
static int64_t number(void) { return strtoll(word(), NULL, 10); }
static party *who(void) {
  const char *const name = word();
  size_t i;
  for (i = 0; i < party_count; ++i) {
    if (strcmp(parties[i].name, name) == 0) return &parties[i];
  }
  fprintf(stderr, "line %ld: no party %s\n", line_number, name);
  exit(1);
}
static anochat_account_id account_of(const party *it) {
  anochat_account_id id;
  uint32_t device = 0;
  if (it->client != NULL) {
    OK(anochat_client_address(it->client, &id, &device, NULL));
  } else {
    OK(anochat_device_address(it->device, &id, &device, NULL));
  }
  return id;
}
static void result_address(const party *it, uint32_t device) {
  char text[ANOCHAT_ADDRESS_ROOM + 2] = "= ";
  size_t len = ANOCHAT_ADDRESS_ROOM;
  const anochat_account_id id = account_of(it);
  OK(anochat_address_format(&id, device, text + 2, &len, NULL));
  result(text);
}

/* --- session commands; each returns what the library said --- */

static anochat_status play_device(party *it) {
  uint8_t certificate[ANOCHAT_CERTIFICATE_LEN];
  size_t len = sizeof certificate;
  const uint32_t device = (uint32_t)number();
  OK(anochat_testing_account_new(it->world, &it->account, NULL));
  OK(anochat_device_new(it->account, device, &it->device, NULL));
  OK(anochat_device_certificate(it->device, certificate, &len, NULL));
  result_address(it, device);
  result_hex("= ", certificate, len);
  return ANOCHAT_OK;
}

static anochat_status play_bundle(party *it) {
  bundle_len = sizeof bundle;
  OK(anochat_prekeys_bundle(it->prekeys, bundle, &bundle_len, NULL));
  result_hex("= ", bundle, bundle_len);
  return ANOCHAT_OK;
}

static anochat_status play_initiate(party *it) {
  const party *const peer = who();
  anochat_account_id id;
  uint32_t device = 0;
  OK(anochat_device_address(peer->device, &id, &device, NULL));
  return anochat_session_initiate(it->device, &id, device, bundle, bundle_len, &it->session, NULL);
}

static anochat_status play_encrypt(party *it) {
  const uint8_t *const content = (const uint8_t *)rest;
  size_t bound = 0;
  OK(anochat_session_encrypt_bound(it->session, strlen(rest), &bound, NULL));
  message_len = bound;
  OK(anochat_session_encrypt(it->session, content, strlen(rest), message, &message_len, NULL));
  CHECK(message_len == bound);
  result_hex("= ", message, message_len);
  return ANOCHAT_OK;
}

static anochat_status play_opening(party *it, const char *how) {
  static uint8_t content[ANOCHAT_CONTENT_MAX + 1024];
  size_t len = sizeof content;
  anochat_status status;
  if (strcmp(how, "accept") == 0) {
    status = anochat_session_accept(it->device, it->prekeys, message, message_len, content, &len, &it->session, NULL);
  } else if (strcmp(how, "decrypt") == 0) {
    status = anochat_session_decrypt(it->session, message, message_len, content, &len, NULL);
  } else {
    status = anochat_session_open_signal(it->session, message, message_len, content, &len, NULL);
  }
  if (status == ANOCHAT_OK) result_hex("= ", content, len);
  return status;
}

static anochat_status play_signal(party *it) {
  message_len = sizeof message;
  OK(anochat_session_seal_signal(it->session, (const uint8_t *)rest, strlen(rest), message, &message_len, NULL));
  result_hex("= ", message, message_len);
  return ANOCHAT_OK;
}

static anochat_status play_save(party *it, int is_reload) {
  anochat_buf state = {sizeof state, 0, NULL, 0};
  OK(anochat_session_save(it->session, &state, NULL));
  if (is_reload) {
    OK(anochat_session_free(it->session, NULL));
    OK(anochat_session_load(it->device, state.data, state.len, &it->session, NULL));
  } else {
    result_hex("= ", state.data, state.len);
  }
  OK(anochat_buf_free(&state, NULL));
  return ANOCHAT_OK;
}

static anochat_status play_export(party *it) {
  uint8_t secret[ANOCHAT_EXPORTED_SECRET_LEN];
  size_t len = sizeof secret;
  OK(anochat_session_export_secret(it->session, rest, strlen(rest), NULL, 0, secret, &len, NULL));
  result_hex("= ", secret, len);
  return ANOCHAT_OK;
}

/* --- client commands --- */

static anochat_status play_client(party *it) {
  anochat_client_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.relay_name = relay_name;
  options.relay_name_len = strlen(relay_name);
  options.profile_name = it->name;
  options.profile_name_len = strlen(it->name);
  options.one_time_prekeys = (uint32_t)number();
  OK(anochat_testing_client_new(it->world, &options, &it->client, NULL));
  clients[client_count++] = it;
  result_address(it, 1);
  return ANOCHAT_OK;
}

static size_t hand_over(party *it, anochat_list *frames, char direction) {
  char prefix[64];
  size_t count = 0;
  size_t i;
  snprintf(prefix, sizeof prefix, "%c %s ", direction, it->name);
  OK(anochat_list_count(frames, &count, NULL));
  for (i = 0; i < count; ++i) {
    const uint8_t *frame = NULL;
    size_t len = 0;
    OK(anochat_list_bytes(frames, i, &frame, &len, NULL));
    result_hex(prefix, frame, len);
    if (direction == '>') {
      OK(anochat_relay_receive(relay, it->connection, frame, len, NULL));
    } else {
      OK(anochat_client_receive(it->client, frame, len, NULL));
    }
  }
  OK(anochat_list_free(frames, NULL));
  return count;
}

static anochat_status play_pump(void) {
  size_t moved = 1;
  while (moved > 0) {
    anochat_list *frames = NULL;
    size_t i;
    moved = 0;
    for (i = 0; i < client_count; ++i) {
      if (!clients[i]->is_connected) continue;
      OK(anochat_client_outgoing(clients[i]->client, &frames, NULL));
      moved += hand_over(clients[i], frames, '>');
    }
    OK(anochat_relay_flush(relay, NULL));
    for (i = 0; i < client_count; ++i) {
      if (!clients[i]->is_connected) continue;
      OK(anochat_relay_take(relay, clients[i]->connection, SIZE_MAX, &frames, NULL));
      moved += hand_over(clients[i], frames, '<');
    }
  }
  return ANOCHAT_OK;
}

static anochat_status play_connection(party *it, int is_on) {
  it->is_connected = is_on;
  if (is_on) {
    OK(anochat_relay_open(relay, (const uint8_t *)it->name, strlen(it->name), &it->connection, NULL));
    return anochat_client_connected(it->client, NULL);
  }
  OK(anochat_relay_close(relay, it->connection, NULL));
  return anochat_client_disconnected(it->client, NULL);
}

static anochat_status play_events(party *it) {
  anochat_event event;
  memset(&event, 0, sizeof event);
  event.struct_size = sizeof event;
  for (;;) {
    char text[128];
    OK(anochat_client_poll_event(it->client, &event, NULL));
    if (event.kind == ANOCHAT_EVENT_NONE) return ANOCHAT_OK;
    snprintf(text, sizeof text, "= %s %" PRId64 " %" PRId64, anochat_event_name(event.kind), event.conversation,
             event.message);
    result(text);
  }
}

static anochat_status play_history(party *it) {
  anochat_list *messages = NULL;
  size_t count = 0;
  size_t i;
  OK(anochat_client_latest(it->client, number(), 50, &messages, NULL));
  OK(anochat_list_count(messages, &count, NULL));
  for (i = 0; i < count; ++i) {
    anochat_message one;
    char prefix[64];
    memset(&one, 0, sizeof one);
    one.struct_size = sizeof one;
    OK(anochat_list_message(messages, i, &one, NULL));
    snprintf(prefix, sizeof prefix, "= %" PRId64 " %s %d ", one.id, one.is_outgoing ? "out" : "in", (int)one.status);
    result_hex(prefix, (const uint8_t *)one.body, one.body_len);
  }
  OK(anochat_list_free(messages, NULL));
  return ANOCHAT_OK;
}

static anochat_status play_say(party *it, int is_reply) {
  const int64_t where = number();
  int64_t made = 0;
  const anochat_status status = is_reply ? anochat_client_reply(it->client, where, rest, strlen(rest), &made, NULL)
                                         : anochat_client_send_text(it->client, where, rest, strlen(rest), &made, NULL);
  if (status == ANOCHAT_OK) result_number(made);
  return status;
}

static anochat_status play_with_peer(party *it, int is_allow) {
  const anochat_account_id peer = account_of(who());
  int64_t conversation = 0;
  anochat_status status;
  if (is_allow) return anochat_client_allow(it->client, &peer, NULL);
  status = anochat_client_conversation_with(it->client, &peer, &conversation, NULL);
  if (status == ANOCHAT_OK) result_number(conversation);
  return status;
}

static void set_time(int64_t to) {
  size_t i;
  now_ms = to;
  for (i = 0; i < party_count; ++i) OK(anochat_testing_world_set_time(parties[i].world, to, NULL));
  if (relay_world != NULL) OK(anochat_testing_world_set_time(relay_world, to, NULL));
}

static anochat_status play_party(void) {
  party *const it = &parties[party_count];
  CHECK(party_count < kMostParties);
  snprintf(it->name, sizeof it->name, "%s", word());
  OK(anochat_testing_world_new((uint64_t)number(), now_ms, &it->world, NULL));
  ++party_count;
  return ANOCHAT_OK;
}

static anochat_status play_relay(void) {
  anochat_relay_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  snprintf(relay_name, sizeof relay_name, "%s", word());
  options.name = relay_name;
  options.name_len = strlen(relay_name);
  OK(anochat_testing_world_new((uint64_t)number(), now_ms, &relay_world, NULL));
  return anochat_testing_relay_new(relay_world, &options, &relay, NULL);
}

static anochat_status play_of_party(const char *command, party *it) {
  int64_t what;
  if (strcmp(command, "device") == 0) return play_device(it);
  if (strcmp(command, "prekeys") == 0) return anochat_prekeys_new(it->device, (uint32_t)number(), &it->prekeys, NULL);
  if (strcmp(command, "bundle") == 0) return play_bundle(it);
  if (strcmp(command, "initiate") == 0) return play_initiate(it);
  if (strcmp(command, "encrypt") == 0) return play_encrypt(it);
  if (strcmp(command, "accept") == 0 || strcmp(command, "decrypt") == 0 || strcmp(command, "open_signal") == 0) {
    return play_opening(it, command);
  }
  if (strcmp(command, "signal") == 0) return play_signal(it);
  if (strcmp(command, "save") == 0) return play_save(it, 0);
  if (strcmp(command, "reload") == 0) return play_save(it, 1);
  if (strcmp(command, "export") == 0) return play_export(it);
  if (strcmp(command, "client") == 0) return play_client(it);
  if (strcmp(command, "connect") == 0) return play_connection(it, 1);
  if (strcmp(command, "disconnect") == 0) return play_connection(it, 0);
  if (strcmp(command, "conversation") == 0) return play_with_peer(it, 0);
  if (strcmp(command, "allow") == 0) return play_with_peer(it, 1);
  if (strcmp(command, "say") == 0) return play_say(it, 0);
  if (strcmp(command, "reply") == 0) return play_say(it, 1);
  if (strcmp(command, "events") == 0) return play_events(it);
  if (strcmp(command, "history") == 0) return play_history(it);
  what = number();
  if (strcmp(command, "edit") == 0) return anochat_client_edit(it->client, what, rest, strlen(rest), NULL);
  if (strcmp(command, "react") == 0) return anochat_client_react(it->client, what, rest, strlen(rest), 1, NULL);
  if (strcmp(command, "read") == 0) return anochat_client_mark_read(it->client, what, number(), NULL);
  fprintf(stderr, "line %ld: no command %s\n", line_number, command);
  exit(1);
}

static void play(char *command_line) {
  anochat_status status = ANOCHAT_OK;
  const char *command;
  rest = command_line;
  command = word();
  if (strcmp(command, "clock") == 0) {
    set_time(number());
  } else if (strcmp(command, "advance") == 0) {
    set_time(now_ms + number());
  } else if (strcmp(command, "party") == 0) {
    status = play_party();
  } else if (strcmp(command, "relay") == 0) {
    status = play_relay();
  } else if (strcmp(command, "pump") == 0) {
    status = play_pump();
  } else {
    status = play_of_party(command, who());
  }
  if (status != ANOCHAT_OK) {
    char text[64];
    snprintf(text, sizeof text, "! %s", anochat_status_name(status));
    result(text);
  }
}

static int is_result(const char *text) {
  return text[0] != '\0' && strchr("=!<>", text[0]) != NULL && text[1] == ' ';
}

static void free_all(void) {
  size_t i;
  for (i = 0; i < party_count; ++i) {
    OK(anochat_session_free(parties[i].session, NULL));
    OK(anochat_prekeys_free(parties[i].prekeys, NULL));
    OK(anochat_device_free(parties[i].device, NULL));
    OK(anochat_account_free(parties[i].account, NULL));
    OK(anochat_client_free(parties[i].client, NULL));
    OK(anochat_testing_world_free(parties[i].world, NULL));
  }
  OK(anochat_relay_free(relay, NULL));
  OK(anochat_testing_world_free(relay_world, NULL));
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  script = fopen(argv[1], "r");
  CHECK(script != NULL);
  while (next_line()) {
    static char command[kMostLine];
    if (is_result(line)) {
      fprintf(stderr, "line %ld: expected %.200s and got nothing\n", line_number, line);
      return 1;
    }
    has_line = 0;
    if (line[0] == '\0' || line[0] == '#') continue;
    CHECK(strlen(line) < sizeof command);
    memcpy(command, line, strlen(line) + 1);
    play(command);
  }
  fclose(script);
  free_all();
  printf("%ld results as expected\n", result_count);
  return result_count > 100 ? 0 : 1;
}
