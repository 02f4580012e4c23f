// A conversation whose schedule is the input: each byte sends, delivers, loses, repeats, changes, saves and loads, or
// lets time pass. Every message is opened at most once and with its own content, no nonce comes twice, and a refused
// message changes nothing.
#include <anochat/session/session.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/pair.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace anochat;

namespace {

constexpr std::size_t kMostSteps = 2'000;

struct Message {
  Bytes bytes;
  Bytes content;
  bool is_opened = false;
};

class Conversation {
 public:
  void run(ByteView schedule) {
    for (std::size_t i = 0; i < std::min(schedule.size(), kMostSteps); ++i) act(schedule[i]);
  }

 private:
  // The low bit picks the side; the next three say what happens; the rest is a parameter.
  void act(std::uint8_t byte) {
    const unsigned side = byte & 1U;
    const unsigned parameter = byte >> 4U;
    switch ((byte >> 1U) & 7U) {
      case 0:
      case 1:
        return send(side, parameter * parameter * 8);
      case 2:
      case 3:
        return deliver(side, 0);
      case 4:
        return deliver(side, parameter);
      case 5:
        return change(side, parameter);
      case 6: {
        Session& session = side == 0 ? pair_.alice : *pair_.bob;
        const SecretBytes saved = session.save();
        session = Session::load(saved);
        return fuzz::require(session.save() == saved, "a session loads to itself");
      }
      default:
        now_ += std::chrono::hours(parameter * parameter);
    }
  }

  void send(unsigned side, std::size_t content_len) {
    Session& from = side == 0 ? pair_.alice : *pair_.bob;
    Message message{.bytes = {}, .content = Bytes(content_len, 0x61)};
    message.bytes = from.encrypt(message.content, pair_.random);
    const std::size_t nonce_at = message.bytes[1] == 1 ? 1'319 : 4;
    const auto nonce = message.bytes.begin() + static_cast<std::ptrdiff_t>(nonce_at);
    fuzz::require(nonces_.insert(Bytes(nonce, nonce + 12)).second, "a header nonce is used once");
    messages_[1 - side].push_back(std::move(message));
  }

  // Messages stay, so that any can come again. The newest that did not come is number 0.
  void deliver(unsigned side, std::size_t back) {
    std::vector<Message>& to = messages_[side];
    if (back >= to.size()) return;
    Message& message = to[to.size() - 1 - back];
    Session& session = side == 0 ? pair_.alice : *pair_.bob;
    const SecretBytes before = session.save();
    const bool is_open = fuzz::accepts({Errc::bad_message, Errc::replayed, Errc::gap_too_large}, [&] {
      const SecretBytes content = session.decrypt(message.bytes, now_);
      fuzz::require(std::equal(content.begin(), content.end(), message.content.begin(), message.content.end()),
                    "its own content");
    });
    if (is_open) fuzz::require(!message.is_opened, "a message is opened once");
    if (!is_open) fuzz::require(session.save() == before, "a refused message changes nothing");
    message.is_opened |= is_open;
  }

  void change(unsigned side, unsigned parameter) {
    if (messages_[side].empty()) return;
    Session& session = side == 0 ? pair_.alice : *pair_.bob;
    Bytes bytes = messages_[side].back().bytes;
    bytes[(parameter * 97 + 4) % bytes.size()] ^= 0x20;
    const SecretBytes before = session.save();
    const bool is_open = fuzz::accepts(
        {Errc::bad_message, Errc::replayed, Errc::gap_too_large, Errc::unsupported_version, Errc::unsupported_suite},
        [&] { static_cast<void>(session.decrypt(bytes, now_)); });
    fuzz::require(!is_open, "a changed message does not open");
    fuzz::require(session.save() == before, "a refused message changes nothing");
  }

  fuzz::Pair pair_;
  UnixTime now_ = fuzz::kNow;
  std::vector<Message> messages_[2];  // to Alice, to Bob
  std::set<Bytes> nonces_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Conversation().run({data, size});
  return 0;
}
