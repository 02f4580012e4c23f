#define _DEFAULT_SOURCE /* mkdtemp */
#include "fixture.h"

#include <inttypes.h>
#include <unistd.h>

static bytes copy_of(const void *data, size_t len) {
  bytes out;
  out.data = malloc(len > 0 ? len : 1);
  out.len = len;
  CHECK(out.data != NULL);
  if (len > 0) memcpy(out.data, data, len);
  return out;
}

static bytes take_buf(anochat_buf *buf) {
  const bytes out = copy_of(buf->data, buf->len);
  OK(anochat_buf_free(buf, NULL));
  return out;
}

void set_key(const fixture *it, anochat_key *to) {
  static const uint8_t raw[32] = {1, 2, 3};
  (void)it;
  memset(to, 0, sizeof *to);
  to->struct_size = sizeof *to;
  to->kind = ANOCHAT_KEY_RAW;
  to->secret = raw;
  to->secret_len = sizeof raw;
}

void set_client_options(const fixture *it, anochat_client_options *to) {
  (void)it;
  memset(to, 0, sizeof *to);
  to->struct_size = sizeof *to;
  to->one_time_prekeys = 2;
  to->profile_name = "anna";
  to->profile_name_len = 4;
}

void set_outgoing_text(const fixture *it, anochat_outgoing_text *to) {
  memset(to, 0, sizeof *to);
  to->struct_size = sizeof *to;
  to->conversation = it->conversation;
  to->text = "one of many";
  to->text_len = strlen(to->text);
}

void set_attachment(const fixture *it, anochat_attachment *to) {
  static const uint8_t blob[] = {7, 7, 7};
  (void)it;
  memset(to, 0, sizeof *to);
  to->struct_size = sizeof *to;
  to->size = 1000;
  memset(to->key, 6, sizeof to->key);
  memset(to->digest, 8, sizeof to->digest);
  to->blob_id = blob;
  to->blob_id_len = sizeof blob;
  to->mime_type = "image/png";
  to->mime_type_len = 9;
  to->name = "a.png";
  to->name_len = 5;
  to->caption = "a picture";
  to->caption_len = 9;
}

void set_search_query(const fixture *it, anochat_search_query *to) {
  (void)it;
  memset(to, 0, sizeof *to);
  to->struct_size = sizeof *to;
  to->text = "morning";
  to->text_len = 7;
}

void set_network_options(const fixture *it, anochat_network_options *to) {
  memset(to, 0, sizeof *to);
  to->struct_size = sizeof *to;
  to->relay = it->url;
  to->relay_len = strlen(it->url);
}

void set_relay_options(const fixture *it, anochat_relay_options *to) {
  (void)it;
  memset(to, 0, sizeof *to);
  to->struct_size = sizeof *to;
}

void set_server_options(const fixture *it, anochat_server_options *to) {
  (void)it;
  memset(to, 0, sizeof *to);
  to->struct_size = sizeof *to;
}

int has_network(void) {
  static int known = -1;
  if (known < 0) {
    anochat_server_options options;
    anochat_server *server = NULL;
    set_server_options(NULL, &options);
    known = anochat_server_new(&options, &server, NULL) == ANOCHAT_OK;
    OK(anochat_server_free(server, NULL));
  }
  return known;
}

static bytes encrypt(anochat_session *session, const char *text) {
  static uint8_t out[ANOCHAT_MESSAGE_MAX];
  size_t len = sizeof out;
  OK(anochat_session_encrypt(session, (const uint8_t *)text, strlen(text), out, &len, NULL));
  return copy_of(out, len);
}

static void make_sessions(fixture *it) {
  static uint8_t out[ANOCHAT_MESSAGE_MAX];
  size_t len = sizeof out;
  uint32_t number = 0;
  anochat_account *peer_account = NULL;
  anochat_prekeys *spare = NULL;
  anochat_buf buf = {sizeof buf, 0, NULL, 0};
  bytes first;
  bytes second;
  OK(anochat_account_new(&it->account, NULL));
  OK(anochat_device_new(it->account, 1, &it->device, NULL));
  OK(anochat_prekeys_new(it->device, 2, &it->prekeys, NULL));
  OK(anochat_account_new(&peer_account, NULL));
  OK(anochat_device_new(peer_account, 7, &it->peer_device, NULL));
  OK(anochat_account_free(peer_account, NULL));
  OK(anochat_device_address(it->peer_device, &it->peer_id, &number, NULL));
  OK(anochat_prekeys_new(it->peer_device, 2, &it->peer_prekeys, NULL));
  OK(anochat_prekeys_bundle(it->peer_prekeys, out, &len, NULL));
  it->bundle = copy_of(out, len);

  OK(anochat_session_initiate(it->device, &it->peer_id, 7, it->bundle.data, it->bundle.len, &it->session, NULL));
  it->initial = encrypt(it->session, "first");
  /* The peer's prekeys stay as they are for the sweep: a copy of them accepts. */
  OK(anochat_prekeys_save(it->peer_prekeys, &buf, NULL));
  OK(anochat_prekeys_load(it->peer_device, buf.data, buf.len, &spare, NULL));
  it->saved_prekeys = take_buf(&buf);
  len = sizeof out;
  OK(anochat_session_accept(it->peer_device, spare, it->initial.data, it->initial.len, out, &len, &it->peer_session,
                            NULL));
  OK(anochat_prekeys_free(spare, NULL));
  first = encrypt(it->peer_session, "answer");
  len = sizeof out;
  OK(anochat_session_decrypt(it->session, first.data, first.len, out, &len, NULL));
  second = encrypt(it->session, "and on");
  len = sizeof out;
  OK(anochat_session_decrypt(it->peer_session, second.data, second.len, out, &len, NULL));
  free(first.data);
  free(second.data);
  it->for_session = encrypt(it->peer_session, "not opened yet");
  len = sizeof out;
  OK(anochat_session_seal_signal(it->peer_session, (const uint8_t *)"typing", 6, out, &len, NULL));
  it->signal = copy_of(out, len);

  memset(it->key, 5, sizeof it->key);
  len = sizeof out;
  OK(anochat_device_save(it->device, out, &len, NULL));
  it->saved_device = copy_of(out, len);
  OK(anochat_session_save(it->session, &buf, NULL));
  it->saved_session = take_buf(&buf);
  OK(anochat_session_seal(it->session, it->key, sizeof it->key, &buf, NULL));
  it->sealed_session = take_buf(&buf);
}

static size_t to_relay(fixture *it, anochat_client *client, uint64_t connection) {
  anochat_list *frames = NULL;
  size_t count = 0;
  size_t i;
  OK(anochat_client_outgoing(client, &frames, NULL));
  OK(anochat_list_count(frames, &count, NULL));
  for (i = 0; i < count; ++i) {
    const uint8_t *data = NULL;
    size_t len = 0;
    OK(anochat_list_bytes(frames, i, &data, &len, NULL));
    OK(anochat_relay_receive(it->relay, connection, data, len, NULL));
  }
  OK(anochat_list_free(frames, NULL));
  OK(anochat_relay_flush(it->relay, NULL));
  return count;
}

static size_t from_relay(fixture *it, anochat_client *client, uint64_t connection) {
  anochat_list *frames = NULL;
  size_t count = 0;
  size_t i;
  OK(anochat_relay_take(it->relay, connection, SIZE_MAX, &frames, NULL));
  OK(anochat_list_count(frames, &count, NULL));
  for (i = 0; i < count; ++i) {
    const uint8_t *data = NULL;
    size_t len = 0;
    OK(anochat_list_bytes(frames, i, &data, &len, NULL));
    OK(anochat_client_receive(client, data, len, NULL));
  }
  OK(anochat_list_free(frames, NULL));
  return count;
}

void pump(fixture *it) {
  size_t moved = 1;
  while (moved > 0) {
    moved = to_relay(it, it->client, it->connection) + to_relay(it, it->peer, it->peer_connection);
    moved += from_relay(it, it->client, it->connection) + from_relay(it, it->peer, it->peer_connection);
  }
}

static bytes first_frame(anochat_list *frames) {
  const uint8_t *data = NULL;
  size_t len = 0;
  OK(anochat_list_bytes(frames, 0, &data, &len, NULL));
  return copy_of(data, len);
}

static int64_t newest(anochat_client *client, int64_t conversation) {
  anochat_list *messages = NULL;
  size_t count = 0;
  anochat_message message;
  memset(&message, 0, sizeof message);
  message.struct_size = sizeof message;
  OK(anochat_client_latest(client, conversation, 1, &messages, NULL));
  OK(anochat_list_count(messages, &count, NULL));
  CHECK(count == 1);
  OK(anochat_list_message(messages, 0, &message, NULL));
  OK(anochat_list_free(messages, NULL));
  return message.id;
}

static void make_conversation(fixture *it) {
  anochat_account_id own;
  uint32_t device = 0;
  anochat_attachment attachment;
  OK(anochat_client_address(it->client, &own, &device, NULL));
  OK(anochat_client_conversation_with(it->client, &it->account_id, &it->conversation, NULL));
  OK(anochat_client_send_text(it->client, it->conversation, "good morning", 12, &it->message, NULL));
  pump(it);
  OK(anochat_client_allow(it->peer, &own, NULL));
  pump(it);
  OK(anochat_client_send_custom(it->client, it->conversation, "com.example/poll", 16, (const uint8_t *)"?", 1,
                                &it->custom, NULL));
  set_attachment(it, &attachment);
  OK(anochat_client_send_attachment(it->client, it->conversation, &attachment, NULL, NULL));
  OK(anochat_client_attachments(it->client, newest(it->client, it->conversation), &it->attachments, NULL));
  OK(anochat_client_react(it->client, it->message, "+", 1, 1, NULL));
  OK(anochat_client_start_call(it->client, it->conversation, ANOCHAT_MEDIA_AUDIO, (const uint8_t *)"sdp", 3, &it->call,
                               NULL));
  pump(it);
}

static void make_lists(fixture *it) {
  anochat_search_query query;
  anochat_list *frames = NULL;
  size_t room = sizeof it->code;
  int64_t conversation = 0;
  anochat_account_id own;
  uint32_t device = 0;
  set_search_query(it, &query);
  OK(anochat_client_search(it->client, &query, &it->hits, NULL));
  OK(anochat_client_latest(it->client, it->conversation, 2, &it->messages, NULL));
  OK(anochat_list_cursor(it->messages, ANOCHAT_CURSOR_OLDER, &it->cursor, &it->cursor_len, NULL));
  CHECK(it->cursor != NULL);
  OK(anochat_client_conversations(it->client, NULL, 0, 10, &it->conversations, NULL));
  OK(anochat_client_reactions(it->client, it->message, &it->reactions, NULL));
  OK(anochat_client_contacts(it->client, &it->contacts, NULL));
  OK(anochat_client_calls(it->client, NULL, 0, 10, &it->calls, NULL));
  OK(anochat_client_take_events(it->client, 100, &it->events, NULL));
  OK(anochat_client_address(it->client, &own, &device, NULL));
  OK(anochat_client_safety_code(it->peer, &own, it->code, &room, NULL));
  /* A frame that waits on each side: the peer's message, and what this client sends next. */
  OK(anochat_client_conversation_with(it->peer, &own, &conversation, NULL));
  OK(anochat_client_send_text(it->peer, conversation, "good evening", 12, NULL, NULL));
  to_relay(it, it->peer, it->peer_connection);
  OK(anochat_relay_take(it->relay, it->connection, SIZE_MAX, &frames, NULL));
  it->client_frame = first_frame(frames);
  OK(anochat_list_free(frames, NULL));
  OK(anochat_client_send_text(it->client, it->conversation, "on its way", 10, NULL, NULL));
  OK(anochat_client_outgoing(it->client, &it->list, NULL));
  it->relay_frame = first_frame(it->list);
}

static void add_state(bytes *to, const void *data, size_t len) {
  to->data = realloc(to->data, to->len + len);
  CHECK(to->data != NULL);
  memcpy(to->data + to->len, data, len);
  to->len += len;
}

bytes fixture_state(const fixture *it) {
  anochat_session *const sessions[] = {it->session, it->peer_session};
  anochat_prekeys *const prekeys[] = {it->prekeys, it->peer_prekeys};
  bytes out = {NULL, 0};
  anochat_stats stats;
  size_t i;
  for (i = 0; i < 2; ++i) {
    anochat_buf buf = {sizeof buf, 0, NULL, 0};
    OK(anochat_session_save(sessions[i], &buf, NULL));
    add_state(&out, buf.data, buf.len);
    OK(anochat_buf_free(&buf, NULL));
    OK(anochat_prekeys_save(prekeys[i], &buf, NULL));
    add_state(&out, buf.data, buf.len);
    OK(anochat_buf_free(&buf, NULL));
  }
  memset(&stats, 0, sizeof stats);
  stats.struct_size = sizeof stats;
  OK(anochat_client_get_stats(it->client, &stats, NULL));
  stats.pages = stats.free_pages = 0; /* how the database lies is not what it holds */
  add_state(&out, &stats, sizeof stats);
  return out;
}

static int is_one_of(const char *function, const char *list) { return strstr(list, function) != NULL; }

static void make_clients(fixture *it, const char *function) {
  anochat_client_options options;
  anochat_key key;
  uint32_t device = 0;
  size_t room = sizeof it->address;
  const uint8_t second[32] = {9};
  set_client_options(it, &options);
  set_key(it, &key);
  OK(anochat_relay_new(NULL, &it->relay, NULL));
  if (is_one_of(function, "anochat_client_add_key anochat_client_change_key anochat_client_remove_key "
                          "anochat_client_opened_slot anochat_client_save_copy anochat_client_export "
                          "anochat_store_import anochat_client_check anochat_client_compact anochat_client_open "
                          "anochat_client_free")) {
    OK(anochat_client_create(it->store_path, strlen(it->store_path), &key, &options, &it->client, NULL));
    key.secret = second;
    OK(anochat_client_add_key(it->client, &key, &it->slot, NULL));
  } else {
    OK(anochat_client_create(NULL, 0, NULL, &options, &it->client, NULL));
  }
  OK(anochat_client_create(NULL, 0, NULL, &options, &it->peer, NULL));
  OK(anochat_client_address(it->peer, &it->account_id, &device, NULL));
  OK(anochat_address_format(&it->account_id, 0, it->address, &room, NULL));
  OK(anochat_relay_open(it->relay, NULL, 0, &it->connection, NULL));
  OK(anochat_relay_open(it->relay, NULL, 0, &it->peer_connection, NULL));
  OK(anochat_client_connected(it->client, NULL));
  OK(anochat_client_connected(it->peer, NULL));
  pump(it);
  make_conversation(it);
  make_lists(it);
}

static void make_network(fixture *it) {
  anochat_server_options options;
  anochat_network_options network;
  uint32_t port = 0;
  int32_t is_online = 0;
  set_server_options(it, &options);
  OK(anochat_server_new(&options, &it->server, NULL));
  OK(anochat_server_port(it->server, &port, NULL));
  snprintf(it->url, sizeof it->url, "ws://127.0.0.1:%" PRIu32, port);
  set_network_options(it, &network);
  OK(anochat_client_create(NULL, 0, NULL, NULL, &it->online, NULL));
  OK(anochat_client_go_online(it->online, &network, NULL));
  OK(anochat_client_wait_online(it->online, 60000, &is_online, NULL));
  CHECK(is_online == 1);
}

static void make_stale(fixture *it) {
  anochat_list *messages = NULL;
  OK(anochat_account_new(&it->stale_account, NULL));
  OK(anochat_device_new(it->stale_account, 1, &it->stale_device, NULL));
  OK(anochat_prekeys_new(it->stale_device, 0, &it->stale_prekeys, NULL));
  OK(anochat_session_load(it->device, it->saved_session.data, it->saved_session.len, &it->stale_session, NULL));
  OK(anochat_client_create(NULL, 0, NULL, NULL, &it->stale_client, NULL));
  OK(anochat_relay_new(NULL, &it->stale_relay, NULL));
  OK(anochat_client_contacts(it->stale_client, &messages, NULL));
  it->stale_list = messages;
  if (it->server != NULL) {
    anochat_server_options options;
    set_server_options(it, &options);
    OK(anochat_server_new(&options, &it->stale_server, NULL));
    OK(anochat_server_free(it->stale_server, NULL));
  }
  OK(anochat_account_free(it->stale_account, NULL));
  OK(anochat_device_free(it->stale_device, NULL));
  OK(anochat_prekeys_free(it->stale_prekeys, NULL));
  OK(anochat_session_free(it->stale_session, NULL));
  OK(anochat_client_free(it->stale_client, NULL));
  OK(anochat_relay_free(it->stale_relay, NULL));
  OK(anochat_list_free(it->stale_list, NULL));
}

void fixture_make(fixture *it, const char *function) {
  memset(it, 0, sizeof *it);
  snprintf(it->folder, sizeof it->folder, "/tmp/anochat-sweep-XXXXXX");
  CHECK(mkdtemp(it->folder) != NULL);
  snprintf(it->store_path, sizeof it->store_path, "%s/store", it->folder);
  snprintf(it->new_path, sizeof it->new_path, "%s/new", it->folder);
  snprintf(it->export_path, sizeof it->export_path, "%s/export", it->folder);
  snprintf(it->other_path, sizeof it->other_path, "%s/other", it->folder);
  make_sessions(it);
  make_clients(it, function);
  if (has_network() && is_one_of(function, "anochat_client_go_online anochat_client_wait_online "
                                           "anochat_client_wait_events anochat_client_reconnect anochat_server_new "
                                           "anochat_server_port anochat_server_drain anochat_server_metrics "
                                           "anochat_server_free")) {
    make_network(it);
  }
  make_stale(it);
  if (strcmp(function, "anochat_store_import") == 0) {
    OK(anochat_client_export(it->client, it->export_path, strlen(it->export_path), (const uint8_t *)"secret", 6, 0,
                             NULL));
  }
  if (strcmp(function, "anochat_client_open") == 0) { /* the same file, closed */
    OK(anochat_client_free(it->client, NULL));
    OK(anochat_client_create(NULL, 0, NULL, NULL, &it->client, NULL));
  }
  it->buf.struct_size = sizeof it->buf;
  OK(anochat_session_save(it->session, &it->buf, NULL));
}

/* A test may have freed any of the handles: what free() says does not matter here. */
void fixture_free(fixture *it) {
  bytes *const all[] = {&it->saved_device, &it->saved_prekeys, &it->saved_session, &it->sealed_session,
                        &it->bundle,       &it->initial,       &it->for_session,   &it->signal,
                        &it->client_frame, &it->relay_frame};
  anochat_list *const lists[] = {it->list,        it->events,    it->messages, it->hits, it->conversations,
                                 it->attachments, it->reactions, it->contacts, it->calls};
  const char *const files[] = {it->store_path, it->new_path, it->export_path, it->other_path};
  size_t i;
  for (i = 0; i < sizeof lists / sizeof lists[0]; ++i) (void)anochat_list_free(lists[i], NULL);
  (void)anochat_client_free(it->online, NULL);
  (void)anochat_server_free(it->server, NULL);
  (void)anochat_client_free(it->client, NULL);
  (void)anochat_client_free(it->peer, NULL);
  (void)anochat_relay_free(it->relay, NULL);
  (void)anochat_session_free(it->session, NULL);
  (void)anochat_session_free(it->peer_session, NULL);
  (void)anochat_prekeys_free(it->prekeys, NULL);
  (void)anochat_prekeys_free(it->peer_prekeys, NULL);
  (void)anochat_device_free(it->device, NULL);
  (void)anochat_device_free(it->peer_device, NULL);
  (void)anochat_account_free(it->account, NULL);
  (void)anochat_buf_free(&it->buf, NULL);
  for (i = 0; i < sizeof all / sizeof all[0]; ++i) free(all[i]->data);
  for (i = 0; i < sizeof files / sizeof files[0]; ++i) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".lock"};
    size_t j;
    for (j = 0; j < sizeof endings / sizeof endings[0]; ++j) {
      char path[160];
      snprintf(path, sizeof path, "%s%s", files[i], endings[j]);
      (void)unlink(path);
    }
  }
  (void)rmdir(it->folder);
}
