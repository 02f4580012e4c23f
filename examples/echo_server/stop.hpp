// stop.hpp - SIGINT and SIGTERM end the loops.
#pragma once

#include <csignal>

inline volatile std::sig_atomic_t stop_requested = 0;  // a signal handler can reach nothing else than globals

inline void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_requested = 1; };
  ::sigaction(SIGINT, &action, nullptr);  // without SA_RESTART: poll() comes back
  ::sigaction(SIGTERM, &action, nullptr);
}
