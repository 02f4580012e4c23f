#include "stop_signal.hpp"

#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace cli {
namespace {

volatile sig_atomic_t stopping = 0;  // a signal handler can reach nothing else than globals
int stop_pipe[2] = {-1, -1};

extern "C" void note_signal(int number) {
  const int saved = errno;
  if (stopping != 0) ::_exit(128 + number);
  stopping = 1;
  const char byte = 0;
  static_cast<void>(!::write(stop_pipe[1], &byte, 1));
  errno = saved;
}

}  // namespace

void catch_stop_signals() {
  if (stop_pipe[0] < 0) static_cast<void>(!::pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK));
  struct sigaction action {};
  action.sa_handler = note_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool is_stopping() noexcept { return stopping != 0; }
int stop_descriptor() noexcept { return stop_pipe[0]; }

}  // namespace cli
