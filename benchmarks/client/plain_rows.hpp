// benchmarks/client/plain_rows.hpp - what a client writes for one message, as an ordinary SQLite program would write it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <cstdint>
#include <string>

namespace bench {

/// The rows of a client without its cryptography: message, search index, conversation, session, outbox, resend log, inbox.
/// WAL and synchronous=FULL, as the store has it.
class PlainRows {
 public:
  explicit PlainRows(const std::string& path);

  void send(int count);     ///< `count` messages in one transaction
  void receive(int count);  ///< the same for incoming ones, each with a delivery receipt in the outbox
  void clear_outbox();

 private:
  void add_message(bool is_outgoing);
  void save_session();
  void add_outbox();

  SQLite::Database db_;
  SQLite::Statement message_;
  SQLite::Statement index_;
  SQLite::Statement conversation_;
  SQLite::Statement session_;
  SQLite::Statement outbox_;
  SQLite::Statement resend_;
  SQLite::Statement inbox_;
  std::int64_t next_ = 1;
};

}  // namespace bench
