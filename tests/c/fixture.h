/* One of everything, for the sweep over all functions. */
#ifndef ANOCHAT_TESTS_C_FIXTURE_H
#define ANOCHAT_TESTS_C_FIXTURE_H

#include <anochat_testing.h>

#include "check.h"

typedef struct bytes {
  uint8_t *data;
  size_t len;
} bytes;

typedef struct fixture {
  char folder[64];
  char store_path[128], new_path[128], export_path[128], other_path[128];

  anochat_account *account;
  anochat_device *device;
  anochat_device *peer_device;
  anochat_account_id peer_id; /* of the device */
  anochat_prekeys *prekeys;   /* of the device */
  anochat_prekeys *peer_prekeys;
  anochat_session *session; /* with the peer device, answered */
  anochat_session *peer_session;
  uint8_t key[ANOCHAT_STATE_KEY_LEN];
  bytes saved_device, saved_prekeys, saved_session, sealed_session, bundle;
  bytes initial;     /* begins a conversation with the peer device */
  bytes for_session; /* not opened yet */
  bytes signal;      /* the same */

  anochat_relay *relay;
  uint64_t connection, peer_connection;
  anochat_client *client; /* in a file where that matters */
  anochat_client *peer;
  anochat_account_id account_id; /* of `peer` */
  char address[ANOCHAT_ADDRESS_ROOM];
  char code[ANOCHAT_SAFETY_CODE_ROOM]; /* that `peer` shows */
  int64_t conversation, message, peer_message, custom;
  anochat_call_id call;
  uint32_t slot; /* a second key of the store */
  bytes client_frame, relay_frame;
  anochat_list *list; /* frames */
  anochat_list *events, *messages, *hits, *conversations, *attachments, *reactions, *contacts, *calls;
  const char *cursor; /* in `messages` */
  size_t cursor_len;

  anochat_server *server; /* NULL without the network level */
  anochat_client *online;
  char url[64];

  anochat_buf buf; /* filled */
  anochat_list *stale_list;
  anochat_account *stale_account;
  anochat_device *stale_device;
  anochat_prekeys *stale_prekeys;
  anochat_session *stale_session;
  anochat_client *stale_client;
  anochat_relay *stale_relay;
  anochat_server *stale_server;
} fixture;

/* @param function  what the fixture is for: some of it is made only where it is needed */
void fixture_make(fixture *it, const char *function);
void fixture_free(fixture *it);
/* What the library keeps for the fixture's session, prekeys and client: the same as long as nothing was changed. */
bytes fixture_state(const fixture *it);
int has_network(void);

void set_key(const fixture *it, anochat_key *to);
void set_client_options(const fixture *it, anochat_client_options *to);
void set_outgoing_text(const fixture *it, anochat_outgoing_text *to);
void set_attachment(const fixture *it, anochat_attachment *to);
void set_search_query(const fixture *it, anochat_search_query *to);
void set_network_options(const fixture *it, anochat_network_options *to);
void set_relay_options(const fixture *it, anochat_relay_options *to);
void set_server_options(const fixture *it, anochat_server_options *to);

/* Hands frames over until nothing moves. */
void pump(fixture *it);

#endif
