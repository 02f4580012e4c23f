// client/skipped_rows.hpp - skipped message keys as rows of the store.
#pragma once

#include <anochat/session/session.hpp>
#include <anochat/storage/sessions.hpp>
#include <vector>

namespace anochat::client {

struct SkippedRows {
  std::vector<SecretBytes> added;
  std::vector<storage::SkippedId> removed;
};

/// What a step of a session adds to and takes from its rows. @source docs/protocol.md, section 11
[[nodiscard]] SkippedRows skipped_rows(const SkippedKeyChanges& changes);

/// @throws Error{Errc::bad_state}  a row is malformed
[[nodiscard]] std::vector<SkippedKeyRecord> read_skipped(const std::vector<SecretBytes>& rows);

}  // namespace anochat::client
