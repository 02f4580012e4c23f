#include <anochat/framing/frame.hpp>
#include <anochat/framing/frame_reader.hpp>

#include "support/check.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

using namespace anochat;

namespace {

std::vector<Bytes> drain(FrameReader& reader) {
  std::vector<Bytes> frames;
  while (const auto frame = reader.next()) frames.emplace_back(frame->begin(), frame->end());
  return frames;
}

void append(std::vector<Bytes>& all, std::vector<Bytes> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

Bytes stream_of(const std::vector<Bytes>& payloads) {
  Bytes stream;
  for (const Bytes& payload : payloads) append_frame(stream, payload);
  return stream;
}

std::vector<Bytes> three_frames() { return {to_bytes("a"), to_bytes("bcdef"), to_bytes("gh")}; }

}  // namespace

TEST_CASE("frames have their frozen bytes") {
  CHECK(to_hex(encode_frame(to_bytes("hello"))) == "0000000568656c6c6f");
  CHECK(to_hex(frame_head(kMaxFrameLen)) == "00100000");
  CHECK(to_hex(stream_of(three_frames())) ==
        "0000000161"
        "000000056263646566"
        "000000026768");
}

TEST_CASE("a frame that no reader takes is not written") {
  Bytes out = to_bytes("before");
  CHECK_ERROR(append_frame(out, {}), Errc::invalid_argument);
  CHECK_ERROR(append_frame(out, Bytes(kMaxFrameLen + 1)), Errc::too_large);
  CHECK_ERROR(frame_head(0), Errc::invalid_argument);
  CHECK_ERROR(frame_head(kMaxFrameLen + 1), Errc::too_large);
  CHECK(out == to_bytes("before"));
  CHECK(encode_frame(Bytes(kMaxFrameLen)).size() == kFrameHeadLen + kMaxFrameLen);
}

TEST_CASE("frames arrive whole however the stream is cut into three pieces") {
  const std::vector<Bytes> expected = three_frames();
  const Bytes stream = stream_of(expected);
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      FrameReader reader(5);
      std::vector<Bytes> frames;
      const ByteView view(stream);
      for (const ByteView piece : {view.first(first), view.subspan(first, second - first), view.subspan(second)}) {
        reader.feed(piece);
        append(frames, drain(reader));
      }
      REQUIRE(frames == expected);
      REQUIRE(reader.is_at_boundary());
    }
  }
}

TEST_CASE("frames arrive whole byte by byte, each with its last byte") {
  const Bytes stream = stream_of(three_frames());
  FrameReader reader;
  std::vector<std::size_t> arrived;
  for (std::size_t at = 0; at < stream.size(); ++at) {
    reader.feed(ByteView(stream).subspan(at, 1));
    if (!drain(reader).empty()) arrived.push_back(at);
    CHECK(reader.is_at_boundary() == (!arrived.empty() && arrived.back() == at));
  }
  CHECK(arrived == std::vector<std::size_t>{4, 13, 19});
}

TEST_CASE("random frames in random pieces arrive whole, in bounded memory") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    const std::size_t limit = 1 + random() % 3'000;
    std::vector<Bytes> expected(random() % 40);
    for (Bytes& payload : expected) {
      payload.resize(1 + random() % limit);
      std::generate(payload.begin(), payload.end(), [&] { return static_cast<std::uint8_t>(random()); });
    }
    const Bytes stream = stream_of(expected);
    const std::size_t largest_piece = 1 + random() % (random() % 2 == 0 ? 16 : 8'000);

    FrameReader reader(limit);
    std::vector<Bytes> frames;
    for (ByteView rest = stream; !rest.empty();) {
      const std::size_t len = std::min(rest.size(), std::size_t{random() % (largest_piece + 1)});
      reader.feed(rest.first(len));
      rest = rest.subspan(len);
      append(frames, drain(reader));
      REQUIRE(reader.capacity() <= kFrameHeadLen + limit + largest_piece);
    }
    REQUIRE(frames == expected);
    REQUIRE(reader.is_at_boundary());
  }
}

TEST_CASE("a frame over the limit is refused from its head alone, and for good") {
  FrameReader reader(1'000);
  Bytes stream = encode_frame(Bytes(1'000, 1));

  SUBCASE("4 GiB less one byte, as the first frame") {
    CHECK_ERROR(reader.feed(*from_hex("ffffffff00")), Errc::too_large);
  }
  SUBCASE("one byte too many, found when the head is complete") {
    reader.feed(*from_hex("000003"));
    CHECK(drain(reader).empty());
    CHECK_ERROR(reader.feed(*from_hex("e9")), Errc::too_large);
  }
  SUBCASE("behind a good frame, which still arrives") {
    stream.insert(stream.end(), {0x80, 0, 0, 0});
    reader.feed(stream);
    CHECK(reader.next()->size() == 1'000);
    CHECK_ERROR(reader.next(), Errc::too_large);
  }
  CHECK_ERROR(reader.next(), Errc::too_large);
  CHECK_ERROR(reader.feed(encode_frame(to_bytes("fine"))), Errc::too_large);
  CHECK_ERROR(reader.feed({}), Errc::too_large);
  CHECK_FALSE(reader.is_at_boundary());
  CHECK(reader.capacity() == 0);
}

TEST_CASE("an empty frame is refused, and for good") {
  FrameReader reader;
  CHECK_ERROR(reader.feed(Bytes(4, 0)), Errc::bad_message);
  CHECK_ERROR(reader.feed(encode_frame(to_bytes("fine"))), Errc::bad_message);
  CHECK_ERROR(reader.next(), Errc::bad_message);
}

TEST_CASE("feeding while a whole frame waits is refused and loses nothing") {
  FrameReader reader;
  const Bytes stream = stream_of({to_bytes("one"), to_bytes("two")});
  reader.feed(stream);
  CHECK(as_text(*reader.next()) == "one");
  CHECK_ERROR(reader.feed(stream), Errc::wrong_state);
  CHECK(as_text(*reader.next()) == "two");
  reader.feed(stream);
  CHECK(drain(reader).size() == 2);
}

TEST_CASE("the length of a frame alone makes the reader store nothing") {
  FrameReader reader;
  reader.feed(frame_head(kMaxFrameLen));
  CHECK(drain(reader).empty());
  CHECK(reader.capacity() < 64);
  CHECK_FALSE(reader.is_at_boundary());
}

TEST_CASE("a drained reader gives back the memory of a large frame") {
  FrameReader reader;
  reader.feed(encode_frame(Bytes(kMaxFrameLen)));
  CHECK(drain(reader).size() == 1);
  CHECK(reader.capacity() <= 4'096);
}

TEST_CASE("a drained reader keeps room for one small frame and no more") {
  FrameReader small;
  small.feed(encode_frame(Bytes(4'092)));
  CHECK(drain(small).size() == 1);
  CHECK(small.capacity() == 4'096);
  FrameReader larger;
  larger.feed(encode_frame(Bytes(4'093)));
  CHECK(drain(larger).size() == 1);
  CHECK(larger.capacity() == 0);
}

TEST_CASE("limits outside the protocol's are refused") {
  CHECK_ERROR(FrameReader(0), Errc::invalid_argument);
  CHECK_ERROR(FrameReader(kMaxFrameLen + 1), Errc::invalid_argument);
  CHECK_NOTHROW(FrameReader(1));
}

TEST_CASE("three million tiny frames take linear time, in one piece and byte by byte") {
  // Moving the rest of the stream for every frame would take hours.
  constexpr std::size_t kCount = 3'000'000;
  Bytes stream;
  for (std::size_t i = 0; i < kCount; ++i) append_frame(stream, as_bytes("x"));

  FrameReader reader;
  std::size_t count = 0;
  SUBCASE("in one piece") {
    reader.feed(stream);
    while (reader.next()) ++count;
  }
  SUBCASE("byte by byte") {
    for (const std::uint8_t& byte : stream) {
      reader.feed({&byte, 1});
      while (reader.next()) ++count;
    }
    CHECK(reader.capacity() <= 16);
  }
  CHECK(count == kCount);
}

TEST_CASE("a large frame takes linear time byte by byte") {
  const Bytes stream = encode_frame(Bytes(kMaxFrameLen, 7));
  FrameReader reader;
  for (int repeat = 0; repeat < 4; ++repeat) {
    for (const std::uint8_t& byte : stream) reader.feed({&byte, 1});
    CHECK(reader.capacity() <= stream.size());
    CHECK(drain(reader).size() == 1);
  }
}
