// client/receiver.hpp - from delivered envelopes to messages in the history.
#pragma once

#include <anochat/base/bytes.hpp>
#include <vector>

namespace anochat::client {

struct Engine;

inline constexpr std::size_t kReceiveGroup = 128; ///< envelopes opened in one transaction

/// Opens what the relay delivered and keeps it; then, and only then, acknowledges. An envelope that cannot be opened is
/// put on record and does not disturb the others.
void receive_envelopes(Engine& engine, const std::vector<Bytes>& envelopes);

}  // namespace anochat::client
