// tests/scenario/town.hpp - people with clients, one relay, and a network as bad as wanted.
#pragma once

#include <anochat/client/client.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/crash_points.hpp>
#include <anochat/testing/endpoint.hpp>
#include <anochat/testing/lossy_network.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <anochat/testing/random.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/temporary_folder.hpp"
#include "wire_oracle.hpp"

namespace scenario {

using namespace anochat;
using anochat::testing::TemporaryFolder;

[[nodiscard]] RawKey store_key();

class Town;

/// One account on one device. Everything it draws comes from one seed, across restarts.
class Person {
 public:
  struct Habits {
    std::filesystem::path file;  ///< empty: a store in memory
    ClientOptions options;
    bool has_keychain = true;  ///< the store's counter is kept outside of it, so that an older copy is noticed
  };

  Person(Town& town, std::uint64_t seed, Habits habits);
  ~Person();
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;

  [[nodiscard]] Client& client() noexcept { return *client_; }
  [[nodiscard]] const AccountId& account() const noexcept { return account_; }
  [[nodiscard]] const Address& address() const noexcept { return address_; }
  [[nodiscard]] testing::LossyNetwork::EndpointId endpoint() const noexcept { return id_; }
  [[nodiscard]] testing::CrashPoints& points() noexcept { return points_; }

  MessageHandle say(const Person& to, std::string_view text);

  /// The process ends: orderly or thrown out by a Crash, the object is gone and the file stays.
  void stop();
  /// Opens the store again and goes back to the network.
  void start();
  void restart() {
    stop();
    start();
  }
  [[nodiscard]] bool is_running() const noexcept { return client_.has_value(); }

  /// Copies the store's files while it is closed: a backup of the kind that must not be used. Not while running.
  void copy_store(const std::filesystem::path& folder) const;
  /// Puts such a copy in the place of the store. Not while running.
  void restore_store(const std::filesystem::path& folder) const;

  /// Takes all events. What they say stays in `seen` and the counts.
  void collect();

  std::vector<Event> seen;  ///< all but MessageReceived and MessageStatus
  std::map<std::string, int> received;  ///< text -> times it was announced
  std::vector<std::string> received_in_order;
  /// DecryptFailure events.
  [[nodiscard]] int failures() const { return static_cast<int>(events<event::DecryptFailure>().size()); }
  /// Compares what was announced with what should have been, text by text, and says what is missing, too much or could not
  /// be opened. Empty is good.
  [[nodiscard]] std::string missing(const std::map<std::string, int>& expected) const;
  template <class Kind>
  [[nodiscard]] std::vector<Kind> events() const {
    std::vector<Kind> out;
    for (const Event& event : seen) {
      if (const auto* kind = std::get_if<Kind>(&event)) out.push_back(*kind);
    }
    return out;
  }

  /// Every incoming text in the store and how often it is there.
  [[nodiscard]] std::map<std::string, int> history() const;
  [[nodiscard]] storage::MessageStatus status(MessageHandle message) const;
  /// The session that is used for sending to a device; all zero when there is none.
  [[nodiscard]] storage::Hash active_session(const Person& with) const;

 private:
  void open(bool is_new);
  [[nodiscard]] CallbackKey key();

  Town& town_;
  Habits habits_;
  testing::SeededRandom seeded_;
  testing::CrashPoints points_;
  testing::CrashingRandom random_;
  testing::CrashingClock clock_;
  std::optional<Client> client_;
  std::unique_ptr<testing::EndpointOf<Client>> plain_;
  std::unique_ptr<testing::CrashingEndpoint> end_;
  testing::LossyNetwork::EndpointId id_ = 0;
  bool was_attached_ = false;
  AccountId account_{};
  Address address_{};
  std::optional<std::uint64_t> counter_;
};

class Town {
 public:
  explicit Town(testing::LinkConditions conditions = {}, std::uint64_t seed = 1);

  /// @param file_name  empty: a store in memory
  Person& add(std::string_view file_name = {}, ClientOptions options = default_options(), bool has_keychain = true);
  /// Strangers are let in and few prekeys are made, so that a test is quick.
  [[nodiscard]] static ClientOptions default_options();

  /// Runs until nothing is due within ten minutes, and collects everybody's events: an account that had no prekeys yet is
  /// asked for again after five.
  bool settle(std::size_t most_steps = 2'000'000);
  void collect();

  testing::FakeClock clock;
  testing::SeededRandom relay_random;
  testing::SeededRandom network_random;
  testing::MemoryRelay relay;
  testing::LossyNetwork network;
  WireOracle wire;
  TemporaryFolder folder;
  NullLog log;
  std::vector<std::unique_ptr<Person>> people;

 private:
  std::uint64_t next_seed_;
};

/// A number below `end`, from a generator that belongs to the test.
[[nodiscard]] std::size_t pick(Random& random, std::size_t end);

}  // namespace scenario
