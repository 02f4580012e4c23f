// Replays a transcript through the C++ API. README.md describes the commands.
#pragma once

#include <anochat/client/client.hpp>
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/relay/memory_relay_store.hpp>
#include <anochat/relay/relay.hpp>
#include <anochat/session/session.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anochat::transcript {

using Lines = std::vector<std::string>;

class Player {
 public:
  Player();
  ~Player();
  /// Runs one command. @return its result lines
  [[nodiscard]] Lines play(const std::string& command);

 private:
  class Words;
  struct Party;
  struct Server;
  using Command = std::function<Lines(Words&)>;

  void add_session_commands();
  void add_client_commands();
  [[nodiscard]] Lines pump();
  [[nodiscard]] Party& party(Words& words);
  [[nodiscard]] UnixTime now() const { return clock_.now(); }

  testing::FakeClock clock_;
  NullLog log_;
  std::map<std::string, std::unique_ptr<Party>, std::less<>> parties_;
  std::vector<Party*> clients_;  // in the order of their making
  std::unique_ptr<Server> server_;
  Bytes bundle_;
  Bytes message_;
  std::map<std::string, Command, std::less<>> commands_;
};

}  // namespace anochat::transcript
