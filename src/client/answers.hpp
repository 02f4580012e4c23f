// client/answers.hpp - what the relay's answers do.
#pragma once

#include <anochat/framing/relay_frames.hpp>

namespace anochat::client {

struct Engine;

/// An answer to a request that is not known, or was answered before, means nothing.
void take_answer(Engine& engine, const RelayFrame& frame);

}  // namespace anochat::client
