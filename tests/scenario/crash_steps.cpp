#include "crash_steps.hpp"

#include <anochat/client/client.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/crash_points.hpp>
#include <anochat/testing/endpoint.hpp>
#include <anochat/testing/random.hpp>

#include "crash_files.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <string>
#include <variant>

namespace scenario {

using namespace anochat;
using namespace anochat::testing;

namespace {

constexpr std::size_t kHeadLen = 9;  // bytes: step, time

class SteppingChild {
 public:
  SteppingChild(Channel& channel, CrashPoints& points, const std::filesystem::path& path, std::uint64_t seed)
      : channel_(channel),
        points_(points),
        seeded_(seed),
        random_(seeded_, points),
        clock_(fake_, points),
        client_(open_client(path, clock_, random_)),
        plain_(client_),
        end_(plain_, points) {
    points_.reach("opened");
    channel_.say(Word::address, client_.address().encode());
    points_.reach("opened.told");
  }

  void run() {
    while (channel_.is_open()) {
      const auto said = channel_.hear(1'000);
      if (said && said->word == Word::quit) return;
      if (!said) continue;
      std::uint64_t now = 0;
      for (std::size_t i = 1; i < kHeadLen; ++i) now = now << 8 | said->bytes.at(i);
      fake_.set(UnixTime{Milliseconds{static_cast<std::int64_t>(now)}});
      obey(static_cast<Step>(said->bytes[0]), ByteView(said->bytes).subspan(kHeadLen));
      talk();
      channel_.say(Word::done);
    }
  }

 private:
  void talk() {
    for (const Bytes& frame : end_.outgoing()) channel_.say(Word::frame, frame);
    while (const auto event = client_.poll_event()) {
      if (const auto* failure = std::get_if<event::DecryptFailure>(&*event)) {
        channel_.say(Word::failure, as_bytes(name_of(failure->reason)));
      }
    }
  }

  void obey(Step step, ByteView data) {
    switch (step) {
      case Step::connect:
        return end_.connected();
      case Step::disconnect:
        return end_.disconnected();
      case Step::frame:
        return end_.receive(data);
      case Step::tick:
        return end_.tick();
      case Step::text:
        return write(data);
      case Step::report:
        return report();
      default:
        break;
    }
    points_.reach("call.before");
    call(step, data);
    points_.reach("call.after");
  }

  void call(Step step, ByteView data) {
    switch (step) {
      case Step::read:
        each_conversation([&](const storage::Conversation& one, const auto& messages) {
          if (!messages.empty()) client_.mark_read(one.id, messages.back().id);
        });
        break;
      case Step::edit:
        if (const auto own = newest(true)) client_.edit(own->id, own->body + " edited");
        break;
      case Step::react:
        if (const auto other = newest(false)) client_.react(other->id, "+1");
        break;
      case Step::take_back:
        each_conversation([&](const auto&, const auto& messages) {
          const auto own = std::find_if(messages.begin(), messages.end(),
                                        [](const auto& one) { return one.is_outgoing && !one.deleted_at; });
          if (own != messages.end()) client_.remove_for_all(own->id);
        });
        break;
      case Step::profile:
        client_.set_profile({std::string(as_text(data)), {}, {}});
        break;
      case Step::change_key: {
        StoreKey bytes;
        for (std::uint8_t& byte : bytes.expose_mutable()) byte = 0x77;
        RawKey other(std::move(bytes));
        client_.store().remove_key(client_.store().add_key(other));
        break;
      }
      case Step::compact:
        client_.store().compact();
        break;
      default:
        break;
    }
  }

  void write(ByteView data) {
    AccountId account{};
    std::copy_n(data.begin(), account.size(), account.begin());
    const ByteView text = data.subspan(account.size());
    points_.reach("send.before");
    client_.send_text(client_.conversation_with(account), as_text(text));
    points_.reach("send.after");
    channel_.say(Word::written, text);
    points_.reach("send.told");
  }

  template <class Use>
  void each_conversation(Use&& use) {
    for (const auto& conversation : client_.conversations().items)
      use(conversation, client_.latest(conversation.id, 200).items);
  }

  std::optional<storage::Message> newest(bool is_outgoing) {
    std::optional<storage::Message> found;
    each_conversation([&](const auto&, const auto& messages) {
      for (const storage::Message& one : messages) {
        if (one.is_outgoing == is_outgoing && !one.deleted_at) found = one;
      }
    });
    return found;
  }

  void report() {
    each_conversation([&](const auto&, const auto& messages) {
      for (const storage::Message& one : messages) {
        channel_.say(Word::report, as_bytes((one.is_outgoing ? '>' : '<') + one.body));
      }
    });
  }

  Channel& channel_;
  CrashPoints& points_;
  SeededRandom seeded_;
  FakeClock fake_;
  CrashingRandom random_;
  CrashingClock clock_;
  Client client_;
  EndpointOf<Client> plain_;
  CrashingEndpoint end_;
};

void say_trail(Channel& channel, const CrashPoints& points) {
  std::string all;
  for (const std::string& name : points.trail()) all += name + '\n';
  channel.say(Word::trail, as_bytes(all));
}

}  // namespace

Bytes encode_step(Step step, UnixTime now, ByteView data) {
  Bytes out{static_cast<std::uint8_t>(step)};
  const auto time = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(time >> shift));
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

int live_in_steps(Channel& channel, const std::filesystem::path& store, const DeathPlan& plan, std::uint64_t seed) {
  CrashPoints points;
  points.record();
  if (plan.visit > 0) points.arm(plan.point, plan.visit, CrashAction::kill);
  watch_files(&points);
  try {
    SteppingChild(channel, points, store, seed).run();
    watch_files(nullptr);
    say_trail(channel, points);
    return 0;
  } catch (const std::exception& error) {
    watch_files(nullptr);
    channel.say(Word::trouble, as_bytes(error.what()));
    return 1;
  }
}

}  // namespace scenario
