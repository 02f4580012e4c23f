// client/contents.hpp - what an opened content does to the conversations.
#pragma once

#include <anochat/framing/content.hpp>
#include <optional>

#include "client/receipts.hpp"
#include "client/session_book.hpp"

namespace anochat::client {

class Unit;

struct ReceiptDue {
  AccountId sender{};
  MessageId message;
};

/// Handles a content that `session` opened. @return what its sender may be told was delivered
std::optional<ReceiptDue> take_content(Unit& unit, BookedSession& session, Content content);

}  // namespace anochat::client
