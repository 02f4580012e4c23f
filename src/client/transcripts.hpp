// client/transcripts.hpp - what this account's other devices have sent.
#pragma once

#include <anochat/framing/content.hpp>

#include "client/session_book.hpp"

namespace anochat::client {

class Unit;

void take_from_own_device(Unit& unit, BookedSession& session, Content& content);

}  // namespace anochat::client
