// crash_campaign.cpp - kills a client with SIGKILL, again and again, and looks for what should never happen.
//
//     anochat_crash_campaign [kills [seed]]     200 kills, seed 1
//
// The child has a store in a file and talks to a relay and a peer that live in this process. Half of its lives end at the
// n-th visit to a crash point (every write, half write, sync, truncation and removal of a file, every draw of random bytes,
// every look at the clock, around every call of the client), half at a random moment. Then:
//
//   - every text whose send() returned is announced at the peer exactly once, and no text twice;
//   - every text of the peer is in the child's history exactly once;
//   - no message key is used twice, and an envelope that is sent again is the same bytes;
//   - the store always opens, and no message fails to open on either side.
//
// SIGKILL leaves the system's page cache alone: this is about the death of a process, not about power cuts.
#include <anochat/client/client.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <anochat/testing/random.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "channel.hpp"
#include "crash_child.hpp"
#include "wire_oracle.hpp"

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostWaiting = 6;  // texts to or from a child in one life
constexpr const char* kPoints[] = {"file.write",     "file.half",      "file.sync",       "file.synced",   "file.truncate",
                                   "file.remove",    "file.rename",    "random",          "clock",         "receive.before",
                                   "receive.after",  "outgoing.before", "outgoing.after", "tick.before",   "tick.after",
                                   "connected",      "send.before",    "send.after",      "send.told",     ""};

struct Tally {
  std::size_t kills_at_points = 0;
  std::size_t kills_at_random = 0;
  std::size_t lives = 0;
  std::map<std::string, std::size_t> by_point;
};

class Campaign {
 public:
  Campaign(std::uint64_t seed, fs::path store)
      : seeded_(seed), store_(std::move(store)), relay_(clock_, random_), peer_(make_peer()) {
    relay_.set_recording(false);
  }

  /// One life of the child, from start to death.
  /// @param is_last  it is not killed, but waits until everything has arrived
  void live_once(bool is_last) {
    const bool at_point = !is_last && pick(2) == 0;
    DeathPlan plan;
    if (at_point) plan = {kPoints[pick(std::size(kPoints))], 1 + pick(pick(2) == 0 ? 3 : 30)};
    auto [ours, theirs] = Channel::make();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork");
    if (child == 0) {
      { const Channel gone(std::move(ours)); }
      ::_exit(live(theirs, store_, plan));
    }
    { const Channel gone(std::move(theirs)); }
    ++tally_.lives;
    channel_ = &ours;
    connection_ = relay_.connect();
    is_open_ = false;
    const bool by_itself = is_last ? (finish(), false) : wait_for_death(child, at_point);
    while (const auto said = ours.hear(0)) hear(*said);
    while (ours.is_open() && is_last) {
      if (const auto said = ours.hear(1'000)) hear(*said);
    }
    reap(child, is_last, by_itself ? &plan : nullptr);
    relay_.disconnect(connection_);
    channel_ = nullptr;
  }

  [[nodiscard]] const Tally& tally() const noexcept { return tally_; }
  [[nodiscard]] std::size_t kills() const noexcept { return tally_.kills_at_points + tally_.kills_at_random; }
  [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }

  void judge() {
    for (const std::string& complaint : wire_.complaints()) complaints_.push_back(complaint);
    for (const std::string& text : acknowledged_) {
      if (!at_peer_.contains(text)) complaints_.push_back("lost: send() had returned for " + text);
    }
    for (const auto& [text, count] : at_peer_) {
      if (count != 1) complaints_.push_back("announced " + std::to_string(count) + " times at the peer: " + text);
    }
    for (std::size_t i = 0; i < from_peer_; ++i) {
      const auto found = at_child_.find("p" + std::to_string(i));
      if (found == at_child_.end()) complaints_.push_back("lost: p" + std::to_string(i) + " is not in the child's history");
      if (found != at_child_.end() && found->second != 1) complaints_.push_back("stored twice: p" + std::to_string(i));
    }
  }

  void print() const {
    std::cout << kills() << " kills (" << tally_.kills_at_points << " at points, " << tally_.kills_at_random
              << " at random), " << tally_.lives << " lives; texts: " << acknowledged_.size() << " of " << commanded_
              << " sent by the child, " << from_peer_ << " sent to it; " << wire_.envelopes() << " envelopes, "
              << wire_.repetitions() << " repeated\n ";
    for (const auto& [point, count] : tally_.by_point) std::cout << ' ' << (point.empty() ? "any" : point) << ':' << count;
    std::cout << '\n';
  }

 private:
  using Steady = std::chrono::steady_clock;

  std::size_t pick(std::size_t end) {
    const auto bytes = seeded_.array<4>();
    std::size_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    return value % end;
  }

  Client make_peer() {
    StoreOptions store_options;
    store_options.log = &log_;
    ClientOptions options;
    options.allow_strangers = true;
    options.one_time_prekeys = 5;
    return Client::create(Store::in_memory(store_options), options);
  }

  // ----- the relay and the peer -----

  // Passes frames until the peer has nothing more to say.
  void pump() {
    if (!peer_connection_) {
      peer_connection_ = relay_.connect();
      peer_.connected();
    }
    for (bool is_moving = true; is_moving;) {
      is_moving = false;
      for (const Bytes& frame : relay_.take(*peer_connection_)) {
        peer_.receive(frame);
        is_moving = true;
      }
      for (const Bytes& frame : peer_.outgoing()) {
        wire_.see(frame);
        relay_.receive(*peer_connection_, frame);
        is_moving = true;
      }
    }
    peer_.tick();
    while (const auto event = peer_.poll_event()) {
      if (const auto* message = std::get_if<event::MessageReceived>(&*event)) {
        ++at_peer_[peer_.message(message->message).value().body];
      } else if (const auto* failure = std::get_if<event::DecryptFailure>(&*event)) {
        complaints_.push_back("the peer could not open a message: " + std::string(name_of(failure->reason)));
      }
    }
    for (const Bytes& frame : relay_.take(connection_)) channel_->say(Word::frame, frame);
  }

  void hear(const Said& said) {
    const std::string text(as_text(said.bytes));
    switch (said.word) {
      case Word::frame:
        wire_.see(said.bytes);
        relay_.receive(connection_, said.bytes);
        break;
      case Word::address: {
        const Address address = Address::decode(said.bytes);
        if (child_ && *child_ != address) complaints_.emplace_back("the account in the store has changed");
        child_ = address;
        is_open_ = true;
        break;
      }
      case Word::written: acknowledged_.insert(text); break;
      case Word::failure: complaints_.push_back("the child could not open a message: " + text); break;
      case Word::trouble: complaints_.push_back("the child: " + text); break;
      case Word::report: text.empty() ? void(has_reported_ = true) : void(++at_child_[text]); break;
      default: break;
    }
  }

  // ----- the child -----

  void command() {
    Bytes order(peer_.account().begin(), peer_.account().end());
    const std::string text = "c" + std::to_string(commanded_++);
    order.insert(order.end(), text.begin(), text.end());
    channel_->say(Word::write, order);
  }

  void step(int milliseconds) {
    if (const auto said = channel_->hear(milliseconds)) hear(*said);
    pump();
  }

  // A child with a plan gets a while to carry it out. @return whether it did
  bool wait_for_death(pid_t child, bool at_point) {
    const auto end = Steady::now() + std::chrono::microseconds(at_point ? 100'000 : pick(80'000));
    std::size_t waiting = 0;
    while (channel_->is_open() && Steady::now() < end) {
      if (is_open_ && waiting < kMostWaiting && pick(3) == 0) {
        ++waiting;
        if (pick(2) == 0) {
          command();
        } else {
          peer_.send_text(peer_.conversation_with(child_->account), "p" + std::to_string(from_peer_++));
        }
      }
      step(1);
    }
    if (!channel_->is_open()) return true;
    ::kill(child, SIGKILL);
    return false;
  }

  void finish() {
    const auto end = Steady::now() + std::chrono::seconds(60);
    std::size_t quiet = 0;
    while (channel_->is_open() && quiet < 30 && Steady::now() < end) {
      const std::size_t before = wire_.envelopes() + at_peer_.size();
      step(10);
      quiet = is_open_ && before == wire_.envelopes() + at_peer_.size() && relay_.waiting() == 0 ? quiet + 1 : 0;
    }
    if (relay_.waiting() != 0) complaints_.emplace_back("the relay has messages left at the end");
    channel_->say(Word::report);
    while (channel_->is_open() && !has_reported_ && Steady::now() < end) step(50);
    channel_->say(Word::quit);
  }

  void reap(pid_t child, bool is_last, const DeathPlan* plan) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !is_last) {
      if (plan == nullptr) ++tally_.kills_at_random;
      if (plan != nullptr) ++tally_.kills_at_points, ++tally_.by_point[plan->point];
    } else if (!(is_last && WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
      complaints_.push_back("the child ended by itself, status " + std::to_string(status));
    }
  }

  SeededRandom seeded_;
  fs::path store_;
  SystemClock clock_;
  SystemRandom random_;
  NullLog log_;
  MemoryRelay relay_;
  Client peer_;
  std::optional<MemoryRelay::Connection> peer_connection_;
  MemoryRelay::Connection connection_ = 0;
  Channel* channel_ = nullptr;
  WireOracle wire_;
  std::optional<Address> child_;
  bool is_open_ = false;
  bool has_reported_ = false;
  std::set<std::string> acknowledged_;        // send() has returned
  std::map<std::string, std::size_t> at_peer_;
  std::map<std::string, std::size_t> at_child_;
  std::size_t commanded_ = 0;
  std::size_t from_peer_ = 0;
  Tally tally_;
  std::vector<std::string> complaints_;
};

/// A folder of its own; stays when something went wrong.
fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "anochat-crash-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  return name;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t kills = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200;
  const std::uint64_t seed = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1;
  const auto start = std::chrono::steady_clock::now();
  const fs::path folder = make_folder();
  Campaign campaign(seed, folder / "store");
  for (std::size_t i = 0; i < kills && campaign.complaints().empty(); ++i) campaign.live_once(/*is_last=*/false);
  if (campaign.complaints().empty()) campaign.live_once(/*is_last=*/true);
  campaign.judge();
  campaign.print();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  for (const std::string& complaint : campaign.complaints()) std::cerr << "WRONG: " << complaint << '\n';
  if (!campaign.complaints().empty()) {
    std::cerr << "the store is in " << folder << '\n';
    return 1;
  }
  fs::remove_all(folder);
  std::cout << took.count() << " s: nothing lost, no key used twice, the store always opened\n";
  return 0;
}
