// direct_client.hpp - sends texts to a direct echo server and prints what comes back.
#pragma once

#include "options.hpp"

int run_direct_client(const Options& options);
