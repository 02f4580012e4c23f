// relay_bot.hpp - answers every message that arrives over a relay.
#pragma once

#include "options.hpp"

int run_relay_bot(const Options& options);
