// A relay with two good devices and a hostile connection: whatever that one says, the relay stays within its bounds and
// the good ones are served.
//
// The input is a row of steps. The first byte of each says what: a good frame with edits, raw bytes, or something that
// happens around the connection; the second how many bytes of the input belong to it.
#include <anochat/relay/memory_relay_store.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/relay_party.hpp"

#include <array>

using namespace anochat;

namespace {

using testing::FuzzParty;

struct Scene {
  Scene() : party(1), hostile(party.relay.open(as_bytes("hostile"))) {}

  FuzzParty party;
  Relay::Connection hostile;

  void log_in() {
    party.relay.close(hostile);
    hostile = party.log_in(party.mallory);
  }
  void check() {
    const std::size_t held = party.relay.outgoing_bytes(hostile);
    fuzz::require(held <= party.options.outgoing_bytes + kMaxRelayFrameLen, "memory for a connection is bounded");
    for (const Bytes& frame : party.relay.take(hostile, 10'000)) {
      static_cast<void>(decode_relay_frame(frame));  // throws: then the relay has said what no client can read
    }
  }
};

void step(Scene& scene, std::uint8_t what, ByteView bytes) {
  FuzzParty& party = scene.party;
  switch (what % 8) {
    case 0:
      party.relay.receive(scene.hostile, bytes);
      break;
    case 1:
      scene.log_in();
      break;
    case 2:
      party.relay.flush();
      break;
    case 3:
      party.clock.advance(std::chrono::milliseconds(bytes.empty() ? 10 : 1'000 * bytes[0]));
      party.relay.tick();
      break;
    default: {
      const auto& frames = party.good_frames;
      const Bytes& good = frames[(what / 8) % frames.size()];
      party.relay.receive(scene.hostile, fuzz::edited(good, bytes));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4'096) return 0;
  Scene scene;
  for (ByteView input(data, size); input.size() >= 2;) {
    const std::uint8_t what = input[0];
    const std::size_t len = std::min<std::size_t>(input[1], input.size() - 2);
    step(scene, what, input.subspan(2, len));
    scene.check();
    input = input.subspan(2 + len);
  }
  fuzz::require(scene.party.serves_bob(), "a good device gets its mail");
  return 0;
}
