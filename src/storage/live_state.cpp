#include "storage/live_state.hpp"

#include <anochat/storage/meta.hpp>

namespace anochat::storage::detail {

void remove_live_state(Connection& db, const BackupScope& scope, const ByteArray<16>& new_store_uid) {
  WriteScope transaction(db, "store.copy");
  db.exec("DELETE FROM skipped_keys; DELETE FROM sessions; DELETE FROM prekeys; DELETE FROM prekey_replays; "
          "DELETE FROM group_states; DELETE FROM outbox; DELETE FROM pending_sends; DELETE FROM resend_log; "
          "DELETE FROM cursors; UPDATE messages SET status = 4 WHERE is_outgoing = 1 AND status = 0",
          "store.copy");
  if (!scope.with_identity) db.exec("DELETE FROM identities WHERE is_self = 1", "store.copy");
  Meta meta(db);
  meta.set_bytes("store_uid", new_store_uid);
  meta.next_device_epoch();
  transaction.commit();
}

}  // namespace anochat::storage::detail
