/* anochat.h - end-to-end encrypted messaging: the C interface of libanochat, the only ABI that AnoChat promises.
 *
 * Every function returns an anochat_status and gives its results through pointers. It does all of its work or changes
 * nothing: arguments, buffers and handles are checked before any state moves. Nothing is thrown, nothing is printed.
 *
 * Handles are opaque and are never dereferenced: one that is NULL, freed, stale, random or of another kind is refused
 * with ANOCHAT_E_INVALID_ARGUMENT. Every handle may be used from any thread; calls on one handle wait for each other.
 *
 * Input     `const uint8_t *x, size_t x_len`, or `const char *` for text, which is UTF-8 and needs no end mark. NULL is
 *           fine where the length is 0.
 * Output    `uint8_t *out, size_t *out_len`: before the call the room in bytes, after it the bytes written. With too
 *           little room the call changes nothing, returns ANOCHAT_E_BUFFER_TOO_SMALL and sets *out_len to the room that
 *           it needs. Texts (`char *out`) get a zero at their end, which the room must include and the length does not.
 *           Input and output must not overlap.
 * Buffers   an anochat_buf is filled by the library where a size is not known before; give it back with
 *           anochat_buf_free().
 * Lists     an anochat_list is a result of many things; what its accessors point to lives as long as the list.
 * Structs   begin with struct_size, which the caller sets: sizeof the struct. Later versions only append fields. Fields
 *           that a program does not set must be zero.
 * Errors    `anochat_error *error` may be NULL; else its struct_size must be set, and it gets the status and a text for
 *           people, without keys, names or content.
 * Times     are milliseconds since 1970-01-01 UTC; 0 where there is none. Flags are 0 or 1.
 * Pointers  that may be NULL are named after "@optional"; every other one must point to something.
 */
#ifndef ANOCHAT_H
#define ANOCHAT_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define ANOCHAT_API __declspec(dllimport)
#elif defined(__GNUC__)
#define ANOCHAT_API __attribute__((visibility("default")))
#else
#define ANOCHAT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ----- status ----- */

typedef int32_t anochat_status; /* not an enum: its size must not change */

/* Values are frozen: a new one gets a new number, none is ever reused. */
enum {
  ANOCHAT_OK = 0,
  /* the call */
  ANOCHAT_E_INVALID_ARGUMENT = -1, /* an argument breaks the function's stated precondition, or is no live handle */
  ANOCHAT_E_BUFFER_TOO_SMALL = -2, /* the buffer has less room than needed; nothing was changed */
  ANOCHAT_E_OUT_OF_MEMORY = -3,    /* an allocation failed; nothing was changed */
  ANOCHAT_E_INTERNAL = -4,         /* a bug in this library; please report it */
  ANOCHAT_E_WRONG_STATE = -5,      /* the object cannot do this now */
  ANOCHAT_E_RANDOM_FAILED = -6,    /* the source of randomness failed; nothing was sent or stored */
  /* messages */
  ANOCHAT_E_BAD_MESSAGE = -10,         /* malformed or not authentic; the two are not told apart */
  ANOCHAT_E_REPLAYED = -11,            /* opened before, or its key was already dropped */
  ANOCHAT_E_GAP_TOO_LARGE = -12,       /* more messages are missing before this one than the limit allows */
  ANOCHAT_E_UNSUPPORTED_VERSION = -13, /* a version that this library does not speak */
  ANOCHAT_E_UNSUPPORTED_SUITE = -14,   /* a cipher suite that this library does not speak */
  ANOCHAT_E_TOO_LARGE = -15,           /* over a stated size limit; refused before anything was allocated for it */
  ANOCHAT_E_COUNTER_EXHAUSTED = -16,   /* this session has sent its last message; make a new one */
  ANOCHAT_E_BAD_CONTENT = -17,         /* the content inside an authentic message breaks its own rules */
  /* keys and identities */
  ANOCHAT_E_BAD_KEY = -20,           /* a public key that is not canonical, of low order, or of the wrong length */
  ANOCHAT_E_BAD_SIGNATURE = -21,     /* a signature that does not verify */
  ANOCHAT_E_PREKEY_UNKNOWN = -22,    /* the message names a prekey that is not here: used up, expired or never made */
  ANOCHAT_E_PREKEY_EXPIRED = -23,    /* the prekey or bundle is outside its period of validity */
  ANOCHAT_E_IDENTITY_CHANGED = -24,  /* the peer's identity is not the one known; the caller must decide */
  ANOCHAT_E_SELF_SESSION = -25,      /* the peer is this very device */
  ANOCHAT_E_BAD_ADDRESS = -26,       /* a text that is no address: wrong length, letter or checksum */
  ANOCHAT_E_BAD_BUNDLE = -27,        /* a prekey bundle that is malformed */
  ANOCHAT_E_STALE_DEVICE_LIST = -28, /* a device list older than the one known */
  /* saved state */
  ANOCHAT_E_BAD_STATE = -30,         /* a saved record that is malformed or not authentic */
  ANOCHAT_E_UNSUPPORTED_STATE = -31, /* a saved record of a newer version than this library knows */
  /* storage */
  ANOCHAT_E_WRONG_KEY = -40,      /* no key slot of the store opens with this passphrase or key */
  ANOCHAT_E_NOT_A_STORE = -41,    /* the file is not an AnoChat store */
  ANOCHAT_E_STORE_CORRUPT = -42,  /* the store is damaged */
  ANOCHAT_E_STORE_BUSY = -43,     /* another process or object has the store open */
  ANOCHAT_E_IO_FAILED = -44,      /* the operating system could not read or write */
  ANOCHAT_E_DISK_FULL = -45,      /* no room left on the device */
  ANOCHAT_E_NEWER_FORMAT = -46,   /* the store's file format is newer than this library */
  ANOCHAT_E_NEWER_SCHEMA = -47,   /* the store's schema is newer than this library */
  ANOCHAT_E_ROLLED_BACK = -48,    /* the store is an older copy of itself */
  ANOCHAT_E_READ_ONLY = -49,      /* the store or its folder cannot be written */
  ANOCHAT_E_KDF_POLICY = -50,     /* key-derivation parameters outside the allowed range */
  ANOCHAT_E_NOT_FOUND = -51,      /* no such record */
  ANOCHAT_E_ALREADY_EXISTS = -52, /* a record or file with this name is already there */
  /* network and relay */
  ANOCHAT_E_NETWORK_FAILED = -60, /* no connection, or it was lost */
  ANOCHAT_E_TIMED_OUT = -61,      /* no answer in time */
  ANOCHAT_E_TLS_FAILED = -62,     /* certificate, host name or TLS version not accepted */
  ANOCHAT_E_UNAUTHORISED = -63,   /* login or capability refused */
  ANOCHAT_E_RATE_LIMITED = -64,   /* too many requests; try again later */
  ANOCHAT_E_QUOTA_EXCEEDED = -65, /* the mailbox or account is full */
  /* policy */
  ANOCHAT_E_UNTRUSTED_IDENTITY = -70, /* sending is blocked until the user accepts the changed identity */
  ANOCHAT_E_BLOCKED = -71             /* the peer is blocked, or has not been allowed */
};

/* ----- sizes, in bytes ----- */

#define ANOCHAT_ABI_VERSION 1 /* of this header; grows with every function or field that is added */

#define ANOCHAT_ERROR_TEXT_ROOM 240
#define ANOCHAT_ADDRESS_ROOM 72        /* of an address as text, with its end mark */
#define ANOCHAT_SAFETY_DIGITS_ROOM 61  /* 60 digits and the end mark */
#define ANOCHAT_SAFETY_CODE_ROOM 113   /* for a QR code: 112 characters and the end mark */
#define ANOCHAT_RECOVERY_KEY_ROOM 48   /* 47 characters and the end mark */
#define ANOCHAT_SEED_LEN 32            /* of an account's private key */
#define ANOCHAT_CERTIFICATE_LEN 165
#define ANOCHAT_SAVED_DEVICE_LEN 230
#define ANOCHAT_BUNDLE_MAX 1669        /* of an encoded prekey bundle */
#define ANOCHAT_CONTENT_MAX 65536      /* of what a session encrypts at once */
#define ANOCHAT_MESSAGE_MAX 68999      /* of what a session makes of it */
#define ANOCHAT_SIGNAL_LEN 356
#define ANOCHAT_SIGNAL_CONTENT_MAX 302
#define ANOCHAT_EXPORTED_SECRET_LEN 32
#define ANOCHAT_STATE_KEY_LEN 32
#define ANOCHAT_TEXT_MAX 16384         /* of one message's text; a longer text is an attachment */
#define ANOCHAT_FRAME_MAX 1048576      /* of one frame between client and relay */

/* ----- small things ----- */

typedef struct anochat_account_id { uint8_t bytes[32]; } anochat_account_id; /* frozen: no struct_size */
typedef struct anochat_call_id { uint8_t bytes[16]; } anochat_call_id;       /* frozen */
typedef struct anochat_uid { uint8_t bytes[16]; } anochat_uid;               /* frozen */

typedef struct anochat_error {
  uint32_t struct_size; /* in */
  anochat_status status;
  char text[ANOCHAT_ERROR_TEXT_ROOM]; /* one line of English, with a zero at its end */
} anochat_error;

/* Bytes that the library has allocated. Set struct_size and let the rest be zero; after use call anochat_buf_free(). */
typedef struct anochat_buf {
  uint32_t struct_size; /* in */
  uint32_t reserved;
  uint8_t *data;
  size_t len;
} anochat_buf;

typedef struct anochat_list anochat_list;
typedef struct anochat_account anochat_account; /* the private key of an account */
typedef struct anochat_device anochat_device;   /* one device of an account, with its private keys */
typedef struct anochat_prekeys anochat_prekeys; /* what a device publishes so that others can write while it is away */
typedef struct anochat_session anochat_session; /* one encrypted conversation with one device */
typedef struct anochat_client anochat_client;   /* a whole messenger: store, conversations, trust */
typedef struct anochat_relay anochat_relay;     /* a blind relay without sockets */
typedef struct anochat_server anochat_server;   /* a blind relay with a port */

/* ----- the library ----- */

/** The newest ABI version that the loaded library offers. */
ANOCHAT_API uint32_t anochat_abi_version(void);
/** Whether the loaded library offers what a program was compiled with. Call it once, with ANOCHAT_ABI_VERSION.
 * ANOCHAT_E_UNSUPPORTED_VERSION: the library is older than the header.
 * @optional error */
ANOCHAT_API anochat_status anochat_check_abi(uint32_t header_abi_version, anochat_error *error);
/** "major.minor.patch" of the loaded library. Lives as long as the library. */
ANOCHAT_API const char *anochat_version_text(void);
/** The name of a status without its prefix, such as "bad_message"; "ok"; "unknown" for other numbers. */
ANOCHAT_API const char *anochat_status_name(anochat_status status);
/** A short sentence about a status, for people. */
ANOCHAT_API const char *anochat_status_text(anochat_status status);

/** Wipes and frees the bytes; the struct can be used again. Bytes that this library did not allocate are refused.
 * @optional buf error */
ANOCHAT_API anochat_status anochat_buf_free(anochat_buf *buf, anochat_error *error);

/* ----- addresses and safety numbers ----- */

/** Reads "ano1..." of an account or a device. *device is 0 for an account.
 * @optional device error */
ANOCHAT_API anochat_status anochat_address_parse(const char *text, size_t text_len, anochat_account_id *account,
                                                 uint32_t *device, anochat_error *error);
/** Writes it. ANOCHAT_ADDRESS_ROOM is always enough. @param device  0: the whole account
 * @optional error */
ANOCHAT_API anochat_status anochat_address_format(const anochat_account_id *account, uint32_t device, char *out,
                                                  size_t *out_len, anochat_error *error);

/* ----- Session level: bring your own storage and network -----
 *
 * A session lives in memory. After every call that moves it, save it BEFORE the ciphertext leaves or the message is
 * acknowledged; a copy that is older than the last ciphertext sent must never be used again. anochat_client does all
 * this; use sessions alone only when you bring your own store. */

/** A fresh account. Whoever has it can add devices.
 * @optional error */
ANOCHAT_API anochat_status anochat_account_new(anochat_account **account, anochat_error *error);
/** Restores an account from anochat_account_seed(). @param seed  ANOCHAT_SEED_LEN secret bytes
 * @optional error */
ANOCHAT_API anochat_status anochat_account_load(const uint8_t *seed, size_t seed_len, anochat_account **account,
                                                anochat_error *error);
/** The private key, for a backup: ANOCHAT_SEED_LEN secret bytes.
 * @optional error */
ANOCHAT_API anochat_status anochat_account_seed(const anochat_account *account, uint8_t *out, size_t *out_len,
                                                anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_account_get_id(const anochat_account *account, anochat_account_id *id,
                                                  anochat_error *error);
/** @optional account error */
ANOCHAT_API anochat_status anochat_account_free(anochat_account *account, anochat_error *error);

/** Makes the keys of a device and certifies them. @param number  1 to 2^31 - 1, never given to another device
 * @optional error */
ANOCHAT_API anochat_status anochat_device_new(const anochat_account *account, uint32_t number, anochat_device **device,
                                              anochat_error *error);
/** ANOCHAT_SAVED_DEVICE_LEN secret bytes.
 * @optional error */
ANOCHAT_API anochat_status anochat_device_save(const anochat_device *device, uint8_t *out, size_t *out_len,
                                               anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_device_load(const uint8_t *saved, size_t saved_len, anochat_device **device,
                                               anochat_error *error);
/** The signed public identity: ANOCHAT_CERTIFICATE_LEN bytes.
 * @optional error */
ANOCHAT_API anochat_status anochat_device_certificate(const anochat_device *device, uint8_t *out, size_t *out_len,
                                                      anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_device_address(const anochat_device *device, anochat_account_id *account,
                                                  uint32_t *number, anochat_error *error);
/** @optional device error */
ANOCHAT_API anochat_status anochat_device_free(anochat_device *device, anochat_error *error);

/** A signed and a last-resort prekey, and one-time prekeys. @param one_time_count  0 to 1000, of each kind
 * @optional error */
ANOCHAT_API anochat_status anochat_prekeys_new(const anochat_device *device, uint32_t one_time_count,
                                               anochat_prekeys **prekeys, anochat_error *error);
/** Makes new ones where it is time, and deletes what has expired.
 * @optional error */
ANOCHAT_API anochat_status anochat_prekeys_refill(anochat_prekeys *prekeys, const anochat_device *device,
                                                  uint32_t one_time_count, anochat_error *error);
/** A bundle for one sender, at most ANOCHAT_BUNDLE_MAX bytes, for which there must be room. Uses up a one-time prekey
 * of each kind: save the prekeys before the bundle leaves.
 * @optional error */
ANOCHAT_API anochat_status anochat_prekeys_bundle(anochat_prekeys *prekeys, uint8_t *out, size_t *out_len,
                                                  anochat_error *error);
/** How many one-time prekeys no bundle has taken yet, of the kind of which there are fewer.
 * @optional error */
ANOCHAT_API anochat_status anochat_prekeys_count(const anochat_prekeys *prekeys, size_t *one_time_left,
                                                 anochat_error *error);
/** All of them as secret bytes.
 * @optional error */
ANOCHAT_API anochat_status anochat_prekeys_save(const anochat_prekeys *prekeys, anochat_buf *out, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_prekeys_load(const anochat_device *device, const uint8_t *saved, size_t saved_len,
                                                anochat_prekeys **prekeys, anochat_error *error);
/** @optional prekeys error */
ANOCHAT_API anochat_status anochat_prekeys_free(anochat_prekeys *prekeys, anochat_error *error);

/** Starts a conversation. Verifies that the bundle is that of the device which the user meant.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_initiate(const anochat_device *device, const anochat_account_id *peer,
                                                    uint32_t peer_device, const uint8_t *bundle, size_t bundle_len,
                                                    anochat_session **session, anochat_error *error);
/** Opens the first message of a conversation that the peer has started, and deletes the prekeys that it used: save
 * session and prekeys together. Room for anochat_session_decrypt_bound() bytes is needed.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_accept(const anochat_device *device, anochat_prekeys *prekeys,
                                                  const uint8_t *message, size_t message_len, uint8_t *out,
                                                  size_t *out_len, anochat_session **session, anochat_error *error);
/** Whether a message begins a conversation (*is_initial), and the 32-byte id of the session that it belongs to: when
 * that session is there already, the message is for its anochat_session_decrypt().
 * @optional error */
ANOCHAT_API anochat_status anochat_session_peek(const uint8_t *message, size_t message_len, int32_t *is_initial,
                                                uint8_t *out, size_t *out_len, anochat_error *error);
/** Exactly the bytes that the next anochat_session_encrypt() writes.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_encrypt_bound(const anochat_session *session, size_t content_len,
                                                         size_t *bound, anochat_error *error);
/** Seals 0 to ANOCHAT_CONTENT_MAX bytes and moves the ratchet forward.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_encrypt(anochat_session *session, const uint8_t *content, size_t content_len,
                                                   uint8_t *out, size_t *out_len, anochat_error *error);
/** The most bytes that a message of this length can hold: the room that anochat_session_decrypt() needs.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_decrypt_bound(size_t message_len, size_t *bound, anochat_error *error);
/** Opens one message and moves the ratchet forward. Messages may come in any order, late, twice or never.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_decrypt(anochat_session *session, const uint8_t *message, size_t message_len,
                                                   uint8_t *out, size_t *out_len, anochat_error *error);
/** Whether the message is one for this session.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_recognises(const anochat_session *session, const uint8_t *message,
                                                      size_t message_len, int32_t *is_for_it, anochat_error *error);
/** Seals 0 to ANOCHAT_SIGNAL_CONTENT_MAX bytes that are worth nothing in a minute, as ANOCHAT_SIGNAL_LEN bytes. The
 * ratchet does not move.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_seal_signal(anochat_session *session, const uint8_t *content,
                                                       size_t content_len, uint8_t *out, size_t *out_len,
                                                       anochat_error *error);
/** Needs room for ANOCHAT_SIGNAL_CONTENT_MAX bytes.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_open_signal(anochat_session *session, const uint8_t *message,
                                                       size_t message_len, uint8_t *out, size_t *out_len,
                                                       anochat_error *error);

typedef struct anochat_session_info {
  uint32_t struct_size; /* in */
  uint32_t peer_device;
  anochat_account_id peer;
  uint8_t id[32]; /* the same on both sides */
  int32_t is_initiator;
  int32_t is_answered; /* a message of the peer was opened; until then every message carries the handshake */
  uint64_t pq_epoch;   /* grows as fresh ML-KEM secrets are mixed in */
  uint64_t skipped_key_count;
} anochat_session_info;

/** @optional error */
ANOCHAT_API anochat_status anochat_session_get_info(const anochat_session *session, anochat_session_info *info,
                                                    anochat_error *error);
/** ANOCHAT_EXPORTED_SECRET_LEN bytes that both sides derive and nobody else, for keys of other protocols.
 * @optional context error */
ANOCHAT_API anochat_status anochat_session_export_secret(const anochat_session *session, const char *label,
                                                         size_t label_len, const uint8_t *context, size_t context_len,
                                                         uint8_t *out, size_t *out_len, anochat_error *error);
/** The whole state as secret bytes.
 * @optional error */
ANOCHAT_API anochat_status anochat_session_save(const anochat_session *session, anochat_buf *out, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_session_load(const anochat_device *device, const uint8_t *saved, size_t saved_len,
                                                anochat_session **session, anochat_error *error);
/** The state, encrypted under a key of the caller for a store that does not encrypt. @param key  ANOCHAT_STATE_KEY_LEN
 * @optional error */
ANOCHAT_API anochat_status anochat_session_seal(const anochat_session *session, const uint8_t *key, size_t key_len,
                                                anochat_buf *out, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_session_open(const anochat_device *device, const uint8_t *key, size_t key_len,
                                                const uint8_t *sealed, size_t sealed_len, anochat_session **session,
                                                anochat_error *error);
/** @optional session error */
ANOCHAT_API anochat_status anochat_session_free(anochat_session *session, anochat_error *error);

/* ----- Client level: a whole messenger; bring your own network, or see anochat_client_go_online() ----- */

enum { ANOCHAT_KEY_PASSPHRASE = 1, ANOCHAT_KEY_RAW = 2, ANOCHAT_KEY_RECOVERY = 3, ANOCHAT_KEY_CALLBACK = 4 };

/* Where the key of a store comes from. Nothing of it is kept after the call. Callbacks return ANOCHAT_OK, or a status
 * that the caller of the function gets; inside a callback every function of this library answers
 * ANOCHAT_E_WRONG_STATE. A C++ exception that leaves one is ANOCHAT_E_INTERNAL; never longjmp() out of one. */
typedef struct anochat_key {
  uint32_t struct_size; /* in */
  int32_t kind;         /* ANOCHAT_KEY_* */
  const uint8_t *secret; /* the passphrase, 32 raw bytes, or the text of a recovery key; not for ANOCHAT_KEY_CALLBACK */
  size_t secret_len;
  uint32_t kdf_memory_kib; /* what a new slot's passphrase costs; 0: 65536 */
  uint32_t kdf_passes;     /* 0: 2 */
  /* ANOCHAT_KEY_CALLBACK: a raw key from the platform's keychain */
  anochat_status (*load_key)(void *context, uint8_t key[32]);
  /* A counter kept outside the store, which shows when the store is an older copy of itself. Both or none.
   * *has_value 0: nothing was saved yet. */
  anochat_status (*load_counter)(void *context, uint64_t *value, int32_t *has_value);
  anochat_status (*save_counter)(void *context, uint64_t value);
  void *context;
} anochat_key;

enum { ANOCHAT_LOG_DEBUG = 0, ANOCHAT_LOG_INFO = 1, ANOCHAT_LOG_WARNING = 2, ANOCHAT_LOG_ERROR = 3 };

/* Events without names, keys or content, such as "store.checkpoint" with "pages=12". Called from any thread. Inside it
 * every function of this library answers ANOCHAT_E_WRONG_STATE. Both texts end with a zero and live during the call. A
 * C++ exception that leaves it goes no further. */
typedef void (*anochat_log_function)(void *context, int32_t level, const char *event, const char *fields);

typedef struct anochat_client_options {
  uint32_t struct_size; /* in */
  int32_t no_delivery_receipts;
  int32_t no_read_receipts;
  int32_t allow_strangers;     /* for bots: whoever writes first is allowed at once */
  int32_t block_new_devices;   /* nothing is sent to an account that adds a device until it is accepted */
  int32_t accept_rolled_back;  /* open an older copy of a store all the same */
  uint32_t one_time_prekeys;   /* of each kind kept at the relay, 1 to 100; 0: 100 */
  uint32_t most_events;        /* kept for the application; more are counted as lost; 0: 65536 */
  const char *relay_name;      /* a relay of another name gets no login; NULL: any name will do */
  size_t relay_name_len;
  const char *profile_name;    /* for anochat_client_create(): how the user is shown, 0 to 256 bytes */
  size_t profile_name_len;
  anochat_log_function log;    /* NULL: silence */
  void *log_context;
  int32_t log_level;           /* ANOCHAT_LOG_*: the least that is reported */
  int32_t reserved;
} anochat_client_options;

/** Makes an account with its first device in a new store. @param path  NULL: in memory, gone with the client
 * @optional path key options error */
ANOCHAT_API anochat_status anochat_client_create(const char *path, size_t path_len, const anochat_key *key,
                                                 const anochat_client_options *options, anochat_client **client,
                                                 anochat_error *error);
/** Opens an existing store.
 * @optional options error */
ANOCHAT_API anochat_status anochat_client_open(const char *path, size_t path_len, const anochat_key *key,
                                               const anochat_client_options *options, anochat_client **client,
                                               anochat_error *error);
/** Closes the connection and the store.
 * @optional client error */
ANOCHAT_API anochat_status anochat_client_free(anochat_client *client, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_address(const anochat_client *client, anochat_account_id *account,
                                                  uint32_t *device, anochat_error *error);

/* -- driving it: ANOCHAT_E_WRONG_STATE when the client drives itself (anochat_client_go_online) -- */

/** There is a fresh connection; the relay speaks first.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_connected(anochat_client *client, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_disconnected(anochat_client *client, anochat_error *error);
/** Takes one frame of the relay. On ANOCHAT_E_BAD_MESSAGE or ANOCHAT_E_TOO_LARGE close the connection.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_receive(anochat_client *client, const uint8_t *frame, size_t frame_len,
                                                  anochat_error *error);
/** Frames for the relay, in order; see anochat_list_bytes(). Each is given out once. Ask after every other call.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_outgoing(anochat_client *client, anochat_list **frames, anochat_error *error);
/** When anochat_client_tick() should be called next; 0: nothing is due.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_next_timer(const anochat_client *client, int64_t *at_ms,
                                                     anochat_error *error);
/** Does what is due; harmless at any time.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_tick(anochat_client *client, anochat_error *error);
/** Connected and logged in.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_is_online(const anochat_client *client, int32_t *is_online,
                                                    anochat_error *error);

/* -- events -- */

enum {
  ANOCHAT_EVENT_NONE = 0,
  ANOCHAT_EVENT_MESSAGE_RECEIVED = 1, /* conversation, message, account; flag: by another of our own devices */
  ANOCHAT_EVENT_MESSAGE_EDITED = 2,   /* conversation, message */
  ANOCHAT_EVENT_MESSAGE_DELETED = 3,  /* conversation, message */
  ANOCHAT_EVENT_MESSAGES_EXPIRED = 4, /* messages */
  ANOCHAT_EVENT_REACTIONS_CHANGED = 5,
  ANOCHAT_EVENT_MESSAGE_STATUS = 6,   /* message; value: ANOCHAT_MESSAGE_*; status: why it failed */
  ANOCHAT_EVENT_CONTACT_REQUEST = 7,  /* account, conversation: nothing goes back before anochat_client_allow() */
  ANOCHAT_EVENT_PROFILE_CHANGED = 8,  /* account */
  ANOCHAT_EVENT_TIMER_CHANGED = 9,    /* conversation; value: seconds, 0: messages stay */
  ANOCHAT_EVENT_IDENTITY_CHANGED = 10, /* account, device: sending is blocked */
  ANOCHAT_EVENT_DEVICES_CHANGED = 11, /* account; value: devices */
  ANOCHAT_EVENT_TYPING = 12,          /* conversation, account; flag */
  ANOCHAT_EVENT_PRESENCE = 13,        /* account; value: ANOCHAT_PRESENCE_*; time_ms: last seen */
  ANOCHAT_EVENT_CALL_SIGNAL = 14,     /* conversation, account, call; value: ANOCHAT_CALL_*; media; payload */
  ANOCHAT_EVENT_CALL_MISSED = 15,     /* conversation, account */
  ANOCHAT_EVENT_DECRYPT_FAILURE = 16, /* failure; status: why; value: ANOCHAT_REPAIR_*; account, device if known */
  ANOCHAT_EVENT_FAILURE_REPAIRED = 17, /* failure */
  ANOCHAT_EVENT_STATE_ROLLED_BACK = 18, /* value: sessions that were retired */
  ANOCHAT_EVENT_REDUCED_FORWARD_SECRECY = 19, /* account, device; flag: our own prekeys had run out */
  ANOCHAT_EVENT_ONLINE = 20,
  ANOCHAT_EVENT_OFFLINE = 21,
  ANOCHAT_EVENT_LOGIN_REFUSED = 22, /* status: why */
  ANOCHAT_EVENT_EVENTS_LOST = 23    /* value: so many were not fetched in time; what they told is in the store */
};

typedef struct anochat_event {
  uint32_t struct_size; /* in */
  int32_t kind;         /* ANOCHAT_EVENT_*; fields that the kind does not name are zero */
  int64_t conversation;
  int64_t message;
  int64_t failure;
  int64_t value;
  int64_t time_ms;
  anochat_account_id account;
  anochat_call_id call;
  uint32_t device;
  anochat_status status;
  int32_t flag;
  int32_t media; /* ANOCHAT_MEDIA_*; 0: not told */
  const uint8_t *payload;
  size_t payload_len;
  const int64_t *messages;
  size_t message_count;
} anochat_event;

/** The name of a kind of event, such as "message_received"; "unknown" for other numbers. */
ANOCHAT_API const char *anochat_event_name(int32_t kind);
/** The oldest event, or one of kind ANOCHAT_EVENT_NONE. What it points to lives until the next call of this function on
 * the same client, or until the client is freed.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_poll_event(anochat_client *client, anochat_event *event,
                                                     anochat_error *error);
/** Up to `most` events at once (1 to 65536); see anochat_list_event().
 * @optional error */
ANOCHAT_API anochat_status anochat_client_take_events(anochat_client *client, size_t most, anochat_list **events,
                                                      anochat_error *error);
/** The same, but waits for the first one, for up to timeout_ms. The list is empty when the time is over. Other threads
 * may use the client meanwhile. Only for a client that drives itself.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_wait_events(anochat_client *client, uint32_t timeout_ms, size_t most,
                                                      anochat_list **events, anochat_error *error);
/** A descriptor for poll(2) and its like that can be read while events may wait; for a client that is driven by its
 * application also when there are frames to send. Fetch events until none are left. Do not read or close it; it lasts
 * as long as the client. After anochat_client_go_online() there is another one.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_event_fd(anochat_client *client, int32_t *fd, anochat_error *error);

/* -- writing: conversations and messages are named by numbers of this store, which stay valid across restarts -- */

enum {
  ANOCHAT_MESSAGE_QUEUED = 0,
  ANOCHAT_MESSAGE_SENT = 1,
  ANOCHAT_MESSAGE_DELIVERED = 2,
  ANOCHAT_MESSAGE_READ = 3,
  ANOCHAT_MESSAGE_FAILED = 4,
  ANOCHAT_MESSAGE_RECEIVED = 5
};
enum { ANOCHAT_PRESENCE_ONLINE = 1, ANOCHAT_PRESENCE_AWAY = 2, ANOCHAT_PRESENCE_OFFLINE = 3 };
enum { ANOCHAT_MEDIA_AUDIO = 1, ANOCHAT_MEDIA_VIDEO = 2 };
enum {
  ANOCHAT_CALL_OFFER = 1,
  ANOCHAT_CALL_ANSWER = 2,
  ANOCHAT_CALL_ICE = 3,
  ANOCHAT_CALL_HANGUP = 4,
  ANOCHAT_CALL_BUSY = 5
};

/** The conversation with an account, made when there is none. The own account gives the notes to oneself.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_conversation_with(anochat_client *client, const anochat_account_id *account,
                                                            int64_t *conversation, anochat_error *error);
/** Sends 1 to ANOCHAT_TEXT_MAX bytes, also while offline. When it returns, message and ciphertext are in the store.
 * ANOCHAT_E_UNTRUSTED_IDENTITY: the peer's identity changed. ANOCHAT_E_BLOCKED: the peer is blocked.
 * @optional message error */
ANOCHAT_API anochat_status anochat_client_send_text(anochat_client *client, int64_t conversation, const char *text,
                                                    size_t text_len, int64_t *message, anochat_error *error);

typedef struct anochat_outgoing_text {
  uint32_t struct_size; /* in */
  uint32_t reserved;
  int64_t conversation;
  const char *text;
  size_t text_len;
} anochat_outgoing_text;

/** All of them in one transaction: all or none. Room for `count` (1 to 1000) numbers is needed.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_send_texts(anochat_client *client, const anochat_outgoing_text *texts,
                                                     size_t count, int64_t *messages, size_t messages_room,
                                                     anochat_error *error);
/** Sends a kind of the application's own, such as "com.example/poll".
 * @optional message error */
ANOCHAT_API anochat_status anochat_client_send_custom(anochat_client *client, int64_t conversation, const char *type,
                                                      size_t type_len, const uint8_t *data, size_t data_len,
                                                      int64_t *message, anochat_error *error);

/* Where an encrypted file lies and how to open it. */
typedef struct anochat_attachment {
  uint32_t struct_size; /* in */
  uint32_t width;       /* pixels; 0: no picture, or not told */
  uint32_t height;
  uint32_t reserved;
  uint64_t size;        /* bytes of the file */
  int64_t duration_ms;  /* of a recording */
  uint8_t digest[32];   /* BLAKE2b-256 of the encrypted file */
  uint8_t key[32];      /* secret */
  const uint8_t *blob_id; /* 1 to 128 bytes, as the blob store named it */
  size_t blob_id_len;
  const char *mime_type;
  size_t mime_type_len;
  const char *name; /* no path */
  size_t name_len;
  const char *caption; /* anochat_client_send_attachment() only: a received one is the message's body */
  size_t caption_len;
  const uint8_t *preview;
  size_t preview_len;
} anochat_attachment;

/** @optional message error */
ANOCHAT_API anochat_status anochat_client_send_attachment(anochat_client *client, int64_t conversation,
                                                          const anochat_attachment *attachment, int64_t *message,
                                                          anochat_error *error);
/** @optional message error */
ANOCHAT_API anochat_status anochat_client_reply(anochat_client *client, int64_t to, const char *text, size_t text_len,
                                                int64_t *message, anochat_error *error);
/** Gives an own message another text.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_edit(anochat_client *client, int64_t message, const char *text,
                                               size_t text_len, anochat_error *error);
/** Takes an own message back everywhere.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_remove_for_all(anochat_client *client, int64_t message, anochat_error *error);
/** @param emoji  1 to 64 bytes; @param is_on  0: take it back
 * @optional error */
ANOCHAT_API anochat_status anochat_client_react(anochat_client *client, int64_t message, const char *emoji,
                                                size_t emoji_len, int32_t is_on, anochat_error *error);
/** Everything up to here was read.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_mark_read(anochat_client *client, int64_t conversation, int64_t through,
                                                    anochat_error *error);
/** Messages disappear so many seconds after they were read; 0: they stay.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_set_expire_timer(anochat_client *client, int64_t conversation,
                                                           uint32_t seconds, anochat_error *error);
/** How the user is shown. @param avatar  0 to 32768 bytes of an encoded picture
 * @optional error */
ANOCHAT_API anochat_status anochat_client_set_profile(anochat_client *client, const char *name, size_t name_len,
                                                      const char *about, size_t about_len, const uint8_t *avatar,
                                                      size_t avatar_len, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_set_typing(anochat_client *client, int64_t conversation, int32_t is_typing,
                                                     anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_set_presence(anochat_client *client, int32_t presence, anochat_error *error);
/** Signalling only: the offer is for the peer's media engine.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_start_call(anochat_client *client, int64_t conversation, int32_t media,
                                                     const uint8_t *offer, size_t offer_len, anochat_call_id *call,
                                                     anochat_error *error);
/** An answer, ICE candidates, hang-up or busy.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_signal_call(anochat_client *client, int64_t conversation,
                                                      const anochat_call_id *call, int32_t type, const uint8_t *payload,
                                                      size_t payload_len, anochat_error *error);

/* -- trust -- */

enum {
  ANOCHAT_TRUST_UNKNOWN = 0,
  ANOCHAT_TRUST_FIRST_USE = 1,
  ANOCHAT_TRUST_VERIFIED = 2,
  ANOCHAT_TRUST_CHANGED = 3,
  ANOCHAT_TRUST_BLOCKED = 4
};
enum {
  ANOCHAT_SCAN_MATCH = 0,
  ANOCHAT_SCAN_MISMATCH = 1,   /* somebody may sit between */
  ANOCHAT_SCAN_OWN_CODE = 2,   /* the code that this very side shows */
  ANOCHAT_SCAN_NOT_A_CODE = 3
};

/** Lets an account in: its messages become normal ones, it gets receipts and the own profile.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_allow(anochat_client *client, const anochat_account_id *account,
                                                anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_deny(anochat_client *client, const anochat_account_id *account,
                                               anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_block(anochat_client *client, const anochat_account_id *account,
                                                anochat_error *error);
/** *trust is ANOCHAT_TRUST_*.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_trust(const anochat_client *client, const anochat_account_id *account,
                                                int32_t *trust, anochat_error *error);
/** 60 digits that both sides see alike; ANOCHAT_E_NOT_FOUND before the account is known.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_safety_digits(const anochat_client *client, const anochat_account_id *account,
                                                        char *out, size_t *out_len, anochat_error *error);
/** The same for a QR code: 112 letters and digits.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_safety_code(const anochat_client *client, const anochat_account_id *account,
                                                      char *out, size_t *out_len, anochat_error *error);
/** Compares what was scanned from the other side's screen; *result is ANOCHAT_SCAN_*.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_compare_code(const anochat_client *client, const anochat_account_id *account,
                                                       const char *scanned, size_t scanned_len, int32_t *result,
                                                       anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_mark_verified(anochat_client *client, const anochat_account_id *account,
                                                        anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_accept_identity(anochat_client *client, const anochat_account_id *account,
                                                          anochat_error *error);

/* -- reading; a cursor is text from anochat_list_cursor(), NULL for the first page -- */

enum { ANOCHAT_CONVERSATION_DIRECT = 0, ANOCHAT_CONVERSATION_GROUP = 1, ANOCHAT_CONVERSATION_NOTE_TO_SELF = 2 };
/* anochat_message.kind */
enum { ANOCHAT_KIND_UNKNOWN = 0, ANOCHAT_KIND_TEXT = 16, ANOCHAT_KIND_REPLY = 17, ANOCHAT_KIND_ATTACHMENT = 21,
       ANOCHAT_KIND_TIMER_CHANGE = 28, ANOCHAT_KIND_CUSTOM = 31 };

typedef struct anochat_message {
  uint32_t struct_size; /* in */
  int32_t kind;         /* ANOCHAT_KIND_* */
  int64_t id;           /* a later message of a conversation has a greater one */
  int64_t conversation;
  anochat_uid uid; /* chosen by the sender */
  anochat_account_id sender;
  uint32_t sender_device;
  int32_t is_outgoing;
  int32_t status; /* ANOCHAT_MESSAGE_* */
  anochat_status failure; /* why it failed; 0: it did not */
  int32_t has_reply_to;
  anochat_uid reply_to;
  uint32_t expire_after_s; /* 0: it stays */
  int64_t sent_at_ms;      /* as the sender says */
  int64_t received_at_ms;
  int64_t edited_at_ms;
  int64_t deleted_at_ms;
  int64_t expires_at_ms;
  const char *body; /* the text; not ended by a zero */
  size_t body_len;
  const char *snippet; /* search hits: the part around the first hit; hits stand between U+E000 and U+E001 */
  size_t snippet_len;
} anochat_message;

typedef struct anochat_conversation {
  uint32_t struct_size; /* in */
  int32_t kind;         /* ANOCHAT_CONVERSATION_* */
  int64_t id;
  int64_t last_message; /* 0: none */
  int64_t read_through;
  int64_t unread;
  int64_t created_ms;
  int64_t last_activity_ms;
  int64_t muted_until_ms;
  uint32_t expire_after_s;
  int32_t is_pinned;
  int32_t is_archived;
  int32_t has_account;       /* a direct conversation: with `account` */
  anochat_account_id account;
  const char *title;
  size_t title_len;
  const char *draft;
  size_t draft_len;
} anochat_conversation;

enum { ANOCHAT_CONSENT_UNKNOWN = 0, ANOCHAT_CONSENT_ALLOWED = 1, ANOCHAT_CONSENT_DENIED = 2 };

typedef struct anochat_contact {
  uint32_t struct_size; /* in */
  int32_t consent;      /* ANOCHAT_CONSENT_* */
  anochat_account_id account;
  int64_t created_ms;
  int64_t profile_updated_ms;
  const char *name; /* what the account calls itself */
  size_t name_len;
  const char *local_name; /* what the user calls it */
  size_t local_name_len;
  const uint8_t *avatar;
  size_t avatar_len;
} anochat_contact;

typedef struct anochat_reaction {
  uint32_t struct_size; /* in */
  int32_t is_mine;
  int64_t count;
  int64_t latest_ms;
  const char *emoji;
  size_t emoji_len;
} anochat_reaction;

enum {
  ANOCHAT_OUTCOME_RINGING = 0,
  ANOCHAT_OUTCOME_ANSWERED = 1,
  ANOCHAT_OUTCOME_DECLINED = 2,
  ANOCHAT_OUTCOME_MISSED = 3,
  ANOCHAT_OUTCOME_BUSY = 4,
  ANOCHAT_OUTCOME_FAILED = 5
};

typedef struct anochat_call {
  uint32_t struct_size; /* in */
  int32_t outcome;      /* ANOCHAT_OUTCOME_* */
  int64_t conversation;
  anochat_call_id call;
  anochat_account_id peer;
  int32_t is_outgoing;
  int32_t media; /* ANOCHAT_MEDIA_* */
  int64_t started_ms;
  int64_t answered_ms;
  int64_t ended_ms;
} anochat_call;

typedef struct anochat_stats {
  uint32_t struct_size; /* in */
  uint32_t reserved;
  int64_t conversations;
  int64_t messages;
  int64_t contacts;
  int64_t attachments;
  int64_t outbox;
  int64_t pages; /* of the database */
  int64_t free_pages;
} anochat_stats;

enum {
  ANOCHAT_REPAIR_NONE = 0,
  ANOCHAT_REPAIR_REQUESTED = 1,
  ANOCHAT_REPAIR_REPAIRED = 2,
  ANOCHAT_REPAIR_GIVEN_UP = 3
};

/* Why something is as it is, for people and for support. */
typedef struct anochat_explanation {
  uint32_t struct_size; /* in */
  anochat_status reason;
  int32_t repair; /* ANOCHAT_REPAIR_* */
  int32_t will_be_retried;
  char text[1024]; /* one or two English sentences without user data, with a zero at the end */
} anochat_explanation;

/** Pinned ones first, then the latest activity first. @param limit  1 to 200
 * @optional cursor error */
ANOCHAT_API anochat_status anochat_client_conversations(const anochat_client *client, const char *cursor,
                                                        size_t cursor_len, int32_t limit, anochat_list **conversations,
                                                        anochat_error *error);
/** The newest messages, oldest first. @param limit  1 to 500
 * @optional error */
ANOCHAT_API anochat_status anochat_client_latest(const anochat_client *client, int64_t conversation, int32_t limit,
                                                 anochat_list **messages, anochat_error *error);
/** The page before a cursor.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_before(const anochat_client *client, int64_t conversation, const char *cursor,
                                                 size_t cursor_len, int32_t limit, anochat_list **messages,
                                                 anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_after(const anochat_client *client, int64_t conversation, const char *cursor,
                                                size_t cursor_len, int32_t limit, anochat_list **messages,
                                                anochat_error *error);
/** A message in the middle of its neighbours.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_around(const anochat_client *client, int64_t message, int32_t limit,
                                                 anochat_list **messages, anochat_error *error);
/** A list with the message, or an empty one.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_message(const anochat_client *client, int64_t message,
                                                  anochat_list **messages, anochat_error *error);
/** Type and data of a message of kind ANOCHAT_KIND_CUSTOM.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_custom(const anochat_client *client, int64_t message, anochat_buf *type,
                                                 anochat_buf *data, anochat_error *error);
/** The files of a message; see anochat_list_attachment(). The list holds keys: free it soon, which wipes them.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_attachments(const anochat_client *client, int64_t message,
                                                      anochat_list **attachments, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_reactions(const anochat_client *client, int64_t message,
                                                    anochat_list **reactions, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_contacts(const anochat_client *client, anochat_list **contacts,
                                                   anochat_error *error);
/** Newest first. @param limit  1 to 200
 * @optional cursor error */
ANOCHAT_API anochat_status anochat_client_calls(const anochat_client *client, const char *cursor, size_t cursor_len,
                                                int32_t limit, anochat_list **calls, anochat_error *error);

typedef struct anochat_search_query {
  uint32_t struct_size; /* in */
  int32_t by_relevance; /* 0: newest first */
  int64_t conversation; /* 0: all */
  const anochat_account_id *sender; /* NULL: anybody */
  int64_t from_ms;  /* inclusive; 0: from the beginning */
  int64_t until_ms; /* exclusive; 0: to the end */
  const char *text; /* words; the last one matches as a prefix */
  size_t text_len;
  const char *cursor; /* newest first only */
  size_t cursor_len;
  int32_t limit; /* 1 to 200; 0: 50 */
  int32_t reserved;
} anochat_search_query;

/** Messages with a snippet. Case and diacritics do not matter.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_search(const anochat_client *client, const anochat_search_query *query,
                                                 anochat_list **messages, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_get_stats(const anochat_client *client, anochat_stats *stats,
                                                    anochat_error *error);
/** Why a message has the status that it has.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_explain_message(const anochat_client *client, int64_t message,
                                                          anochat_explanation *explanation, anochat_error *error);
/** Why something could not be opened; for ANOCHAT_EVENT_DECRYPT_FAILURE.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_explain_failure(const anochat_client *client, int64_t failure,
                                                          anochat_explanation *explanation, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_set_muted_until(anochat_client *client, int64_t conversation,
                                                          int64_t until_ms, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_set_pinned(anochat_client *client, int64_t conversation, int32_t is_pinned,
                                                     anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_set_archived(anochat_client *client, int64_t conversation,
                                                       int32_t is_archived, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_set_draft(anochat_client *client, int64_t conversation, const char *draft,
                                                    size_t draft_len, anochat_error *error);

/* -- keys, backup, maintenance -- */

/** A fresh key for paper: ANOCHAT_RECOVERY_KEY_ROOM. Show it once, and add it with ANOCHAT_KEY_RECOVERY.
 * @optional error */
ANOCHAT_API anochat_status anochat_recovery_key_new(char *out, size_t *out_len, anochat_error *error);
/** One more key that opens the store.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_add_key(anochat_client *client, const anochat_key *key, uint32_t *slot,
                                                  anochat_error *error);
/** Another key in place of the one in a slot.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_change_key(anochat_client *client, uint32_t slot, const anochat_key *key,
                                                     anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_remove_key(anochat_client *client, uint32_t slot, anochat_error *error);
/** The slot whose key has opened the store.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_opened_slot(const anochat_client *client, uint32_t *slot,
                                                      anochat_error *error);
/** Copies history, contacts and settings into a new encrypted store with a key of its own. @param with_identity  1:
 * whoever opens the copy is this device
 * @optional error */
ANOCHAT_API anochat_status anochat_client_save_copy(const anochat_client *client, const char *path, size_t path_len,
                                                    const anochat_key *key, int32_t with_identity,
                                                    anochat_error *error);
/** Writes the portable export under a passphrase.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_export(const anochat_client *client, const char *path, size_t path_len,
                                                 const uint8_t *passphrase, size_t passphrase_len,
                                                 int32_t with_identity, anochat_error *error);
/** Reads an export into a new store, which anochat_client_open() then opens.
 * @optional error */
ANOCHAT_API anochat_status anochat_store_import(const char *path, size_t path_len, const uint8_t *passphrase,
                                                size_t passphrase_len, const char *new_path, size_t new_path_len,
                                                const anochat_key *key, anochat_error *error);

typedef struct anochat_check_report {
  uint32_t struct_size; /* in */
  int32_t is_good;
  int64_t page_problems; /* not repairable: restore a copy */
  int64_t broken_references;
  int32_t search_was_damaged;
  int32_t search_was_rebuilt;
} anochat_check_report;

/** Looks the store over and builds damaged search indexes anew. @param full  1: indexes too, row by row
 * @optional error */
ANOCHAT_API anochat_status anochat_client_check(anochat_client *client, int32_t full, anochat_check_report *report,
                                                anochat_error *error);
/** Merges indexes and folds the log of changes into the file. @param vacuum  1: rewrites the file without holes
 * @optional error */
ANOCHAT_API anochat_status anochat_client_compact(anochat_client *client, int32_t vacuum, anochat_error *error);

/* ----- lists ----- */

enum { ANOCHAT_CURSOR_NEXT = 0, ANOCHAT_CURSOR_OLDER = 1, ANOCHAT_CURSOR_NEWER = 2 };

/** @optional error */
ANOCHAT_API anochat_status anochat_list_count(const anochat_list *list, size_t *count, anochat_error *error);
/** Where the next page begins; *cursor is NULL when there is none. Messages have OLDER and NEWER, other lists NEXT.
 * @optional error */
ANOCHAT_API anochat_status anochat_list_cursor(const anochat_list *list, int32_t which, const char **cursor,
                                               size_t *cursor_len, anochat_error *error);
/** One frame. The accessors refuse a list of another kind and an index that is not below the count.
 * @optional error */
ANOCHAT_API anochat_status anochat_list_bytes(const anochat_list *list, size_t index, const uint8_t **data,
                                              size_t *data_len, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_list_event(const anochat_list *list, size_t index, anochat_event *event,
                                              anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_list_message(const anochat_list *list, size_t index, anochat_message *message,
                                                anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_list_conversation(const anochat_list *list, size_t index,
                                                     anochat_conversation *conversation, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_list_attachment(const anochat_list *list, size_t index,
                                                   anochat_attachment *attachment, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_list_reaction(const anochat_list *list, size_t index, anochat_reaction *reaction,
                                                 anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_list_contact(const anochat_list *list, size_t index, anochat_contact *contact,
                                                anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_list_call(const anochat_list *list, size_t index, anochat_call *call,
                                             anochat_error *error);
/** @optional list error */
ANOCHAT_API anochat_status anochat_list_free(anochat_list *list, anochat_error *error);

/* ----- Network level: the client keeps itself connected -----
 *
 * A library that was built without it answers ANOCHAT_E_WRONG_STATE. */

typedef struct anochat_network_options {
  uint32_t struct_size; /* in */
  int32_t allow_plain;  /* ws:// to other machines */
  const char *relay;    /* "wss://host[:port][/path]", or "ws://127.0.0.1:port" on this machine */
  size_t relay_len;
  const char *ca_file; /* PEM certificates that are trusted instead of the system's */
  size_t ca_file_len;
  const char *pin; /* "sha256/<base64>" of the relay's public key */
  size_t pin_len;
  const char *proxy; /* "http://host:port" */
  size_t proxy_len;
  uint32_t connect_timeout_ms; /* 0: 20000 */
  uint32_t login_timeout_ms;   /* 0: 20000 */
  uint32_t keep_alive_ms;      /* 0: 25000 */
  uint32_t close_timeout_ms;   /* 0: 2000 */
} anochat_network_options;

enum {
  ANOCHAT_PHASE_CONNECTING = 0,
  ANOCHAT_PHASE_LOGGING_IN = 1,
  ANOCHAT_PHASE_ONLINE = 2,
  ANOCHAT_PHASE_WAITING = 3,
  ANOCHAT_PHASE_STOPPED = 4,
  ANOCHAT_PHASE_SELF_DRIVEN = 5 /* no anochat_client_go_online() yet */
};

typedef struct anochat_connection_state {
  uint32_t struct_size; /* in */
  int32_t phase;        /* ANOCHAT_PHASE_* */
  uint64_t attempts;    /* since the connection was last good */
  int64_t next_attempt_ms; /* from now; -1: none is planned */
  anochat_status failure;  /* why the last connection failed or ended; 0: it did not */
  char failure_text[ANOCHAT_ERROR_TEXT_ROOM];
} anochat_connection_state;

/** From now on the client has a thread, keeps itself connected, and sends what its calls make. For good: a client does
 * not go back to being driven.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_go_online(anochat_client *client, const anochat_network_options *options,
                                                    anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_client_get_connection(const anochat_client *client, anochat_connection_state *state,
                                                         anochat_error *error);
/** *is_online is 0 when the time is over.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_wait_online(anochat_client *client, uint32_t timeout_ms, int32_t *is_online,
                                                      anochat_error *error);
/** Ends a pause between attempts, for an application that knows that the network is back.
 * @optional error */
ANOCHAT_API anochat_status anochat_client_reconnect(anochat_client *client, anochat_error *error);

/* ----- Relay: frames in, frames out, no socket; it never can read a message ----- */

typedef struct anochat_relay_options {
  uint32_t struct_size; /* in */
  int32_t registration_closed;
  const char *name; /* logins are signed for it; NULL: "relay" */
  size_t name_len;
  const char *store_path; /* a SQLite file, made when there is none; NULL: in memory */
  size_t store_path_len;
  uint64_t most_connections; /* 0: 100000 */
  uint32_t mailbox_envelopes; /* that one device's mailbox holds; 0: 10000 */
  uint32_t lifetime_hours;    /* of an envelope; 0: 744 */
  anochat_log_function log;
  void *log_context;
  int32_t log_level;
  int32_t reserved;
} anochat_relay_options;

/** @optional options error */
ANOCHAT_API anochat_status anochat_relay_new(const anochat_relay_options *options, anochat_relay **relay,
                                             anochat_error *error);
/** @optional relay error */
ANOCHAT_API anochat_status anochat_relay_free(anochat_relay *relay, anochat_error *error);
/** A new connection. @param address_class  what addresses of one owner have in common, such as an IPv4 /24; 0 to 64
 * bytes
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_open(anochat_relay *relay, const uint8_t *address_class,
                                              size_t address_class_len, uint64_t *connection, anochat_error *error);
/** The other side is gone.
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_close(anochat_relay *relay, uint64_t connection, anochat_error *error);
/** Whether it is open, and whether it wants to be read from.
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_is_open(const anochat_relay *relay, uint64_t connection, int32_t *is_open,
                                                 int32_t *wants_input, anochat_error *error);
/** One frame from a client. What is none closes the connection after a last answer.
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_receive(anochat_relay *relay, uint64_t connection, const uint8_t *frame,
                                                 size_t frame_len, anochat_error *error);
/** Frames for a client, in order, about most_bytes of them; see anochat_list_bytes().
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_take(anochat_relay *relay, uint64_t connection, size_t most_bytes,
                                              anochat_list **frames, anochat_error *error);
/** Connections that have something to take or were closed, each once: as many as there is room for. *count: in, room
 * for so many (at least 1); out, how many were written. Call again until it is 0.
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_ready(anochat_relay *relay, uint64_t *connections, size_t *count,
                                               anochat_error *error);
/** Commits what was received: call it when no more input is waiting.
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_flush(anochat_relay *relay, anochat_error *error);
/** Deadlines and what has expired: call it every few milliseconds.
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_tick(anochat_relay *relay, anochat_error *error);
/** Opens nothing any more, and tells everybody to come back after a random part of within_ms.
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_drain(anochat_relay *relay, uint32_t within_ms, anochat_error *error);
/** Figures in the Prometheus text format, and whether the relay is ready for connections.
 * @optional error */
ANOCHAT_API anochat_status anochat_relay_metrics(const anochat_relay *relay, anochat_buf *text, int32_t *is_ready,
                                                 anochat_error *error);

/* ----- Relay with a port (network level) ----- */

typedef struct anochat_server_options {
  uint32_t struct_size; /* in */
  int32_t allow_plain;  /* without TLS on more than this machine's loopback: behind a proxy that has TLS */
  const char *address;  /* numeric; NULL: "127.0.0.1" */
  size_t address_len;
  const char *certificate_file; /* PEM; with key_file: TLS 1.3 */
  size_t certificate_file_len;
  const char *key_file; /* PEM */
  size_t key_file_len;
  const anochat_relay_options *relay; /* NULL: as it comes */
  uint32_t port;                      /* 0: the system chooses */
  uint32_t reserved;
} anochat_server_options;

/** Listens when it returns, and answers GET /healthz, /readyz and /metrics on the same port.
 * @optional error */
ANOCHAT_API anochat_status anochat_server_new(const anochat_server_options *options, anochat_server **server,
                                              anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_server_port(const anochat_server *server, uint32_t *port, anochat_error *error);
/** Takes no new connections, tells every client to come back after a random part of come_back_ms, and closes them.
 * *is_done is 0 when some were left after deadline_ms.
 * @optional error */
ANOCHAT_API anochat_status anochat_server_drain(anochat_server *server, uint32_t come_back_ms, uint32_t deadline_ms,
                                                int32_t *is_done, anochat_error *error);
/** @optional error */
ANOCHAT_API anochat_status anochat_server_metrics(const anochat_server *server, anochat_buf *text,
                                                  anochat_error *error);
/** Stops and frees it.
 * @optional server error */
ANOCHAT_API anochat_status anochat_server_free(anochat_server *server, anochat_error *error);

#ifdef __cplusplus
}
#endif

#endif /* ANOCHAT_H */
