/* A whole end-to-end encrypted chat in C99: two people, and a relay in the same process that can read nothing.
 * A real program has one client and a network in place of `deliver`; docs/guides/c.md says more. */
#include <anochat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static anochat_error error = {sizeof(anochat_error), 0, ""};

static void must(anochat_status status) {
  if (status == ANOCHAT_OK) return;
  fprintf(stderr, "%s: %s\n", anochat_status_name(status), error.text);
  exit(1);
}

typedef struct person {
  const char *name;
  anochat_client *client;
  anochat_account_id id;
  uint64_t connection; /* at the relay */
} person;

static person join(anochat_relay *relay, const char *name) {
  person it = {name, NULL, {{0}}, 0};
  anochat_client_options options = {0};
  uint32_t device = 0;
  options.struct_size = sizeof options;
  options.profile_name = name;
  options.profile_name_len = strlen(name);
  options.allow_strangers = 1; /* else the first message is a request that the user answers */
  /* NULL: a store in memory. With a path and an anochat_key it is an encrypted file, and the account survives. */
  must(anochat_client_create(NULL, 0, NULL, &options, &it.client, &error));
  must(anochat_client_address(it.client, &it.id, &device, &error));
  must(anochat_relay_open(relay, NULL, 0, &it.connection, &error));
  must(anochat_client_connected(it.client, &error));
  return it;
}

/* Hands over the frames of a list, either to the relay or to the person. Returns how many there were. */
static size_t hand_over(anochat_list *frames, anochat_relay *to_relay, person *of) {
  size_t count = 0;
  must(anochat_list_count(frames, &count, &error));
  for (size_t i = 0; i < count; ++i) {
    const uint8_t *frame = NULL;
    size_t len = 0;
    must(anochat_list_bytes(frames, i, &frame, &len, &error));
    must(to_relay != NULL ? anochat_relay_receive(to_relay, of->connection, frame, len, &error)
                          : anochat_client_receive(of->client, frame, len, &error));
  }
  must(anochat_list_free(frames, &error));
  return count;
}

/* The network: frames go back and forth until nobody has any. */
static void deliver(anochat_relay *relay, person *people, size_t count) {
  size_t moved = 1;
  while (moved > 0) {
    moved = 0;
    for (size_t i = 0; i < count; ++i) {
      anochat_list *frames = NULL;
      must(anochat_client_outgoing(people[i].client, &frames, &error));
      moved += hand_over(frames, relay, &people[i]);
      must(anochat_relay_flush(relay, &error));
      must(anochat_relay_take(relay, people[i].connection, SIZE_MAX, &frames, &error));
      moved += hand_over(frames, NULL, &people[i]);
    }
  }
}

static void say(person *from, const person *to, const char *text) {
  int64_t conversation = 0;
  must(anochat_client_conversation_with(from->client, &to->id, &conversation, &error));
  must(anochat_client_send_text(from->client, conversation, text, strlen(text), NULL, &error));
}

/* Prints what has arrived. Returns how many messages that were. */
static int show_new(person *of) {
  anochat_event event = {0};
  int shown = 0;
  event.struct_size = sizeof event;
  for (;;) {
    anochat_list *found = NULL;
    anochat_message message = {0};
    must(anochat_client_poll_event(of->client, &event, &error));
    if (event.kind == ANOCHAT_EVENT_NONE) return shown;
    if (event.kind != ANOCHAT_EVENT_MESSAGE_RECEIVED) continue;
    message.struct_size = sizeof message;
    must(anochat_client_message(of->client, event.message, &found, &error));
    must(anochat_list_message(found, 0, &message, &error));
    printf("%s reads: %.*s\n", of->name, (int)message.body_len, message.body);
    must(anochat_list_free(found, &error));
    ++shown;
  }
}

int main(void) {
  char digits[2][ANOCHAT_SAFETY_DIGITS_ROOM];
  size_t room = sizeof digits[0];
  anochat_relay *relay = NULL;
  must(anochat_check_abi(ANOCHAT_ABI_VERSION, &error));
  must(anochat_relay_new(NULL, &relay, &error));
  person people[] = {join(relay, "alice"), join(relay, "bob")};
  deliver(relay, people, 2);

  say(&people[0], &people[1], "hello Bob, this is Alice");
  deliver(relay, people, 2);
  int read = show_new(&people[1]);
  say(&people[1], &people[0], "hello Alice!");
  deliver(relay, people, 2);
  read += show_new(&people[0]);

  /* What the two would compare to be sure that nobody sits between them. */
  for (int i = 0; i < 2; ++i) {
    room = sizeof digits[i];
    must(anochat_client_safety_digits(people[i].client, &people[1 - i].id, digits[i], &room, &error));
  }
  printf("both see the safety number %s\n", digits[0]);
  for (int i = 0; i < 2; ++i) must(anochat_client_free(people[i].client, &error));
  must(anochat_relay_free(relay, &error));
  return read == 2 && strcmp(digits[0], digits[1]) == 0 ? 0 : 1;
}
