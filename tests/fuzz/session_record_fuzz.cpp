// Saved sessions that a disk or somebody with the file has changed. The first byte picks one; what loads must save to
// the same bytes, and using it may be refused but nothing else.
#include <anochat/session/session.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/pair.hpp"

#include <vector>

using namespace anochat;

namespace {

struct Sample {
  SecretBytes saved;
  Bytes message;  // that the session would open
};

// Both sides at every turn of a conversation through two epochs, with skipped keys now and then.
std::vector<Sample> make_samples() {
  fuzz::Pair pair;
  std::vector<Sample> samples;
  for (int i = 0; i < 90; ++i) {
    Session& from = i % 2 == 0 ? *pair.bob : pair.alice;
    Session& to = i % 2 == 0 ? pair.alice : *pair.bob;
    if (i % 11 == 5) static_cast<void>(from.encrypt(as_bytes("lost"), pair.random));
    Bytes message = from.encrypt(as_bytes("x"), pair.random);
    samples.push_back({to.save(), message});
    fuzz::require(to.decrypt(message, fuzz::kNow).size() == 1, "a message arrives");
  }
  return samples;
}

void check(const Bytes& record, const Bytes& message) {
  std::optional<Session> session;
  if (!fuzz::accepts({Errc::bad_state, Errc::unsupported_state}, [&] { session = Session::load(record); })) return;
  const SecretBytes again = session->save();
  fuzz::require(Bytes(again.begin(), again.end()) == record, "what was loaded saves as it was");
  static_cast<void>(fuzz::accepts({Errc::bad_message, Errc::replayed, Errc::gap_too_large},
                                  [&] { static_cast<void>(session->decrypt(message, fuzz::kNow)); }));
  testing::SeededRandom random(2);
  static_cast<void>(fuzz::accepts({Errc::counter_exhausted, Errc::wrong_state},
                                  [&] { static_cast<void>(session->encrypt(as_bytes("x"), random)); }));
  // Whatever it has become, it can be saved and loaded.
  static_cast<void>(Session::load(session->save()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Sample> samples = make_samples();
  if (size == 0) return 0;
  const ByteView input(data, size);
  const Sample& sample = samples[data[0] % samples.size()];
  check(Bytes(input.begin(), input.end()), sample.message);
  check(fuzz::edited(Bytes(sample.saved.begin(), sample.saved.end()), input.subspan(1)), sample.message);
  return 0;
}
