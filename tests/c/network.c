/* The network level: a relay with a port, and clients that keep themselves connected. */
#include <anochat.h>

#include "check.h"

#include <poll.h>

static const uint32_t kPatienceMs = 60000; /* a loaded machine is slow; what waits ends as soon as it can */

static anochat_server *serve(char *url, size_t room) {
  anochat_server_options options;
  anochat_server *server = NULL;
  uint32_t port = 0;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  OK(anochat_server_new(&options, &server, NULL));
  OK(anochat_server_port(server, &port, NULL));
  CHECK(port > 0);
  snprintf(url, room, "ws://127.0.0.1:%u", (unsigned)port);
  return server;
}

static anochat_client *go_online(const char *url) {
  anochat_client_options options;
  anochat_network_options network;
  anochat_connection_state state;
  anochat_client *client = NULL;
  anochat_list *list = NULL;
  int32_t is_online = 0;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.allow_strangers = 1;
  memset(&network, 0, sizeof network);
  network.struct_size = sizeof network;
  memset(&state, 0, sizeof state);
  state.struct_size = sizeof state;
  OK(anochat_client_create(NULL, 0, NULL, &options, &client, NULL));
  OK(anochat_client_get_connection(client, &state, NULL));
  CHECK(state.phase == ANOCHAT_PHASE_SELF_DRIVEN && state.next_attempt_ms == -1);
  EXPECT(ANOCHAT_E_WRONG_STATE, anochat_client_reconnect(client, NULL));
  network.relay = "gopher://127.0.0.1";
  network.relay_len = strlen(network.relay);
  EXPECT(ANOCHAT_E_INVALID_ARGUMENT, anochat_client_go_online(client, &network, NULL));
  network.relay = "ws://relay.example"; /* plain text to another machine */
  network.relay_len = strlen(network.relay);
  EXPECT(ANOCHAT_E_INVALID_ARGUMENT, anochat_client_go_online(client, &network, NULL));
  OK(anochat_client_tick(client, NULL)); /* a refused call has not taken the client away */
  network.relay = url;
  network.relay_len = strlen(url);
  OK(anochat_client_go_online(client, &network, NULL));
  EXPECT(ANOCHAT_E_WRONG_STATE, anochat_client_go_online(client, &network, NULL));
  EXPECT(ANOCHAT_E_WRONG_STATE, anochat_client_outgoing(client, &list, NULL));
  EXPECT(ANOCHAT_E_WRONG_STATE, anochat_client_tick(client, NULL));
  OK(anochat_client_wait_online(client, kPatienceMs, &is_online, NULL));
  CHECK(is_online == 1);
  return client;
}

/* Being online does not yet mean that the prekeys are published, and who writes to somebody without any waits for a
 * later attempt. A client sends four frames until then: login, device list, prekeys, and how many there are. */
static void wait_for_frames(anochat_server *server, unsigned long frames) {
  unsigned long received = 0;
  while (received < frames) {
    static const char kName[] = "\nanochat_relay_frames_received_total ";
    anochat_buf metrics = {sizeof metrics, 0, NULL, 0};
    char text[16384];
    const char *at;
    OK(anochat_server_metrics(server, &metrics, NULL));
    CHECK(metrics.len < sizeof text);
    memcpy(text, metrics.data, metrics.len);
    text[metrics.len] = '\0';
    OK(anochat_buf_free(&metrics, NULL));
    at = strstr(text, kName);
    CHECK(at != NULL);
    received = strtoul(at + strlen(kName), NULL, 10);
    if (received < frames) CHECK(poll(NULL, 0, 5) == 0);
  }
}

/* The text of the next message. */
static void expect_message(anochat_client *client, const char *text) {
  for (;;) {
    anochat_event event;
    memset(&event, 0, sizeof event);
    event.struct_size = sizeof event;
    OK(anochat_client_poll_event(client, &event, NULL));
    if (event.kind == ANOCHAT_EVENT_NONE) {
      struct pollfd it;
      int32_t fd = -1;
      OK(anochat_client_event_fd(client, &fd, NULL));
      it.fd = fd;
      it.events = POLLIN;
      CHECK(poll(&it, 1, (int)kPatienceMs) == 1);
    } else if (event.kind == ANOCHAT_EVENT_MESSAGE_RECEIVED) {
      anochat_list *found = NULL;
      anochat_message message;
      memset(&message, 0, sizeof message);
      message.struct_size = sizeof message;
      OK(anochat_client_message(client, event.message, &found, NULL));
      OK(anochat_list_message(found, 0, &message, NULL));
      CHECK(message.body_len == strlen(text) && memcmp(message.body, text, message.body_len) == 0);
      OK(anochat_list_free(found, NULL));
      return;
    }
  }
}

static int64_t conversation_of(anochat_client *client, anochat_client *with) {
  anochat_account_id id;
  uint32_t device = 0;
  int64_t conversation = 0;
  OK(anochat_client_address(with, &id, &device, NULL));
  OK(anochat_client_conversation_with(client, &id, &conversation, NULL));
  return conversation;
}

int main(void) {
  char url[64];
  anochat_server *const server = serve(url, sizeof url);
  anochat_client *const alice = go_online(url);
  anochat_client *const bob = go_online(url);
  anochat_buf metrics = {sizeof metrics, 0, NULL, 0};
  anochat_list *events = NULL;
  anochat_connection_state state;
  int32_t is_done = 0;
  size_t count = 1;

  wait_for_frames(server, 8);
  OK(anochat_client_send_text(alice, conversation_of(alice, bob), "over a socket", 13, NULL, NULL));
  expect_message(bob, "over a socket");
  OK(anochat_client_send_text(bob, conversation_of(bob, alice), "and back", 8, NULL, NULL));
  expect_message(alice, "and back");

  OK(anochat_server_metrics(server, &metrics, NULL));
  CHECK(metrics.len > 100 && memchr(metrics.data, '#', metrics.len) != NULL);
  OK(anochat_buf_free(&metrics, NULL));

  do { /* what is left; then a wait that ends by its time, while other threads could go on */
    OK(anochat_client_wait_events(bob, 1, 100, &events, NULL));
    OK(anochat_list_count(events, &count, NULL));
    OK(anochat_list_free(events, NULL));
  } while (count > 0);

  OK(anochat_server_drain(server, 10, kPatienceMs, &is_done, NULL));
  CHECK(is_done == 1);
  memset(&state, 0, sizeof state);
  state.struct_size = sizeof state;
  OK(anochat_client_get_connection(alice, &state, NULL));
  CHECK(state.phase != ANOCHAT_PHASE_SELF_DRIVEN);
  OK(anochat_client_free(alice, NULL));
  OK(anochat_server_free(server, NULL));
  OK(anochat_client_free(bob, NULL));
  EXPECT(ANOCHAT_E_INVALID_ARGUMENT, anochat_client_get_connection(bob, &state, NULL));
  return 0;
}
