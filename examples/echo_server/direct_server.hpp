// direct_server.hpp - answers every message on a TCP port: no relay, one session for each connection.
//
// The server speaks first: a prekey bundle. Then each side sends messages of the session, every one in a frame.
#pragma once

#include "options.hpp"

int run_direct_server(const Options& options);
