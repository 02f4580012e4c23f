// anochat/storage/receipts.hpp - how far each member has received and read, and details for small groups.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <vector>

namespace anochat::storage {

struct Watermark {
  AccountId account{};
  MessageId delivered_through{};
  MessageId read_through{};  ///< never beyond delivered_through
};

struct ReceiptDetail {
  AccountId account{};
  std::optional<UnixTime> delivered;
  std::optional<UnixTime> read;
};

class Receipts : public Repository {
 public:
  using Repository::Repository;
  /// Watermarks only grow. @return false when nothing changed
  bool set_delivered(ConversationId conversation, const AccountId& account, MessageId through);
  bool set_read(ConversationId conversation, const AccountId& account, MessageId through);
  [[nodiscard]] std::vector<Watermark> of(ConversationId conversation) const;

  /// The first time counts; a read receipt implies delivery.
  void note_delivered(MessageId message, const AccountId& account, UnixTime at);
  void note_read(MessageId message, const AccountId& account, UnixTime at);
  [[nodiscard]] std::vector<ReceiptDetail> details(MessageId message) const;
};

}  // namespace anochat::storage
