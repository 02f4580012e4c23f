// storage/live_state.hpp - takes out of a copy what must exist once in the world only.
#pragma once

#include <anochat/storage/maintenance.hpp>

#include "storage/connection.hpp"

namespace anochat::storage::detail {

/// Sessions, message keys, prekeys, the outbox and all that waits are removed, messages that were still to be sent are
/// marked as failed, and the store becomes another one: new uid, next device epoch. With a ratchet in two places the
/// same key would seal two messages.
void remove_live_state(Connection& db, const BackupScope& scope, const ByteArray<16>& new_store_uid);

}  // namespace anochat::storage::detail
