#include "plain_rows.hpp"

namespace bench {
namespace {

constexpr int kState = 1'200;    // bytes of a session
constexpr int kEnvelope = 480;   // bytes of a short message on the wire
constexpr int kContent = 160;    // bytes of a short content

SQLite::Database open(const std::string& path) {
  SQLite::Database db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
          "CREATE TABLE messages(id INTEGER PRIMARY KEY, conversation INTEGER, uid BLOB, sender BLOB, outgoing INTEGER, kind INTEGER,"
          " body TEXT, sent INTEGER, received INTEGER, status INTEGER);"
          "CREATE UNIQUE INDEX by_uid ON messages(conversation, sender, uid);"
          "CREATE VIRTUAL TABLE words USING fts5(body, content='');"
          "CREATE TABLE conversations(id INTEGER PRIMARY KEY, last INTEGER, activity INTEGER, unread INTEGER);"
          "INSERT INTO conversations VALUES(1, 0, 0, 0);"
          "CREATE TABLE sessions(id INTEGER PRIMARY KEY, state BLOB, used INTEGER);"
          "INSERT INTO sessions VALUES(1, zeroblob(1200), 0);"
          "CREATE TABLE outbox(id INTEGER PRIMARY KEY, envelope_id BLOB UNIQUE, message INTEGER, recipient BLOB, mailbox BLOB,"
          " envelope BLOB, next INTEGER);"
          "CREATE TABLE resend(recipient BLOB, envelope_id BLOB, content BLOB, at INTEGER, PRIMARY KEY(recipient, envelope_id));"
          "CREATE TABLE inbox(hash BLOB PRIMARY KEY, at INTEGER) WITHOUT ROWID;");
  return db;
}

}  // namespace

PlainRows::PlainRows(const std::string& path)
    : db_(open(path)),
      message_(db_, "INSERT INTO messages VALUES(?1, 1, randomblob(16), zeroblob(36), ?2, 1, ?3, ?1, ?1, 0)"),
      index_(db_, "INSERT INTO words(rowid, body) VALUES(?1, ?2)"),
      conversation_(db_, "UPDATE conversations SET last = ?1, activity = ?1, unread = unread + 1 WHERE id = 1"),
      session_(db_, "UPDATE sessions SET state = randomblob(?1), used = ?2 WHERE id = 1"),
      outbox_(db_, "INSERT INTO outbox VALUES(NULL, randomblob(16), ?1, zeroblob(36), zeroblob(32), randomblob(?2), ?1)"),
      resend_(db_, "INSERT INTO resend VALUES(zeroblob(36), randomblob(16), randomblob(?1), ?2)"),
      inbox_(db_, "INSERT INTO inbox VALUES(randomblob(32), ?1)") {}

void PlainRows::add_message(bool is_outgoing) {
  const std::string body = "message number " + std::to_string(next_) + ", about as long as people write";
  message_.bind(1, next_);
  message_.bind(2, is_outgoing ? 1 : 0);
  message_.bind(3, body);
  index_.bind(1, next_);
  index_.bind(2, body);
  conversation_.bind(1, next_++);
  for (SQLite::Statement* statement : {&message_, &index_, &conversation_}) {
    statement->exec();
    statement->reset();
  }
}

void PlainRows::save_session() {
  session_.bind(1, kState);
  session_.bind(2, next_);
  session_.exec();
  session_.reset();
}

void PlainRows::add_outbox() {
  outbox_.bind(1, next_);
  outbox_.bind(2, kEnvelope);
  outbox_.exec();
  outbox_.reset();
}

void PlainRows::send(int count) {
  SQLite::Transaction transaction(db_);
  for (int i = 0; i < count; ++i) {
    add_message(/*is_outgoing=*/true);
    save_session();
    add_outbox();
    resend_.bind(1, kContent);
    resend_.bind(2, next_);
    resend_.exec();
    resend_.reset();
  }
  transaction.commit();
}

void PlainRows::receive(int count) {
  SQLite::Transaction transaction(db_);
  for (int i = 0; i < count; ++i) {
    add_message(/*is_outgoing=*/false);
    save_session();
    inbox_.bind(1, next_);
    inbox_.exec();
    inbox_.reset();
  }
  save_session();
  add_outbox();  // one receipt names them all
  transaction.commit();
}

void PlainRows::clear_outbox() { db_.exec("DELETE FROM outbox"); }

}  // namespace bench
