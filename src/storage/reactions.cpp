#include <anochat/storage/reactions.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"

namespace anochat::storage {

// A reaction that was taken back stays as a row with its time below zero, so that an older one that arrives late is known to
// be older.

bool Reactions::add(MessageId message, const AccountId& account, std::string_view emoji, UnixTime at) {
  if (emoji.empty() || emoji.size() > 64) throw Error(Errc::invalid_argument, "reactions.add");
  db().query("INSERT INTO reactions(message, account, emoji, at) VALUES(?1, ?2, ?3, ?4) "
             "ON CONFLICT DO UPDATE SET at = ?4 WHERE CASE WHEN at < 0 THEN -at <= ?4 ELSE at < ?4 END")
      .bind(message, account, emoji, at)
      .run();
  return db().changes() != 0;
}

bool Reactions::remove(MessageId message, const AccountId& account, std::string_view emoji, UnixTime at) {
  if (emoji.empty() || emoji.size() > 64) throw Error(Errc::invalid_argument, "reactions.remove");
  const auto removed = -at.time_since_epoch().count();
  bool was_there = false;
  {
    auto row = db().query("SELECT at > 0 FROM reactions WHERE message = ?1 AND account = ?2 AND emoji = ?3");
    was_there = row.bind(message, account, emoji).step() && row.flag(0);
  }
  db().query("INSERT INTO reactions(message, account, emoji, at) VALUES(?1, ?2, ?3, ?4) "
             "ON CONFLICT DO UPDATE SET at = ?4 WHERE abs(at) <= -?4")
      .bind(message, account, emoji, removed)
      .run();
  return was_there && db().changes() != 0;
}

std::vector<Reaction> Reactions::of(MessageId message, const AccountId& me) const {
  auto row = db().query("SELECT emoji, count(*), max(account = ?2), max(at) FROM reactions WHERE message = ?1 AND at > 0 "
                        "GROUP BY emoji ORDER BY count(*) DESC, min(at), emoji");
  row.bind(message, me);
  std::vector<Reaction> out;
  while (row.step()) out.push_back({row.text(0), row.i64(1), row.flag(2), row.time(3)});
  return out;
}

std::vector<AccountId> Reactions::who(MessageId message, std::string_view emoji) const {
  auto row = db().query("SELECT account FROM reactions WHERE message = ?1 AND emoji = ?2 AND at > 0 ORDER BY at, account");
  row.bind(message, emoji);
  std::vector<AccountId> out;
  while (row.step()) out.push_back(row.array<32>(0));
  return out;
}

}  // namespace anochat::storage
