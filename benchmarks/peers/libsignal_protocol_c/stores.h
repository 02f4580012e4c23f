/* stores.h - the stores that libsignal-protocol-c asks its caller for: one peer, a few keys, in memory. */
#pragma once

#include <signal/key_helper.h>
#include <signal/session_pre_key.h>
#include <signal/signal_protocol.h>
#include <string.h>

enum { kPreKeys = 8, kSignedPreKeyId = 1 };

/* Everything that one side keeps. */
typedef struct {
  ratchet_identity_key_pair* identity;
  uint32_t registration_id;
  signal_buffer* session; /* the record of the only conversation, or NULL */
  signal_buffer* pre_keys[kPreKeys];
  signal_buffer* signed_pre_key;
  signal_buffer* sender_key;
  signal_protocol_store_context* context;
} party;

static void replace(signal_buffer** kept, const uint8_t* data, size_t length) {
  signal_buffer_free(*kept);
  *kept = signal_buffer_create(data, length);
}
static int load(signal_buffer** out, signal_buffer* kept, int if_missing) {
  if (kept == NULL) return if_missing;
  *out = signal_buffer_copy(kept);
  return *out != NULL ? 1 : SG_ERR_NOMEM;
}

static int load_session(signal_buffer** record, signal_buffer** user_record, const signal_protocol_address* address,
                        void* user) {
  (void)user_record;
  (void)address;
  return load(record, ((party*)user)->session, 0);
}
static int sub_devices(signal_int_list** sessions, const char* name, size_t length, void* user) {
  (void)name;
  (void)length;
  (void)user;
  *sessions = signal_int_list_alloc();
  return 0;
}
static int store_session(const signal_protocol_address* address, uint8_t* record, size_t length, uint8_t* user_record,
                         size_t user_length, void* user) {
  (void)address;
  (void)user_record;
  (void)user_length;
  replace(&((party*)user)->session, record, length);
  return 0;
}
static int contains_session(const signal_protocol_address* address, void* user) {
  (void)address;
  return ((party*)user)->session != NULL;
}
static int delete_session(const signal_protocol_address* address, void* user) {
  (void)address;
  signal_buffer_free(((party*)user)->session);
  ((party*)user)->session = NULL;
  return 1;
}
static int delete_all(const char* name, size_t length, void* user) {
  (void)name;
  (void)length;
  return delete_session(NULL, user);
}
static void destroy(void* user) { (void)user; }

static int load_pre_key(signal_buffer** record, uint32_t id, void* user) {
  return id < kPreKeys ? load(record, ((party*)user)->pre_keys[id], SG_ERR_INVALID_KEY_ID) : SG_ERR_INVALID_KEY_ID;
}
static int store_pre_key(uint32_t id, uint8_t* record, size_t length, void* user) {
  if (id >= kPreKeys) return SG_ERR_INVALID_KEY_ID;
  replace(&((party*)user)->pre_keys[id], record, length);
  return 0;
}
static int contains_pre_key(uint32_t id, void* user) { return id < kPreKeys && ((party*)user)->pre_keys[id] != NULL; }
static int remove_pre_key(uint32_t id, void* user) {
  if (id >= kPreKeys) return SG_ERR_INVALID_KEY_ID;
  signal_buffer_free(((party*)user)->pre_keys[id]);
  ((party*)user)->pre_keys[id] = NULL;
  return 0;
}

static int load_signed_pre_key(signal_buffer** record, uint32_t id, void* user) {
  (void)id;
  return load(record, ((party*)user)->signed_pre_key, SG_ERR_INVALID_KEY_ID);
}
static int store_signed_pre_key(uint32_t id, uint8_t* record, size_t length, void* user) {
  (void)id;
  replace(&((party*)user)->signed_pre_key, record, length);
  return 0;
}
static int contains_signed_pre_key(uint32_t id, void* user) {
  (void)id;
  return ((party*)user)->signed_pre_key != NULL;
}
static int keep_signed_pre_key(uint32_t id, void* user) {
  (void)id;
  (void)user;
  return 0;
}

static int own_identity(signal_buffer** public_data, signal_buffer** private_data, void* user) {
  const ratchet_identity_key_pair* pair = ((party*)user)->identity;
  ec_public_key_serialize(public_data, ratchet_identity_key_pair_get_public(pair));
  ec_private_key_serialize(private_data, ratchet_identity_key_pair_get_private(pair));
  return 0;
}
static int own_registration_id(void* user, uint32_t* id) {
  *id = ((party*)user)->registration_id;
  return 0;
}
static int save_identity(const signal_protocol_address* address, uint8_t* key, size_t length, void* user) {
  (void)address;
  (void)key;
  (void)length;
  (void)user;
  return 0;
}
static int trust_identity(const signal_protocol_address* address, uint8_t* key, size_t length, void* user) {
  (void)address;
  (void)key;
  (void)length;
  (void)user;
  return 1;
}

static int store_sender_key(const signal_protocol_sender_key_name* name, uint8_t* record, size_t length,
                            uint8_t* user_record, size_t user_length, void* user) {
  (void)name;
  (void)user_record;
  (void)user_length;
  replace(&((party*)user)->sender_key, record, length);
  return 0;
}
static int load_sender_key(signal_buffer** record, signal_buffer** user_record,
                           const signal_protocol_sender_key_name* name, void* user) {
  (void)user_record;
  (void)name;
  return load(record, ((party*)user)->sender_key, 0);
}

static void attach_stores(party* p, signal_context* global) {
  const signal_protocol_session_store sessions = {load_session,   sub_devices, store_session, contains_session,
                                                  delete_session, delete_all,  destroy,       p};
  const signal_protocol_pre_key_store pre_keys = {load_pre_key,   store_pre_key, contains_pre_key,
                                                  remove_pre_key, destroy,       p};
  const signal_protocol_signed_pre_key_store signed_pre_keys = {
      load_signed_pre_key, store_signed_pre_key, contains_signed_pre_key, keep_signed_pre_key, destroy, p};
  const signal_protocol_identity_key_store identities = {
      own_identity, own_registration_id, save_identity, trust_identity, destroy, p};
  const signal_protocol_sender_key_store sender_keys = {store_sender_key, load_sender_key, destroy, p};
  signal_protocol_store_context_create(&p->context, global);
  signal_protocol_store_context_set_session_store(p->context, &sessions);
  signal_protocol_store_context_set_pre_key_store(p->context, &pre_keys);
  signal_protocol_store_context_set_signed_pre_key_store(p->context, &signed_pre_keys);
  signal_protocol_store_context_set_identity_key_store(p->context, &identities);
  signal_protocol_store_context_set_sender_key_store(p->context, &sender_keys);
}
