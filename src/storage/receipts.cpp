#include <anochat/storage/receipts.hpp>

#include "storage/connection.hpp"

namespace anochat::storage {

bool Receipts::set_delivered(ConversationId conversation, const AccountId& account, MessageId through) {
  db().query("INSERT INTO receipts(conversation, account, delivered_through) VALUES(?1, ?2, ?3) "
             "ON CONFLICT DO UPDATE SET delivered_through = ?3 WHERE delivered_through < ?3")
      .bind(conversation, account, through)
      .run();
  return db().changes() != 0;
}

bool Receipts::set_read(ConversationId conversation, const AccountId& account, MessageId through) {
  db().query("INSERT INTO receipts(conversation, account, delivered_through, read_through) VALUES(?1, ?2, ?3, ?3) "
             "ON CONFLICT DO UPDATE SET read_through = ?3, delivered_through = max(delivered_through, ?3) "
             "WHERE read_through < ?3")
      .bind(conversation, account, through)
      .run();
  return db().changes() != 0;
}

std::vector<Watermark> Receipts::of(ConversationId conversation) const {
  auto row = db().query("SELECT account, delivered_through, read_through FROM receipts WHERE conversation = ?1 "
                        "ORDER BY account");
  row.bind(conversation);
  std::vector<Watermark> out;
  while (row.step()) out.push_back({row.array<32>(0), row.as<MessageId>(1), row.as<MessageId>(2)});
  return out;
}

void Receipts::note_delivered(MessageId message, const AccountId& account, UnixTime at) {
  db().query("INSERT INTO receipt_details(message, account, delivered) VALUES(?1, ?2, ?3) "
             "ON CONFLICT DO UPDATE SET delivered = coalesce(delivered, ?3)")
      .bind(message, account, at)
      .run();
}

void Receipts::note_read(MessageId message, const AccountId& account, UnixTime at) {
  db().query("INSERT INTO receipt_details(message, account, delivered, read) VALUES(?1, ?2, ?3, ?3) "
             "ON CONFLICT DO UPDATE SET delivered = coalesce(delivered, ?3), read = coalesce(read, ?3)")
      .bind(message, account, at)
      .run();
}

std::vector<ReceiptDetail> Receipts::details(MessageId message) const {
  auto row = db().query("SELECT account, delivered, read FROM receipt_details WHERE message = ?1 ORDER BY account");
  row.bind(message);
  std::vector<ReceiptDetail> out;
  while (row.step()) out.push_back({row.array<32>(0), row.optional_time(1), row.optional_time(2)});
  return out;
}

}  // namespace anochat::storage
