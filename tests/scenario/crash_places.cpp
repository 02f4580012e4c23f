// crash_places.cpp - kills a client with SIGKILL at every place of a whole script, one place after the other.
//
//     anochat_crash_places [places [twice [seed]]]     40 places, 10 double deaths, seed 1; 0 places: every one
//
// The child does what the script says step by step, with a clock and randomness that repeat, so that a dry run lists
// every place (CrashPoints::trail): before and in the middle of each write, around each sync, before each truncation,
// removal and renaming of a file, before each draw and each look at the clock, around each call of the client, from the
// making of the store and the account to the closing of the store. Then the script runs again for each place, in a
// fresh world: the child dies there, is started again, and the script goes on. A double death strikes once more at
// random while it recovers.
//
// What must be true after each run is said in Run::judge().
#include <anochat/client/client.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <anochat/testing/random.hpp>

#include "channel.hpp"
#include "crash_steps.hpp"
#include "wire_oracle.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <signal.h>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;
namespace fs = std::filesystem;

namespace {

constexpr int kPatience = 60'000;  // milliseconds for one step: a child that needs more hangs

using Deaths = std::map<std::size_t, std::uint64_t>;  // life -> visit at which it ends

/// One performance of the script in a world of its own.
class Run {
 public:
  Run(fs::path store, std::uint64_t seed, Deaths deaths)
      : store_(std::move(store)),
        seed_(seed),
        deaths_(std::move(deaths)),
        relay_random_(seed * 3),
        peer_random_(seed * 3 + 1),
        relay_(clock_, relay_random_),
        peer_(make_peer()) {
    relay_.set_recording(false);
    peer_connection_ = relay_.connect();
    peer_.connected();
  }
  ~Run() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void perform() {
    start();
    pump();
    for (int i = 0; i < 2; ++i) child_says();
    pump();
    peer_says();
    pump();
    order(Step::read);
    order(Step::profile, as_bytes("somebody"));
    pump();
    disconnect();
    child_says();
    for (int i = 0; i < 3; ++i) peer_says();
    pump();
    connect();
    pump();
    order(Step::edit);
    order(Step::react);
    pump();
    wait(std::chrono::minutes(2));
    close_and_reopen();
    child_says();
    peer_says();
    pump();
    order(Step::take_back);
    order(Step::change_key);
    order(Step::compact);
    wait(std::chrono::days(8));  // prekeys are renewed, what is old is forgotten
    child_says();
    peer_says();
    finish();
  }

  [[nodiscard]] std::size_t kills() const noexcept { return kills_; }
  [[nodiscard]] const std::vector<std::vector<std::string>>& trails() const noexcept { return trails_; }

  [[nodiscard]] std::vector<std::string> judge() {
    for (const std::string& complaint : wire_.complaints()) complain(complaint);
    // A life that only recovers may be too short for its second death.
    if (kills_ == 0 && !deaths_.empty() && complaints_.empty()) complain("it did not die where it should");
    // One text is taken back: it has no words any more, here, and at a peer that got both at once.
    std::size_t without_words_here = in_history_.contains(">") ? in_history_.at(">") : 0;
    std::size_t without_words_there = at_peer_.contains("") ? at_peer_.at("") : 0;
    if (without_words_here > 1 || without_words_there > 1) complain("more than one text has lost its words");
    const auto is_excused = [](std::size_t& left) { return left > 0 && left-- > 0; };
    for (const std::string& text : acknowledged_) {
      const bool is_here = in_history_.contains('>' + text) || is_excused(without_words_here);
      const bool is_there = at_peer_.contains(text) || is_excused(without_words_there);
      if (!is_here) complain("send() had returned, and it is not in the history: " + text);
      if (!is_there) complain("send() had returned, and the peer never got it: " + text);
    }
    for (const auto& [text, count] : at_peer_) {
      if (count != 1 && !text.empty()) complain("announced " + std::to_string(count) + " times at the peer: " + text);
    }
    for (std::size_t i = 0; i < from_peer_; ++i) {
      const auto found = in_history_.find("<p" + std::to_string(i));
      if (found == in_history_.end()) complain("lost: p" + std::to_string(i));
      if (found != in_history_.end() && found->second != 1) complain("stored twice: p" + std::to_string(i));
    }
    return complaints_;
  }

 private:
  void complain(std::string what) { complaints_.push_back(std::move(what)); }

  Client make_peer() {
    ClientOptions options;
    options.clock = &clock_;
    options.random = &peer_random_;
    options.allow_strangers = true;
    options.one_time_prekeys = 5;
    return Client::create(Store::in_memory({.clock = &clock_, .random = &peer_random_, .log = &log_}), options);
  }

  // ----- the child -----

  void start() {
    if (complaints_.size() > 3 || life_ > 10) return;
    auto [ours, theirs] = Channel::make();
    const std::size_t life = life_++;
    const auto death = deaths_.find(life);
    const DeathPlan plan = death == deaths_.end() ? DeathPlan{} : DeathPlan{"", death->second};
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("fork");
    if (child_ == 0) {
      { const Channel gone(std::move(ours)); }
      ::_exit(live_in_steps(theirs, store_, plan, seed_ * 1'000 + life));
    }
    { const Channel gone(std::move(theirs)); }
    channel_.emplace(std::move(ours));
    if (!listen(Word::address)) return revive();
    connect();
  }

  /// Hears the child until it says `last`. @return whether it lived to say it
  bool listen(Word last) {
    while (channel_->is_open()) {
      const auto said = channel_->hear(kPatience);
      if (!said && channel_->is_open()) {
        complain("the child hangs");
        ::kill(child_, SIGKILL);
      }
      if (!said) continue;
      hear(*said);
      if (said->word == last) return true;
    }
    return false;
  }

  void revive() {
    bury();
    is_connected_ = false;
    relay_.disconnect(connection_);
    start();
  }

  void bury() {
    int status = 0;
    ::waitpid(std::exchange(child_, -1), &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
      ++kills_;
    } else if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
      complain("the child ended by itself, status " + std::to_string(status));
    }
  }

  bool order(Step step, ByteView data = {}) {
    if (child_ < 0) return false;
    channel_->say(Word::step, encode_step(step, clock_.now(), data));
    if (listen(Word::done)) return true;
    revive();
    return false;
  }

  void connect() {
    if (std::exchange(is_connected_, true)) return;
    connection_ = relay_.connect();
    order(Step::connect);
  }
  void disconnect() {
    if (!std::exchange(is_connected_, false)) return;
    relay_.disconnect(connection_);
    order(Step::disconnect);
  }

  void close() {
    if (child_ < 0) return;
    channel_->say(Word::quit);
    const bool is_closed = listen(Word::trail);
    bury();
    if (!is_closed && deaths_.count(life_ - 1) == 0) complain("the child did not close its store");
    is_connected_ = false;
    relay_.disconnect(connection_);
  }

  void close_and_reopen() {
    close();
    start();
    pump();
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
        if (account_ && *account_ != address) complain("the account in the store has changed");
        account_ = address;
        break;
      }
      case Word::written:
        acknowledged_.insert(text);
        break;
      case Word::failure:
        complain("the child could not open a message: " + text);
        break;
      case Word::trouble:
        complain("the child: " + text);
        break;
      case Word::report:
        ++in_history_[text.substr(0, text.find(" edited"))];
        break;
      case Word::trail: {
        std::istringstream names(text);
        std::vector<std::string>& trail = trails_.emplace_back();
        for (std::string name; std::getline(names, name);) trail.push_back(name);
        break;
      }
      default:
        break;
    }
  }

  // ----- what happens -----

  void child_says() {
    Bytes data(peer_.account().begin(), peer_.account().end());
    const std::string text = "c" + std::to_string(commanded_++);
    data.insert(data.end(), text.begin(), text.end());
    order(Step::text, data);
  }

  void peer_says() {
    if (account_) peer_.send_text(peer_.conversation_with(account_->account), "p" + std::to_string(from_peer_++));
  }

  /// Passes frames until nobody has anything to say.
  void pump() {
    for (bool is_moving = true; is_moving && complaints_.empty();) {
      is_moving = pump_peer();
      if (!is_connected_) continue;
      for (const Bytes& frame : relay_.take(connection_)) {
        is_moving = true;
        if (!order(Step::frame, frame)) break;  // the others died with the connection
      }
    }
  }

  bool pump_peer() {
    bool is_moving = false;
    for (const Bytes& frame : relay_.take(peer_connection_)) {
      peer_.receive(frame);
      is_moving = true;
    }
    for (const Bytes& frame : peer_.outgoing()) {
      wire_.see(frame);
      relay_.receive(peer_connection_, frame);
      is_moving = true;
    }
    while (const auto event = peer_.poll_event()) {
      if (const auto* message = std::get_if<event::MessageReceived>(&*event)) {
        const std::string body = peer_.message(message->message).value().body;
        ++at_peer_[body.substr(0, body.find(" edited"))];
      } else if (const auto* failure = std::get_if<event::DecryptFailure>(&*event)) {
        complain("the peer could not open a message: " + std::string(name_of(failure->reason)));
      }
    }
    return is_moving;
  }

  void wait(Milliseconds time) {
    clock_.advance(time);
    peer_.tick();
    order(Step::tick);
    pump();
  }

  void finish() {
    // Answers are waited for 15 seconds, accounts that gave nothing are asked for again after five minutes.
    for (const int seconds : {20, 20, 400, 20}) wait(std::chrono::seconds(seconds));
    if (relay_.waiting() != 0) complain("the relay has messages left at the end");
    close_and_reopen();
    in_history_.clear();
    while (child_ > 0 && !order(Step::report) && complaints_.empty()) in_history_.clear();
    close();
  }

  fs::path store_;
  std::uint64_t seed_;
  Deaths deaths_;
  FakeClock clock_;
  NullLog log_;
  SeededRandom relay_random_;
  SeededRandom peer_random_;
  MemoryRelay relay_;
  Client peer_;
  MemoryRelay::Connection peer_connection_ = 0;
  MemoryRelay::Connection connection_ = 0;
  bool is_connected_ = false;
  std::optional<Channel> channel_;
  pid_t child_ = -1;
  std::size_t life_ = 0;
  std::size_t kills_ = 0;
  WireOracle wire_;
  std::optional<Address> account_;
  std::set<std::string> acknowledged_;          // send() has returned
  std::map<std::string, std::size_t> at_peer_;  // announced there
  std::map<std::string, std::size_t> in_history_;
  std::size_t commanded_ = 0;
  std::size_t from_peer_ = 0;
  std::vector<std::vector<std::string>> trails_;
  std::vector<std::string> complaints_;
};

/// A folder of its own; stays when something went wrong.
fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "anochat-places-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  return name;
}

class Places {
 public:
  Places(fs::path folder, std::uint64_t seed) : folder_(std::move(folder)), seed_(seed), luck_(seed * 7) {}

  /// Lists every place. @return false when even that run went wrong
  bool rehearse() {
    Run run(fresh_store(), seed_, {});
    run.perform();
    if (!report("rehearsal", run)) return false;
    trails_ = run.trails();
    for (const auto& trail : trails_) total_ += trail.size();
    return true;
  }

  bool strike(std::size_t place) {
    const auto [life, visit] = locate(place);
    return strike("place " + std::to_string(place) + " (" + trails_[life][visit - 1] + ")", {{life, visit}},
                  &trails_[life][visit - 1]);
  }

  bool strike_twice() {
    const auto [life, visit] = locate(pick(total_));
    const std::uint64_t again = 1 + pick(60);
    return strike(
        "life " + std::to_string(life) + " visit " + std::to_string(visit) + ", then " + std::to_string(again),
        {{life, visit}, {life + 1, again}}, nullptr);
  }

  [[nodiscard]] std::size_t total() const noexcept { return total_; }
  [[nodiscard]] std::size_t pick(std::size_t end) {
    std::size_t value = 0;
    for (const std::uint8_t byte : luck_.array<4>()) value = value << 8 | byte;
    return value % end;
  }

  void print() const {
    std::cout << total_ << " places in " << trails_.size() << " lives; " << kills_ << " kills\n ";
    for (const auto& [point, count] : by_point_) std::cout << ' ' << point << ':' << count;
    std::cout << '\n';
  }

 private:
  [[nodiscard]] fs::path fresh_store() const {
    fs::remove_all(folder_ / "run");
    fs::create_directories(folder_ / "run");
    return folder_ / "run" / "store";
  }

  [[nodiscard]] std::pair<std::size_t, std::uint64_t> locate(std::size_t place) const {
    std::size_t life = 0;
    while (place >= trails_[life].size()) place -= trails_[life++].size();
    return {life, place + 1};
  }

  bool strike(const std::string& what, Deaths deaths, const std::string* point) {
    Run run(fresh_store(), seed_, std::move(deaths));
    run.perform();
    kills_ += run.kills();
    if (point != nullptr) ++by_point_[*point];
    return report(what, run);
  }

  static bool report(const std::string& what, Run& run) {
    const std::vector<std::string> complaints = run.judge();
    for (const std::string& complaint : complaints) std::cerr << "WRONG at " << what << ": " << complaint << '\n';
    return complaints.empty();
  }

  fs::path folder_;
  std::uint64_t seed_;
  SeededRandom luck_;
  std::vector<std::vector<std::string>> trails_;
  std::size_t total_ = 0;
  std::size_t kills_ = 0;
  std::map<std::string, std::size_t> by_point_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int at, std::size_t otherwise) {
    return argc > at ? std::strtoul(argv[at], nullptr, 10) : otherwise;
  };
  const std::size_t wanted = number(1, 40);
  const std::size_t twice = number(2, 10);
  const auto start = std::chrono::steady_clock::now();
  const fs::path folder = make_folder();
  Places places(folder, number(3, 1));
  bool is_good = places.rehearse();
  const std::size_t count = wanted == 0 ? places.total() : std::min<std::size_t>(wanted, places.total());
  // Fewer than all: spread over the whole script, beginning somewhere.
  const std::size_t first = count == places.total() || count == 0 ? 0 : places.pick(places.total() / count);
  for (std::size_t i = 0; i < count && is_good; ++i) is_good = places.strike(first + i * places.total() / count);
  for (std::size_t i = 0; i < twice && is_good; ++i) is_good = places.strike_twice();
  places.print();
  if (!is_good) {
    std::cerr << "the store is in " << folder << '\n';
    return 1;
  }
  fs::remove_all(folder);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::cout << took.count() << " s: nothing lost, no key used twice, the store always opened\n";
  return 0;
}
