// Bodies from a dishonest owner of the session's keys: any lengths, filling and symbols of the post-quantum agreement,
// sealed as they should be, at every stage of two epochs. What is refused changes nothing; what is accepted leaves a
// session that saves, loads and goes on.
//
// Input: the stage, how the body is made, then its bytes or edits of a genuine one.
#include <anochat/framing/padding.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/pair.hpp"
#include "support/draft.hpp"

#include <algorithm>
#include <vector>

using namespace anochat;

namespace {

using session::Symbol;
using testing::Draft;

constexpr std::size_t kMostBody = 4'096;  // bytes
constexpr int kStages = 90;               // messages in two epochs, and some

/// What the receiver has, and what the sender writes next.
struct Stage {
  SecretBytes to;
  SecretBytes from;
};

std::vector<Stage> make_stages() {
  fuzz::Pair pair;
  std::vector<Stage> stages;
  for (int i = 0; i < kStages; ++i) {
    Session& from = i % 2 == 0 ? *pair.bob : pair.alice;
    Session& to = i % 2 == 0 ? pair.alice : *pair.bob;
    if (i % 11 == 5) static_cast<void>(from.encrypt(as_bytes("lost"), pair.random));
    stages.push_back({to.save(), from.save()});
    pair.pass(from, to);
  }
  return stages;
}

Bytes filled_up(Bytes body) {
  body.resize(std::max<std::size_t>(padded_size(std::min(body.size(), kMostBody)), body.size()));
  return body;
}

/// Content of a few bytes, the number of the first symbol in two, then symbols of 32 bytes each.
Bytes with_symbols(ByteView input) {
  if (input.size() < 3) return {};
  std::vector<Symbol> symbols;
  const auto first = static_cast<std::uint16_t>(input[1] << 8 | input[2]);
  for (ByteView rest = input.subspan(3); rest.size() >= session::kSymbolLen && symbols.size() < 40;
       rest = rest.subspan(session::kSymbolLen)) {
    std::copy_n(rest.begin(), session::kSymbolLen, symbols.emplace_back().begin());
  }
  return testing::make_body(Bytes(input[0] % 8, 0x61), first, symbols,
                            padded_size(session::kBodyOverhead + 8 + symbols.size() * session::kSymbolLen));
}

void offer(const Stage& stage, const Bytes& message, UnixTime now) {
  Session to = Session::load(stage.to);
  const bool is_open = fuzz::accepts({Errc::bad_message}, [&] { static_cast<void>(to.decrypt(message, now)); });
  const SecretBytes after = to.save();
  if (!is_open) return fuzz::require(after == stage.to, "a refused message changes nothing");
  fuzz::require(Session::load(after).save() == after, "what it has become saves and loads");
  testing::SeededRandom random(5);
  fuzz::require(!to.encrypt(as_bytes("an answer"), random).empty(), "the conversation goes on");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Stage> stages = make_stages();
  if (size < 2 || size > kMostBody) return 0;
  const ByteView input(data, size);
  const Stage& stage = stages[input[0] % stages.size()];
  const ByteView rest = input.subspan(2);
  Session from = Session::load(stage.from);
  testing::SeededRandom random(4);
  Draft draft = testing::take_next(from, as_bytes("x"), random);
  if (input[1] % 3 == 0) {
    draft.body = filled_up(Bytes(rest.begin(), rest.end()));
  } else if (input[1] % 3 == 1) {
    draft.body = fuzz::edited(draft.body, rest);
  } else {
    draft.body = filled_up(with_symbols(rest));
  }
  offer(stage, draft.seal(), fuzz::kNow);
  return 0;
}
