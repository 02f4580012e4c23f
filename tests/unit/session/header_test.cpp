#include "session/header.hpp"

#include "session/chain.hpp"
#include "session/wire.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using session::Header;
using session::MessageType;

TEST_CASE("a header lies in its 52 bytes as the protocol says") {
  Header header{.pn = 0x01020304, .n = 0x05060708, .pq_epoch = 0x1112131415161718, .pq_n = 0x21222324};
  for (std::size_t i = 0; i < 32; ++i) header.dh[i] = static_cast<std::uint8_t>(0x40 + i);
  const auto encoded = header.encode();
  CHECK(to_hex(encoded) ==
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
        "0102030405060708111213141516171821222324");
  const Header back = Header::decode(encoded);
  CHECK(back.dh == header.dh);
  CHECK(back.pn == header.pn);
  CHECK(back.n == header.n);
  CHECK(back.pq_epoch == header.pq_epoch);
  CHECK(back.pq_n == header.pq_n);
}

TEST_CASE("counters are in range below 2^31, and PQ numbers from 1") {
  const std::uint32_t most = kCounterEnd - 1;
  CHECK(Header{.pq_n = 1}.is_in_range());
  CHECK(Header{.pn = most, .n = most, .pq_epoch = ~std::uint64_t{0}, .pq_n = most}.is_in_range());
  CHECK_FALSE(Header{.pq_n = 0}.is_in_range());
  CHECK_FALSE(Header{.pn = most + 1, .pq_n = 1}.is_in_range());
  CHECK_FALSE(Header{.n = most + 1, .pq_n = 1}.is_in_range());
  CHECK_FALSE(Header{.pq_n = most + 1}.is_in_range());
}

TEST_CASE("the parts of a message lie where the protocol says") {
  CHECK(session::message_len(MessageType::ratchet, 256) == 356);
  CHECK(session::message_len(MessageType::initial, 256) == 1'671);
  Bytes message(1'671);
  session::write_prefix(MessageType::initial, message.data());
  CHECK(to_hex(ByteView(message).first(4)) == "11010100");
  const session::MessageView view = session::parse_message(message, "test");
  CHECK(view.block.data() == message.data() + 4);
  CHECK(view.block.size() == 1'315);
  CHECK(view.front.size() == 1'319);
  CHECK(view.header_nonce.data() == message.data() + 1'319);
  CHECK(view.sealed_header.data() == message.data() + 1'331);
  CHECK(view.head.size() == 1'399);
  CHECK(view.sealed_body.size() == 272);
}

TEST_CASE("only padded sizes up to the limit are messages") {
  std::size_t count = 0;
  for (std::size_t length = 0; length < 70'000; ++length) {
    Bytes message(length);
    if (length >= 4) session::write_prefix(MessageType::ratchet, message.data());
    const bool is_allowed = length >= 356 && length - 100 <= session::kMaxBodyLen && is_padded_size(length - 100);
    bool is_message = true;
    try {
      static_cast<void>(session::parse_message(message, "test"));
    } catch (const Error& error) {
      is_message = false;
      REQUIRE(error.code() == Errc::bad_message);
    }
    REQUIRE(is_message == is_allowed);
    count += is_message ? 1U : 0U;
  }
  CHECK(count == 5 + 16 * 4 + 1);  // the buckets, sixteen sizes for each power of two up to 65,536, and 67,584
}
