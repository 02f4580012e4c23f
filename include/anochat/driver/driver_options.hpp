// anochat/driver/driver_options.hpp - where the relay is and how to stay connected to it.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>
#include <anochat/net/back_off.hpp>
#include <anochat/net/io_loop.hpp>
#include <anochat/net/transport.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace anochat {

struct DriverOptions {
  std::string relay{};              ///< "wss://host[:port][/path]", or "ws://127.0.0.1:port" on this machine
  std::string ca_file{};            ///< PEM certificates that are trusted instead of the system's
  std::vector<std::string> pins{};  ///< "sha256/<base64>" of the relay's public key; see net/web_socket_transport.hpp
  bool allow_plain = false;         ///< ws:// to other machines
  std::string proxy{};              ///< "http://host:port", or empty for none

  BackOffOptions back_off{};
  std::chrono::milliseconds connect_timeout{20'000};
  std::chrono::milliseconds login_timeout{20'000};  ///< from the open connection until the relay has let us in
  std::chrono::milliseconds keep_alive{25'000};     ///< silence after which the connection is tried
  std::chrono::milliseconds close_timeout{2'000};   ///< how long stop() may take for what is still to be sent
  std::size_t most_events = 10'000;  ///< that wait for take_events(); then nothing more is read from the relay

  const Clock* clock = nullptr;    ///< the one that the client has; nullptr: the machine's
  Random* random = nullptr;        ///< for jitter; nullptr: the operating system's
  Log* log = nullptr;              ///< nullptr: silence
  std::shared_ptr<IoLoop> loop{};  ///< nullptr: a thread of its own
  /// Makes each connection, in the loop. Empty: a WebSocket to `relay`.
  std::function<std::unique_ptr<Transport>(const std::shared_ptr<IoLoop>&)> make_transport{};
};

}  // namespace anochat
