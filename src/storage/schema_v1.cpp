#include "storage/schema.hpp"

// The first schema. A released step is never edited: a change is a new step in schema.cpp. docs/storage-schema.md says
// what each table is for.

namespace anochat::storage::detail {

const char* const kSchemaV1 = R"sql(
CREATE TABLE meta(name TEXT PRIMARY KEY, number INTEGER, bytes BLOB) STRICT, WITHOUT ROWID;
CREATE TABLE cursors(name TEXT PRIMARY KEY, value BLOB NOT NULL, updated INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- people and their devices ------------------------------------------------------------------------------------------
CREATE TABLE contacts(
  account BLOB PRIMARY KEY CHECK(length(account) = 32),
  consent INTEGER NOT NULL DEFAULT 0 CHECK(consent BETWEEN 0 AND 2),
  name TEXT NOT NULL DEFAULT '', local_name TEXT NOT NULL DEFAULT '', avatar BLOB, profile_updated INTEGER,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE device_lists(
  account BLOB PRIMARY KEY CHECK(length(account) = 32),
  version INTEGER NOT NULL CHECK(version > 0), signed_list BLOB NOT NULL, received INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE identities(
  account BLOB NOT NULL CHECK(length(account) = 32), device INTEGER NOT NULL CHECK(device BETWEEN 0 AND 4294967295),
  public_key BLOB NOT NULL, private_key BLOB, trust INTEGER NOT NULL CHECK(trust BETWEEN 0 AND 3),
  first_seen INTEGER NOT NULL, changed INTEGER, is_self INTEGER NOT NULL DEFAULT 0 CHECK(is_self IN (0, 1)),
  PRIMARY KEY(account, device)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identities_self ON identities(is_self) WHERE is_self = 1;

-- keys and sessions -------------------------------------------------------------------------------------------------
CREATE TABLE prekeys(
  kind INTEGER NOT NULL CHECK(kind BETWEEN 0 AND 3), id INTEGER NOT NULL CHECK(id BETWEEN 1 AND 4294967295),
  private_key BLOB NOT NULL, public_key BLOB NOT NULL, signature BLOB NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL, published INTEGER,
  PRIMARY KEY(kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX prekeys_by_expiry ON prekeys(expires);
CREATE TABLE prekey_replays(
  session_id BLOB PRIMARY KEY CHECK(length(session_id) = 32), expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX prekey_replays_by_expiry ON prekey_replays(expires);
CREATE TABLE sessions(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account BLOB NOT NULL CHECK(length(account) = 32), device INTEGER NOT NULL,
  session_id BLOB NOT NULL UNIQUE CHECK(length(session_id) = 32),
  state BLOB NOT NULL, status INTEGER NOT NULL CHECK(status IN (0, 1)),
  created INTEGER NOT NULL, last_used INTEGER NOT NULL, archived INTEGER, unanswered_since INTEGER
) STRICT;
CREATE INDEX sessions_by_device ON sessions(account, device, status);
CREATE UNIQUE INDEX sessions_one_active ON sessions(account, device) WHERE status = 0;
CREATE TABLE skipped_keys(
  session INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK(length(id) = 13), rest BLOB NOT NULL, created INTEGER NOT NULL,
  PRIMARY KEY(session, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX skipped_keys_by_age ON skipped_keys(created);

-- conversations and what is in them ---------------------------------------------------------------------------------
CREATE TABLE conversations(
  id INTEGER PRIMARY KEY AUTOINCREMENT CHECK(id BETWEEN 1 AND 4194303),
  uid BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL CHECK(kind BETWEEN 0 AND 2),
  title TEXT NOT NULL DEFAULT '', created INTEGER NOT NULL, last_message INTEGER, last_activity INTEGER NOT NULL,
  unread INTEGER NOT NULL DEFAULT 0 CHECK(unread >= 0), read_through INTEGER NOT NULL DEFAULT 0,
  muted_until INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
  expire_after INTEGER NOT NULL DEFAULT 0, draft TEXT NOT NULL DEFAULT '', draft_updated INTEGER
) STRICT;
CREATE INDEX conversations_in_order ON conversations(archived, pinned DESC, last_activity DESC, id DESC);
CREATE TABLE members(
  conversation INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
  account BLOB NOT NULL CHECK(length(account) = 32),
  role INTEGER NOT NULL DEFAULT 0, joined INTEGER NOT NULL, departed INTEGER,
  PRIMARY KEY(conversation, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_account ON members(account);
CREATE TABLE group_states(
  conversation INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
  epoch INTEGER NOT NULL, state BLOB NOT NULL, created INTEGER NOT NULL,
  PRIMARY KEY(conversation, epoch)
) STRICT, WITHOUT ROWID;

-- id = conversation << 41 | milliseconds since 2020, so that one conversation's history is one run of the table
CREATE TABLE messages(
  id INTEGER PRIMARY KEY,
  uid BLOB NOT NULL CHECK(length(uid) = 16), sender BLOB NOT NULL CHECK(length(sender) = 32),
  sender_device INTEGER NOT NULL, is_outgoing INTEGER NOT NULL CHECK(is_outgoing IN (0, 1)),
  kind INTEGER NOT NULL, body TEXT NOT NULL, substring_indexed INTEGER NOT NULL DEFAULT 0, payload BLOB,
  sent_at INTEGER NOT NULL, received_at INTEGER NOT NULL,
  reply_to BLOB, edited_at INTEGER, deleted_at INTEGER,
  expire_after INTEGER NOT NULL DEFAULT 0, expires_at INTEGER,
  status INTEGER NOT NULL CHECK(status BETWEEN 0 AND 5), failure INTEGER,
  counts_as_unread INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX messages_by_uid ON messages(uid, sender, id >> 41);
CREATE INDEX messages_expiring ON messages(expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX messages_substring ON messages(id) WHERE substring_indexed = 1;
CREATE INDEX messages_not_sent ON messages(id) WHERE is_outgoing = 1 AND status IN (0, 4);
CREATE TABLE reactions(
  message INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
  account BLOB NOT NULL CHECK(length(account) = 32), emoji TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(message, account, emoji)
) STRICT, WITHOUT ROWID;
CREATE TABLE receipts(
  conversation INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
  account BLOB NOT NULL CHECK(length(account) = 32),
  delivered_through INTEGER NOT NULL DEFAULT 0, read_through INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(conversation, account)
) STRICT, WITHOUT ROWID;
CREATE TABLE receipt_details(
  message INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
  account BLOB NOT NULL CHECK(length(account) = 32), delivered INTEGER, read INTEGER,
  PRIMARY KEY(message, account)
) STRICT, WITHOUT ROWID;
CREATE TABLE attachments(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE, position INTEGER NOT NULL,
  name TEXT NOT NULL, mime TEXT NOT NULL, size INTEGER NOT NULL,
  width INTEGER NOT NULL DEFAULT 0, height INTEGER NOT NULL DEFAULT 0, duration_ms INTEGER NOT NULL DEFAULT 0,
  key BLOB NOT NULL CHECK(length(key) = 32), digest BLOB NOT NULL CHECK(length(digest) = 32),
  remote_ref BLOB, local_name TEXT, preview BLOB,
  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 4), bytes_done INTEGER NOT NULL DEFAULT 0,
  UNIQUE(message, position)
) STRICT;

-- search: external content, rebuilt from the messages when damaged. search_index.cpp keeps it in step: triggers cannot,
-- because SQLite 3.40 calls full-text tables unsafe inside a schema that is not trusted.
CREATE VIRTUAL TABLE messages_fts USING fts5(
  body, content='messages', content_rowid='id', tokenize="unicode61 remove_diacritics 2");
CREATE VIEW messages_unspaced AS SELECT id, body FROM messages WHERE substring_indexed = 1;
CREATE VIRTUAL TABLE messages_trigrams USING fts5(
  body, content='messages_unspaced', content_rowid='id', tokenize='trigram');

-- the way out and the way in ----------------------------------------------------------------------------------------
CREATE TABLE outbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  envelope_id BLOB NOT NULL UNIQUE CHECK(length(envelope_id) = 16),
  message INTEGER, account BLOB NOT NULL CHECK(length(account) = 32), device INTEGER NOT NULL,
  mailbox BLOB NOT NULL, envelope BLOB NOT NULL, state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 2),
  attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox(state, next_at, id);
CREATE INDEX outbox_by_message ON outbox(message) WHERE message IS NOT NULL;
CREATE TABLE pending_sends(
  id INTEGER PRIMARY KEY AUTOINCREMENT, account BLOB NOT NULL CHECK(length(account) = 32), device INTEGER,
  message INTEGER, content BLOB NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_sends_by_account ON pending_sends(account, id);
CREATE TABLE resend_log(
  id INTEGER PRIMARY KEY AUTOINCREMENT, account BLOB NOT NULL CHECK(length(account) = 32), device INTEGER NOT NULL,
  envelope_id BLOB NOT NULL CHECK(length(envelope_id) = 16), message INTEGER, content BLOB NOT NULL,
  created INTEGER NOT NULL, UNIQUE(account, device, envelope_id)
) STRICT;
CREATE INDEX resend_log_by_age ON resend_log(created);
CREATE TABLE inbox_seen(
  hash BLOB PRIMARY KEY CHECK(length(hash) = 32), at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_seen_by_age ON inbox_seen(at);
CREATE TABLE decrypt_failures(
  id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE CHECK(length(hash) = 32),
  account BLOB, device INTEGER, reason INTEGER NOT NULL, repair INTEGER NOT NULL CHECK(repair BETWEEN 0 AND 3),
  attempts INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL, repair_at INTEGER, repaired_at INTEGER
) STRICT;
CREATE INDEX decrypt_failures_by_device ON decrypt_failures(account, device, at);

-- calls and local figures -------------------------------------------------------------------------------------------
CREATE TABLE calls(
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid BLOB NOT NULL CHECK(length(uid) = 16),
  conversation INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
  peer BLOB NOT NULL CHECK(length(peer) = 32), is_outgoing INTEGER NOT NULL, media INTEGER NOT NULL,
  outcome INTEGER NOT NULL CHECK(outcome BETWEEN 0 AND 5), started INTEGER NOT NULL, answered INTEGER, ended INTEGER,
  seen INTEGER NOT NULL DEFAULT 0, UNIQUE(conversation, uid)
) STRICT;
CREATE INDEX calls_in_order ON calls(started DESC, id DESC);
CREATE INDEX calls_missed ON calls(id) WHERE outcome = 3 AND seen = 0;
CREATE TABLE stats_daily(
  day INTEGER NOT NULL, conversation INTEGER NOT NULL, metric INTEGER NOT NULL, value INTEGER NOT NULL,
  PRIMARY KEY(day, conversation, metric)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace anochat::storage::detail
