// client/bundles.hpp - bundles that arrive, and the content that waited for them.
#pragma once

#include <anochat/framing/relay_frames.hpp>

namespace anochat::client {

class Unit;

/// Takes an account's device list and bundles, and sends what waited.
/// @param is_list_only  bundles were not asked for
void take_account(Unit& unit, const FetchedAccount& fetched, bool is_list_only);

/// Sends what waits for an account as far as there are sessions, for instance because the peer has just begun one.
void flush_pending(Unit& unit, const ByteArray<32>& account);

}  // namespace anochat::client
