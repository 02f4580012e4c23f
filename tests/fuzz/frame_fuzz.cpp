// A byte stream from anybody, in any pieces: the reader must find what a reader of the whole stream finds.
//
// Input: one byte that chooses the limit, one that seeds the cutting, then the stream.
#include <anochat/framing/frame_reader.hpp>

#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <optional>
#include <vector>

using namespace anochat;

namespace {

struct Outcome {
  std::vector<Bytes> frames;
  std::optional<Errc> refusal;
  bool is_at_boundary = true;

  bool operator==(const Outcome&) const = default;
};

// The definition, for a stream that is there as a whole.
Outcome read_whole(ByteView stream, std::size_t limit) {
  Outcome out;
  while (stream.size() >= kFrameHeadLen) {
    std::size_t len = 0;
    for (std::size_t i = 0; i < kFrameHeadLen; ++i) len = len << 8 | stream[i];
    if (len == 0) out.refusal = Errc::bad_message;
    if (len > limit) out.refusal = Errc::too_large;
    if (out.refusal || stream.size() - kFrameHeadLen < len) break;
    const ByteView frame = stream.subspan(kFrameHeadLen, len);
    out.frames.emplace_back(frame.begin(), frame.end());
    stream = stream.subspan(kFrameHeadLen + len);
  }
  out.is_at_boundary = stream.empty();
  return out;
}

Outcome read_in_pieces(ByteView stream, std::size_t limit, std::uint32_t cutting) {
  Outcome out;
  FrameReader reader(limit);
  std::size_t largest_piece = 0;
  try {
    while (!stream.empty()) {
      cutting = cutting * 1'664'525 + 1'013'904'223;  // Numerical Recipes, chapter 7
      const std::size_t len = std::min<std::size_t>(stream.size(), (cutting >> 16) % ((cutting >> 28) + 2));
      largest_piece = std::max(largest_piece, len);
      reader.feed(stream.first(len));
      stream = stream.subspan(len);
      while (const auto frame = reader.next()) out.frames.emplace_back(frame->begin(), frame->end());
      fuzz::require(reader.capacity() <= kFrameHeadLen + limit + largest_piece, "memory is bounded");
    }
  } catch (const Error& error) {
    out.refusal = error.code();
    fuzz::require(fuzz::accepts({*out.refusal}, [&reader] { reader.feed(as_bytes("x")); }) == false,
                  "it stays refused");
  }
  out.is_at_boundary = reader.is_at_boundary();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t limit = std::size_t{1} << data[0] % 12;
  const ByteView stream(data + 2, size - 2);
  fuzz::require(read_in_pieces(stream, limit, data[1]) == read_whole(stream, limit), "pieces make no difference");
  return 0;
}
