// anochat/storage/records.hpp - all families of records over one view of the store.
#pragma once

#include <anochat/storage/attachments.hpp>
#include <anochat/storage/calls.hpp>
#include <anochat/storage/contacts.hpp>
#include <anochat/storage/conversations.hpp>
#include <anochat/storage/identities.hpp>
#include <anochat/storage/inbox.hpp>
#include <anochat/storage/messages.hpp>
#include <anochat/storage/meta.hpp>
#include <anochat/storage/outbox.hpp>
#include <anochat/storage/prekeys.hpp>
#include <anochat/storage/reactions.hpp>
#include <anochat/storage/receipts.hpp>
#include <anochat/storage/search.hpp>
#include <anochat/storage/sessions.hpp>
#include <anochat/storage/stats.hpp>

namespace anochat::storage {

/// `tx->messages.insert(...)`, `snapshot->messages.latest(...)`: what is const here only reads.
struct Records {
  explicit Records(detail::Connection& connection) noexcept
      : meta(connection), cursors(connection), contacts(connection), identities(connection), prekeys(connection),
        sessions(connection), conversations(connection), messages(connection), search(connection),
        reactions(connection), receipts(connection), attachments(connection), outbox(connection),
        pending_sends(connection), resend_log(connection), inbox(connection), decrypt_failures(connection),
        calls(connection), stats(connection) {}

  Meta meta;
  Cursors cursors;
  Contacts contacts;
  Identities identities;
  PreKeys prekeys;
  Sessions sessions;
  Conversations conversations;
  Messages messages;
  Search search;
  Reactions reactions;
  Receipts receipts;
  Attachments attachments;
  Outbox outbox;
  PendingSends pending_sends;
  ResendLog resend_log;
  Inbox inbox;
  DecryptFailures decrypt_failures;
  Calls calls;
  Stats stats;
};

}  // namespace anochat::storage
