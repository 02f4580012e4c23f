// Frames from hostile clients and from a hostile relay.
#include <anochat/framing/relay_frames.hpp>

#include "fuzz/fuzz.hpp"

using namespace anochat;

namespace {

template <class Decode>
void check(Decode decode, ByteView input) {
  const auto round_trip = [decode, input] {
    const auto frame = decode(input);
    const Bytes once = encode(frame);
    const auto again = decode(once);
    fuzz::require(again.request == frame.request && again.body.index() == frame.body.index(), "the frame stays");
    fuzz::require(encode(again) == once, "what was read can be sent again and stays the same");
  };
  static_cast<void>(fuzz::accepts({Errc::bad_message, Errc::too_large}, round_trip));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(decode_client_frame, {data, size});
  check(decode_relay_frame, {data, size});
  return 0;
}
