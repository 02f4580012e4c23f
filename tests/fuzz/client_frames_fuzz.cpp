// A client with a hostile relay: frames that are changed, left out, repeated or made up. Whatever it hands over, a
// message is shown once, as the peer wrote it, and nothing else is.
//
// The input is a row of steps: what, how many bytes belong to it, and these.
#include <anochat/client/client.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <anochat/testing/random.hpp>

#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace anochat;

namespace {

constexpr std::size_t kMostSteps = 24;

class Scene {
 public:
  Scene() {
    alice_.connect(relay_);
    bob_.connect(relay_);
    settle();
    write(alice_, bob_);
    settle();
    write(bob_, alice_);
    settle();
  }

  void step(std::uint8_t what, ByteView bytes) {
    switch (what % 8) {
      case 0:
        return write(bob_, alice_);
      case 1:
        return write(alice_, bob_);
      case 2:
        return settle();
      case 3:
        return hand_over(bytes, what / 8);
      case 4:
        return give(Bytes(bytes.begin(), bytes.end()));
      case 5:
        return give(seen_.empty() ? Bytes() : fuzz::edited(seen_[what / 8 % seen_.size()], bytes));
      case 6:
        clock_.advance(std::chrono::minutes(bytes.empty() ? 1 : 7 * bytes[0]));
        alice_.client.tick();
        return bob_.client.tick();
      default:
        return alice_.connect(relay_);
    }
  }

  void check() {
    for (User* user : {&alice_, &bob_}) {
      const User& other = user == &alice_ ? bob_ : alice_;
      std::multiset<std::string> shown;
      for (const storage::Message& message :
           user->client.latest(user->client.conversation_with(other.client.account()), 100).items) {
        if (message.sender.account == other.client.account()) shown.insert(message.body);
      }
      for (const std::string& text : shown) {
        fuzz::require(other.wrote.contains(text), "what is shown was written by the peer");
        fuzz::require(shown.count(text) == 1, "a message is shown once");
      }
      static_cast<void>(user->client.take_events());
    }
  }

 private:
  struct User {
    User(const Clock& clock, std::uint64_t seed) : random(seed), client(make(clock, random)) {}

    static Client make(const Clock& clock, Random& random) {
      static NullLog log;
      StoreOptions store;
      store.clock = &clock;
      store.random = &random;
      store.log = &log;
      ClientOptions options;
      options.clock = &clock;
      options.random = &random;
      options.relay = "relay.test";
      options.one_time_prekeys = 1;
      options.allow_strangers = true;
      return Client::create(Store::in_memory(store), options);
    }
    void connect(testing::MemoryRelay& relay) {
      if (is_connected) {
        relay.disconnect(connection);
        client.disconnected();
      }
      connection = relay.connect();
      is_connected = true;
      client.connected();
    }

    testing::SeededRandom random;
    Client client;
    testing::MemoryRelay::Connection connection = 0;
    bool is_connected = false;
    std::set<std::string> wrote;
  };

  void write(User& from, const User& to) {
    const std::string text = "message " + std::to_string(++written_);
    from.wrote.insert(text);
    static_cast<void>(fuzz::accepts({Errc::untrusted_identity, Errc::rolled_back}, [&] {
      static_cast<void>(from.client.send_text(from.client.conversation_with(to.client.account()), text));
    }));
  }
  /// What the relay says to Alice.
  void give(const Bytes& frame) {
    static_cast<void>(fuzz::accepts({Errc::bad_message, Errc::too_large}, [&] { alice_.client.receive(frame); }));
  }
  void take_in(User& user) {
    for (const Bytes& frame : user.client.outgoing()) relay_.receive(user.connection, frame);
  }
  /// Everything as it should be, for a few rounds.
  void settle() {
    for (int round = 0; round < 6; ++round) {
      take_in(alice_);
      take_in(bob_);
      for (const Bytes& frame : relay_.take(bob_.connection)) bob_.client.receive(frame);
      for (const Bytes& frame : relay_.take(alice_.connection)) {
        if (seen_.size() < 32) seen_.push_back(frame);
        give(frame);
      }
    }
  }
  /// One of the frames for Alice with edits, the others as they are.
  void hand_over(ByteView edits, std::size_t which) {
    take_in(alice_);
    take_in(bob_);
    std::vector<Bytes> frames = relay_.take(alice_.connection);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      give(i == which % frames.size() ? fuzz::edited(frames[i], edits) : frames[i]);
    }
  }

  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  testing::MemoryRelay relay_{clock_, random_};
  User alice_{clock_, 1};
  User bob_{clock_, 2};
  std::vector<Bytes> seen_;
  std::size_t written_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4'096) return 0;
  Scene scene;
  std::size_t steps = 0;
  for (ByteView input(data, size); input.size() >= 2 && steps < kMostSteps; ++steps) {
    const std::size_t length = std::min<std::size_t>(input[1], input.size() - 2);
    scene.step(input[0], input.subspan(2, length));
    input = input.subspan(2 + length);
  }
  scene.check();
  return 0;
}
