// Headers from a dishonest owner of the session's keys: sealed as they should be, with any fields, up to 3,000 messages
// ahead. One that nobody changed opens unless the gap is too large; whatever is refused changes nothing.
//
// Input: which message, two bytes for how many EC keys it is ahead and two for PQ keys, then edits of the 52 bytes.
#include <anochat/framing/limits.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/pair.hpp"
#include "support/draft.hpp"

#include <array>
#include <optional>
#include <span>

using namespace anochat;

namespace {

using testing::Draft;

constexpr std::uint32_t kMostAhead = 3'000;

/// What Bob has, and what Alice writes next.
struct Case {
  SecretBytes bob;
  SecretBytes alice;
  std::uint32_t ec_lost = 0;  // messages that Bob has not seen yet, in the chain of the next
  std::uint32_t pq_lost = 0;
};

/// Bob may open a first message, the next of a chain, and one that begins a chain.
std::array<Case, 3> make_cases() {
  fuzz::Pair pair;
  std::array<Case, 3> cases;
  const auto note = [&pair](std::uint32_t ec_lost, std::uint32_t pq_lost) {
    return Case{pair.bob->save(), pair.alice.save(), ec_lost, pq_lost};
  };
  cases[0] = note(0, 0);
  pair.pass(*pair.bob, pair.alice);
  pair.pass(pair.alice, *pair.bob);
  static_cast<void>(pair.alice.encrypt(as_bytes("lost"), pair.random));
  pair.pass(pair.alice, *pair.bob);
  cases[1] = note(0, 0);
  static_cast<void>(pair.alice.encrypt(as_bytes("late"), pair.random));
  pair.pass(*pair.bob, pair.alice);
  static_cast<void>(pair.alice.encrypt(as_bytes("begins a chain"), pair.random));
  cases[2] = note(1, 2);
  return cases;
}

std::uint32_t count_at(ByteView input, std::size_t at) {
  return (std::uint32_t{input[at]} << 8 | input[at + 1]) % kMostAhead;
}

/// @param must_open  known for a header that nobody changed
void offer(const SecretBytes& state, const Bytes& message, std::optional<bool> must_open) {
  Session bob = Session::load(state);
  const bool is_open = fuzz::accepts({Errc::bad_message, Errc::replayed, Errc::gap_too_large}, [&] {
    fuzz::require(as_text(bob.decrypt(message, fuzz::kNow)) == "x", "its own content");
  });
  fuzz::require(bob.skipped_key_count() <= 2 * kMaxSkippedKeys, "what is kept for late messages is bounded");
  fuzz::require(is_open == must_open.value_or(is_open), "a message opens unless it is too far ahead");
  const SecretBytes after = bob.save();
  if (!is_open) return fuzz::require(after == state, "a refused message changes nothing");
  fuzz::require(Session::load(after).save() == after, "what it has become saves and loads");
  fuzz::require(
      !fuzz::accepts({Errc::bad_message, Errc::replayed}, [&] { static_cast<void>(bob.decrypt(message, fuzz::kNow)); }),
      "a message opens once");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<Case, 3> cases = make_cases();
  static testing::SeededRandom random(3);
  const ByteView input(data, size);
  if (size < 5) return 0;
  const Case& chosen = cases[input[0] % cases.size()];
  Session alice = Session::load(chosen.alice);
  const std::uint32_t ec_ahead = count_at(input, 1);
  const std::uint32_t pq_ahead = count_at(input, 3);
  testing::skip_keys(alice, ec_ahead, pq_ahead);
  Draft draft = testing::take_next(alice, as_bytes("x"), random);
  const auto genuine = draft.header.encode();
  const Bytes changed = fuzz::edited(Bytes(genuine.begin(), genuine.end()), input.subspan(5));
  if (changed.size() != genuine.size()) return 0;
  draft.header = session::Header::decode(std::span<const std::uint8_t, session::kHeaderLen>(changed));
  const bool is_near = ec_ahead + chosen.ec_lost <= kMaxSkip && pq_ahead + chosen.pq_lost <= kMaxPqSkip;
  offer(chosen.bob, draft.seal(),
        changed == Bytes(genuine.begin(), genuine.end()) ? std::optional(is_near) : std::nullopt);
  return 0;
}
