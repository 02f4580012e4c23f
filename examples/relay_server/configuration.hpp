// examples/relay_server/configuration.hpp - the relay's configuration file.
#pragma once

#include <anochat/base/log.hpp>
#include <anochat/server/relay_server_options.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

struct Configuration {
  anochat::RelayServerOptions server;
  anochat::LogLevel log_level = anochat::LogLevel::info;
  std::chrono::milliseconds come_back{30'000};       ///< clients return within this time after a drain
  std::chrono::milliseconds drain_deadline{20'000};  ///< then those that are left are cut off
};

/// Says what is wrong, and where.
class BadConfiguration : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads a file like relay.toml, which lists every key. What the file does not name stays as it is; a name that is none
/// is an error, so that no limit is off because of a typing mistake.
/// @throws BadConfiguration
void read_configuration(const std::string& path, Configuration& out);

/// The same for a text. @param name  stands before what is wrong
void read_configuration_text(std::string_view text, const std::string& name, Configuration& out);
