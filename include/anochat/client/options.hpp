// anochat/client/options.hpp - the world a client lives in, and what its user has chosen.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>
#include <anochat/client/types.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace anochat {

struct ClientOptions {
  const Clock* clock = nullptr;  ///< nullptr: the machine's
  Random* random = nullptr;      ///< nullptr: the operating system's
  Log* log = nullptr;            ///< nullptr: silence

  /// The relay's name. A relay that introduces itself by another name gets no login. Empty: any name will do.
  std::string relay = {};
  ProfileInfo profile = {};  ///< for create(); later Client::set_profile()

  bool send_delivery_receipts = true;
  bool send_read_receipts = true;  ///< the privacy switch: off, nobody learns what was read
  bool allow_strangers = false;    ///< for bots: whoever writes first is allowed at once
  bool block_new_devices = false;  ///< nothing is sent to an account that adds a device until accept_identity()

  std::uint32_t one_time_prekeys = 100;                         ///< of each kind kept at the relay, 1 to 100
  std::chrono::hours envelope_lifetime{std::chrono::days{30}};  ///< then an undelivered message has failed
  std::size_t most_events = 65'536;  ///< events kept for take_events(); more are counted in event::EventsLost
  std::size_t most_sessions = 4'096; ///< sessions kept in memory; the others are read when needed
};

}  // namespace anochat
