// Content, envelopes and relay frames: nothing is kept, so nothing can be half done.
#include <anochat/framing/content.hpp>
#include <anochat/framing/envelope.hpp>
#include <anochat/framing/frame.hpp>
#include <anochat/framing/frame_reader.hpp>

#include "faults.hpp"
#include "unit/framing/content_examples.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using oom::fail_every_allocation;
using oom::Trial;

TEST_CASE("content of every kind is encoded and decoded, or memory is short") {
  for (const testing::ContentExample& example : testing::content_examples()) {
    const SecretBytes good = encode_content(example.content);
    fail_every_allocation("framing: encode content", [&] {
      auto out = std::make_shared<SecretBytes>();
      return Trial{out,
                   [&, out = out.get()] { *out = encode_content(example.content); },
                   {},
                   [&, out = out.get()] { CHECK(*out == good); }};
    });
    fail_every_allocation("framing: decode content", [&] {
      auto out = std::make_shared<SecretBytes>();
      return Trial{out,
                   [&, out = out.get()] { *out = encode_content(decode_content(good)); },
                   {},
                   [&, out = out.get()] { CHECK(*out == good); }};
    });
  }
}

TEST_CASE("a frame reader without memory has taken nothing") {
  struct Stream {
    FrameReader reader;
    Bytes frame = encode_frame(Bytes(5'000, 7));
    Bytes payload;
  };
  fail_every_allocation("framing: read a frame", [] {
    auto stream = std::make_shared<Stream>();
    return Trial{stream,
                 [s = stream.get()] {
                   s->payload.reserve(5'000);
                   if (s->reader.is_at_boundary()) s->reader.feed(s->frame);
                   const auto next = s->reader.next();
                   s->payload.assign(next->begin(), next->end());
                 },
                 {},
                 [s = stream.get()] {
                   CHECK(s->payload == Bytes(5'000, 7));
                   CHECK(s->reader.is_at_boundary());
                 }};
  });
}

TEST_CASE("envelopes without memory") {
  fail_every_allocation("framing: envelope", [] {
    auto out = std::make_shared<Bytes>();
    return Trial{out, [out = out.get()] {
                   const Bytes blob(300, 1);
                   *out = encode_envelope({{}, {}, UnixHour{}, false, blob});
                   static_cast<void>(decode_envelope(*out));
                 }};
  });
}
