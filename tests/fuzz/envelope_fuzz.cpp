// Envelopes from anybody who can reach a relay.
#include <anochat/framing/envelope.hpp>

#include "fuzz/fuzz.hpp"

#include <algorithm>

using namespace anochat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto decode = [input] {
    const EnvelopeView envelope = decode_envelope(input);
    fuzz::require(envelope.blob.data() == input.data() + kEnvelopeHeadLen, "the blob is not copied");
    const Bytes again = encode_envelope(envelope);
    fuzz::require(std::equal(again.begin(), again.end(), input.begin(), input.end()), "there is one encoding only");
  };
  static_cast<void>(fuzz::accepts({Errc::bad_message, Errc::too_large, Errc::unsupported_version}, decode));
  return 0;
}
