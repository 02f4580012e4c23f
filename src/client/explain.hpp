// client/explain.hpp - reasons in words.
#pragma once

#include <anochat/client/types.hpp>
#include <anochat/storage/records.hpp>

namespace anochat::client {

/// @throws Error{Errc::not_found}
[[nodiscard]] Explanation explain_message(const storage::Records& records, MessageHandle message);
[[nodiscard]] Explanation explain_failure(const storage::Records& records, FailureHandle failure);

}  // namespace anochat::client
