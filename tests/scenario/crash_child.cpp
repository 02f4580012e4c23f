#include "crash_child.hpp"

#include <anochat/client/client.hpp>
#include <anochat/testing/crash_points.hpp>
#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <variant>

#include "crash_files.hpp"

namespace scenario {

using namespace anochat;
using namespace anochat::testing;

namespace {

RawKey key() {
  StoreKey bytes;
  for (std::uint8_t& byte : bytes.expose_mutable()) byte = 0x5a;
  return RawKey(std::move(bytes));
}

class Child {
 public:
  Child(Channel& channel, CrashPoints& points, const std::filesystem::path& path)
      : channel_(channel), points_(points), random_(system_random_, points), clock_(system_clock_, points), client_(open_client(path, clock_, random_)),
        plain_(client_), end_(plain_, points) {
    channel_.say(Word::address, client_.address().encode());
    end_.connected();
  }

  void run() {
    while (channel_.is_open()) {
      talk();
      const auto timer = client_.next_timer();
      const auto wait = timer ? std::chrono::ceil<Milliseconds>(*timer - system_clock_.now()) : Milliseconds{200};
      const auto said = channel_.hear(static_cast<int>(std::clamp(wait, Milliseconds{0}, Milliseconds{200}).count()));
      if (timer && *timer <= system_clock_.now()) end_.tick();
      if (said && said->word == Word::quit) return;
      if (said) obey(*said);
    }
  }

 private:
  void talk() {
    for (const Bytes& frame : end_.outgoing()) channel_.say(Word::frame, frame);
    while (const auto event = client_.poll_event()) {
      if (const auto* message = std::get_if<event::MessageReceived>(&*event)) {
        channel_.say(Word::received, as_bytes(client_.message(message->message).value().body));
      } else if (const auto* failure = std::get_if<event::DecryptFailure>(&*event)) {
        channel_.say(Word::failure, as_bytes(name_of(failure->reason)));
      }
    }
  }

  void obey(const Said& said) {
    if (said.word == Word::frame) return end_.receive(said.bytes);
    if (said.word == Word::report) return report();
    AccountId account{};
    std::copy_n(said.bytes.begin(), account.size(), account.begin());
    const ByteView text = ByteView(said.bytes).subspan(account.size());
    points_.reach("send.before");
    client_.send_text(client_.conversation_with(account), as_text(text));
    points_.reach("send.after");
    channel_.say(Word::written, text);
    points_.reach("send.told");
  }

  void report() {
    for (const auto& conversation : client_.conversations().items) {
      auto page = client_.latest(conversation.id, 500);
      while (true) {
        for (const storage::Message& message : page.items) {
          if (!message.is_outgoing) channel_.say(Word::report, as_bytes(message.body));
        }
        if (!page.older) break;
        page = client_.before(conversation.id, *page.older, 500);
      }
    }
    channel_.say(Word::report);
  }

  Channel& channel_;
  CrashPoints& points_;
  SystemRandom system_random_;
  SystemClock system_clock_;
  CrashingRandom random_;
  CrashingClock clock_;
  Client client_;
  EndpointOf<Client> plain_;
  CrashingEndpoint end_;
};

}  // namespace

Client open_client(const std::filesystem::path& path, const Clock& clock, Random& random) {
  StoreOptions store_options;
  store_options.clock = &clock;
  store_options.random = &random;
  ClientOptions options;
  options.clock = &clock;
  options.random = &random;
  options.allow_strangers = true;
  options.one_time_prekeys = 5;
  RawKey raw = key();
  Store store = std::filesystem::exists(path) ? Store::open(path, raw, store_options) : Store::create(path, raw, store_options);
  const bool has_account = store.snapshot()->identities.self().has_value();
  return has_account ? Client::open(std::move(store), options) : Client::create(std::move(store), options);
}

int live(Channel& channel, const std::filesystem::path& store, const DeathPlan& plan) {
  CrashPoints points;
  if (plan.visit > 0) points.arm(plan.point, plan.visit, CrashAction::kill);
  watch_files(&points);
  try {
    Child(channel, points, store).run();
    watch_files(nullptr);
    return 0;
  } catch (const std::exception& error) {
    channel.say(Word::trouble, as_bytes(error.what()));
    return 1;
  }
}

}  // namespace scenario
