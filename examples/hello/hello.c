/* hello - the same in C99: sends one message and prints what comes back. usage: hello_c <relay> <address> */
#include <anochat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static anochat_error error = {sizeof(anochat_error), 0, ""};

static void must(anochat_status status) {
  if (status == ANOCHAT_OK) return;
  fprintf(stderr, "hello: %s\n", error.text);
  exit(1);
}

int main(int argc, char **argv) {
  anochat_network_options network = {0};
  anochat_event event = {0};
  anochat_message message = {0};
  anochat_account_id peer;
  anochat_client *me = NULL;
  anochat_list *events = NULL, *found = NULL;
  int64_t conversation = 0;
  if (argc != 3) return fputs("usage: hello_c <relay> <address>\n", stderr), 2;
  network.struct_size = sizeof network;
  event.struct_size = sizeof event;
  message.struct_size = sizeof message;
  network.relay = argv[1];
  network.relay_len = strlen(argv[1]);

  must(anochat_client_create(NULL, 0, NULL, NULL, &me, &error)); /* NULL: in memory; or a path and a key */
  must(anochat_client_go_online(me, &network, &error));
  must(anochat_address_parse(argv[2], strlen(argv[2]), &peer, NULL, &error));
  must(anochat_client_conversation_with(me, &peer, &conversation, &error));
  must(anochat_client_send_text(me, conversation, "hello", 5, NULL, &error));
  while (event.kind != ANOCHAT_EVENT_MESSAGE_RECEIVED) {
    size_t count = 0;
    must(anochat_client_wait_events(me, 30000, 1, &events, &error));
    must(anochat_list_count(events, &count, &error));
    if (count > 0) must(anochat_list_event(events, 0, &event, &error));
    if (event.kind == ANOCHAT_EVENT_MESSAGE_RECEIVED) {
      must(anochat_client_message(me, event.message, &found, &error));
      must(anochat_list_message(found, 0, &message, &error));
      printf("%.*s\n", (int)message.body_len, message.body);
    }
    must(anochat_list_free(events, &error));
  }
  must(anochat_list_free(found, &error));
  must(anochat_client_free(me, &error));
  return 0;
}
