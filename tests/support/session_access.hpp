// tests/support/session_access.hpp - a look inside a session, for tests and the vector tool only.
#pragma once

#include "session/session_state.hpp"

namespace anochat {

struct SessionAccess {
  using State = Session::State;
  static State& state(Session& session) noexcept { return *session.state_; }
};

}  // namespace anochat
