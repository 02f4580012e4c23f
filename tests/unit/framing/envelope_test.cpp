#include <anochat/framing/envelope.hpp>

#include "support/check.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace anochat;

namespace {

template <class Name>
Name counting_from(std::uint8_t first) {
  Name name;
  for (std::uint8_t& byte : name.bytes) byte = first++;
  return name;
}

Envelope example() {
  return {.mailbox = counting_from<MailboxId>(0x10),
          .id = counting_from<EnvelopeId>(0xa0),
          .expires = UnixHour(std::chrono::hours(0x00080706)),
          .is_ephemeral = true,
          .blob = to_bytes("blob")};
}

bool are_same(const EnvelopeView& a, const EnvelopeView& b) {
  return a.mailbox == b.mailbox && a.id == b.id && a.expires == b.expires && a.is_ephemeral == b.is_ephemeral &&
         std::equal(a.blob.begin(), a.blob.end(), b.blob.begin(), b.blob.end());
}

}  // namespace

TEST_CASE("an envelope has its frozen bytes") {
  const char* const golden =
      "01"
      "01"
      "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
      "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
      "00080706"
      "00000004"
      "626c6f62";
  CHECK(to_hex(encode_envelope(example().view())) == golden);
  CHECK(are_same(decode_envelope(*from_hex(golden)), example().view()));
}

TEST_CASE("an envelope reads back at the ends of every range") {
  Envelope envelope = example();
  for (const std::size_t len : {std::size_t{1}, kMaxBlobLen}) {
    for (const std::int64_t hours : {std::int64_t{0}, std::int64_t{UINT32_MAX}}) {
      for (const bool is_ephemeral : {false, true}) {
        envelope.blob.assign(len, 0x5a);
        envelope.expires = UnixHour(std::chrono::hours(hours));
        envelope.is_ephemeral = is_ephemeral;
        const Bytes encoded = encode_envelope(envelope.view());
        CHECK(encoded.size() == kEnvelopeHeadLen + len);
        CHECK(are_same(decode_envelope(encoded), envelope.view()));
      }
    }
  }
  CHECK(kEnvelopeHeadLen + kMaxBlobLen == kMaxEnvelopeLen);
}

TEST_CASE("decoding copies nothing, and a copy outlives the bytes") {
  Bytes encoded = encode_envelope(example().view());
  const EnvelopeView view = decode_envelope(encoded);
  CHECK(view.blob.data() == encoded.data() + kEnvelopeHeadLen);
  const Envelope copy = to_owned(view);
  std::fill(encoded.begin(), encoded.end(), std::uint8_t{0});
  CHECK(are_same(copy.view(), example().view()));
}

TEST_CASE("the expiry is coarse and never early") {
  using std::chrono::hours;
  CHECK(expiry_hour(UnixTime(Milliseconds(0))) == UnixHour(hours(0)));
  CHECK(expiry_hour(UnixTime(Milliseconds(1))) == UnixHour(hours(1)));
  CHECK(expiry_hour(UnixTime(Milliseconds(3'600'000))) == UnixHour(hours(1)));
  CHECK(expiry_hour(UnixTime(Milliseconds(3'600'001))) == UnixHour(hours(2)));
}

TEST_CASE("an envelope that could not be read back is not written") {
  Envelope envelope = example();
  SUBCASE("a blob one byte too long") {
    envelope.blob.assign(kMaxBlobLen + 1, 0);
    CHECK_ERROR(encode_envelope(envelope.view()), Errc::too_large);
  }
  SUBCASE("no blob") {
    envelope.blob.clear();
    CHECK_ERROR(encode_envelope(envelope.view()), Errc::invalid_argument);
  }
  SUBCASE("an expiry before 1970") {
    envelope.expires = UnixHour(std::chrono::hours(-1));
    CHECK_ERROR(encode_envelope(envelope.view()), Errc::invalid_argument);
  }
  SUBCASE("an expiry past 32 bits of hours") {
    envelope.expires = UnixHour(std::chrono::hours(std::int64_t{UINT32_MAX} + 1));
    CHECK_ERROR(encode_envelope(envelope.view()), Errc::invalid_argument);
  }
}

TEST_CASE("a malformed envelope is refused with its reason") {
  Bytes encoded = encode_envelope(example().view());
  SUBCASE("any other version") {
    for (int version = 0; version < 256; ++version) {
      if (version == 1) continue;
      encoded[0] = static_cast<std::uint8_t>(version);
      CHECK_ERROR(decode_envelope(encoded), Errc::unsupported_version);
    }
  }
  SUBCASE("any other flag") {
    for (int bit = 1; bit < 8; ++bit) {
      encoded[1] = static_cast<std::uint8_t>(1 | 1 << bit);
      CHECK_ERROR(decode_envelope(encoded), Errc::bad_message);
    }
  }
  SUBCASE("any truncation") {
    for (std::size_t len = 0; len < encoded.size(); ++len) {
      CHECK_ERROR(decode_envelope(ByteView(encoded).first(len)), Errc::bad_message);
    }
  }
  SUBCASE("a byte after the end") {
    encoded.push_back(0);
    CHECK_ERROR(decode_envelope(encoded), Errc::bad_message);
  }
  SUBCASE("an empty blob") {
    encoded.resize(kEnvelopeHeadLen);
    encoded[kEnvelopeHeadLen - 1] = 0;
    CHECK_ERROR(decode_envelope(encoded), Errc::bad_message);
  }
  SUBCASE("a blob said to have 4 GiB") {
    std::fill_n(encoded.begin() + 54, 4, std::uint8_t{0xff});
    CHECK_ERROR(decode_envelope(encoded), Errc::too_large);
  }
  SUBCASE("a byte over the limit") {
    encoded.resize(kMaxEnvelopeLen + 1);
    CHECK_ERROR(decode_envelope(encoded), Errc::too_large);
  }
}

TEST_CASE("whatever decodes encodes to the same bytes, for 100,000 mutated envelopes") {
  std::mt19937_64 random(11);
  const Bytes valid = encode_envelope(example().view());
  std::size_t accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    Bytes mutated = valid;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      // Most edits hit the structure rather than the opaque ids.
      const std::size_t at = random() % 2 == 0 ? random() % 2 : 50 + random() % (mutated.size() - 50);
      mutated[at] = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : random() % 6);
    }
    if (random() % 8 == 0) mutated.resize(random() % (mutated.size() + 4));
    try {
      const EnvelopeView view = decode_envelope(mutated);
      ++accepted;
      REQUIRE(encode_envelope(view) == mutated);
    } catch (const Error& error) {
      const bool expected = error.code() == Errc::bad_message || error.code() == Errc::too_large ||
                            error.code() == Errc::unsupported_version;
      REQUIRE(expected);
    }
  }
  CHECK(accepted > 1'000);
  CHECK(accepted < 99'000);
}
