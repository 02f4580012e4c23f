// stop_signal.hpp - Ctrl-C and SIGTERM as a polite request.
#pragma once

namespace cli {

/// From now on SIGINT and SIGTERM are only noted; a second one ends the program at once.
void catch_stop_signals();
[[nodiscard]] bool is_stopping() noexcept;
/// Readable from the first signal on, for poll(2).
[[nodiscard]] int stop_descriptor() noexcept;

}  // namespace cli
