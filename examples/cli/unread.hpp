// unread.hpp - what has arrived and was not shown yet.
#pragma once

#include <anochat/client/client.hpp>

#include <vector>

namespace cli {

/// Incoming messages after each conversation's mark of reading, oldest first within a conversation.
[[nodiscard]] std::vector<anochat::MessageHandle> unread_messages(const anochat::Client& client);

}  // namespace cli
