#include <anochat/storage/reactions.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"

namespace anochat::storage {

bool Reactions::add(MessageId message, const AccountId& account, std::string_view emoji, UnixTime at) {
  if (emoji.empty() || emoji.size() > 64) throw Error(Errc::invalid_argument, "reactions.add");
  db().query("INSERT INTO reactions(message, account, emoji, at) VALUES(?1, ?2, ?3, ?4) "
             "ON CONFLICT DO UPDATE SET at = ?4 WHERE at < ?4")
      .bind(message, account, emoji, at)
      .run();
  return db().changes() != 0;
}

bool Reactions::remove(MessageId message, const AccountId& account, std::string_view emoji) {
  db().query("DELETE FROM reactions WHERE message = ?1 AND account = ?2 AND emoji = ?3")
      .bind(message, account, emoji)
      .run();
  return db().changes() != 0;
}

std::vector<Reaction> Reactions::of(MessageId message, const AccountId& me) const {
  auto row = db().query("SELECT emoji, count(*), max(account = ?2), max(at) FROM reactions WHERE message = ?1 "
                        "GROUP BY emoji ORDER BY count(*) DESC, min(at), emoji");
  row.bind(message, me);
  std::vector<Reaction> out;
  while (row.step()) out.push_back({row.text(0), row.i64(1), row.flag(2), row.time(3)});
  return out;
}

std::vector<AccountId> Reactions::who(MessageId message, std::string_view emoji) const {
  auto row = db().query("SELECT account FROM reactions WHERE message = ?1 AND emoji = ?2 ORDER BY at, account");
  row.bind(message, emoji);
  std::vector<AccountId> out;
  while (row.step()) out.push_back(row.array<32>(0));
  return out;
}

}  // namespace anochat::storage
