#include "storage/message_rows.hpp"

#include <anochat/base/error.hpp>

namespace anochat::storage::detail {
namespace {

bool is_taken(Connection& db, std::int64_t id) {
  return db.query("SELECT 1 FROM messages WHERE id = ?1").bind(id).step();
}

}  // namespace

std::int64_t free_id(Connection& db, ConversationId conversation, UnixTime at) {
  const std::int64_t ms = at.time_since_epoch().count() - kEpochMs;
  if (ms < 0 || ms >= std::int64_t{1} << kTimeBits) throw Error(Errc::invalid_argument, "messages.insert");
  const std::int64_t wished = first_id_of(conversation) | ms;
  if (!is_taken(db, wished)) return wished;
  // Gallop: a run of n messages in one millisecond costs 2 log n look-ups, not n.
  const std::int64_t last = last_id_of(conversation);
  std::int64_t taken = wished;
  std::int64_t step = 1;
  while (taken + step <= last && is_taken(db, taken + step)) {
    taken += step;
    step *= 2;
  }
  std::int64_t open = taken + step;
  if (open > last) throw Error(Errc::invalid_argument, "messages.insert");
  while (open - taken > 1) {
    const std::int64_t middle = taken + (open - taken) / 2;
    (is_taken(db, middle) ? taken : open) = middle;
  }
  return open;
}

Message read_message(const Query& row) {
  Message out;
  out.id = row.as<MessageId>(0);
  out.conversation = conversation_of(row.i64(0));
  out.uid = row.array<16>(1);
  out.sender = {row.array<32>(2), row.as<DeviceNumber>(3)};
  out.is_outgoing = row.flag(4);
  out.kind = row.as<std::int32_t>(5);
  out.body = row.text(6);
  out.payload = row.optional_bytes(7);
  out.sent_at = row.time(8);
  out.received_at = row.time(9);
  out.reply_to = row.optional_array<16>(10);
  out.edited_at = row.optional_time(11);
  out.deleted_at = row.optional_time(12);
  out.expire_after = std::chrono::seconds{row.i64(13)};
  out.expires_at = row.optional_time(14);
  out.status = row.as<MessageStatus>(15);
  out.failure = row.optional_as<std::int32_t>(16);
  return out;
}

}  // namespace anochat::storage::detail
