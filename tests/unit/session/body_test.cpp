#include "session/body.hpp"

#include <anochat/framing/limits.hpp>
#include <anochat/framing/padding.hpp>

#include "base/byte_io.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace anochat;
using session::BodyPlan;
using session::kSymbolIndexes;
using session::plan_body;
using session::SymbolOffer;

namespace {

struct Row {
  std::size_t content_len;
  SymbolOffer offer;
  std::uint32_t n;
  std::size_t body_len;
  unsigned count;
};

Bytes laid_out(std::string_view content, std::uint8_t count, std::uint16_t first, std::size_t size) {
  Bytes body;
  detail::ByteWriter<Bytes>(body)
      .be32(static_cast<std::uint32_t>(content.size()))
      .bytes(as_bytes(content))
      .u8(count)
      .be16(first);
  body.resize(size);
  return body;
}

}  // namespace

TEST_CASE("a message carries as many symbols as the table of the protocol says") {
  const std::vector<Row> rows{
      // no payload
      {0, {0, 0}, 0, 256, 0},
      {249, {0, 0}, 5, 256, 0},
      {250, {0, 0}, 5, 512, 0},
      // room in a bucket, one symbol at least
      {0, {38, 0}, 0, 256, 7},
      {25, {38, 0}, 0, 256, 7},
      {26, {38, 0}, 0, 256, 6},
      {217, {38, 0}, 0, 256, 1},
      {218, {38, 0}, 0, 512, 8},
      {249, {38, 0}, 0, 512, 8},
      {1'024, {38, 0}, 0, 2'048, 31},
      {2'100, {38, 0}, 0, 4'096, 38},
      // the rest of the payload, whatever the number of the message
      {0, {38, 35}, 3, 256, 3},
      {0, {38, 35}, 0, 256, 7},
      {0, {35, 34}, 1, 256, 1},
      // the whole payload was sent: more only in the first message of a chain
      {0, {38, 38}, 1, 256, 0},
      {217, {38, 38}, 1, 256, 0},
      {218, {38, 38}, 1, 256, 0},
      {0, {38, 38}, 0, 256, 7},
      {0, {35, 40'000}, 9, 256, 0},
      // indexes end at 65,535
      {0, {35, 65'534}, 0, 256, 2},
      {0, {35, 65'535}, 0, 256, 1},
      // the largest message
      {65'536, {38, 0}, 0, 67'584, 38},
      {65'536, {0, 0}, 0, 67'584, 0},
      {65'529, {0, 0}, 0, 65'536, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.content_len);
    CAPTURE(row.offer.next_index);
    CAPTURE(row.n);
    const BodyPlan plan = plan_body(row.content_len, row.offer, row.n);
    CHECK(plan.body_len == row.body_len);
    CHECK(plan.symbol_count == row.count);
    CHECK(plan.first_symbol == (row.count == 0 ? 0 : row.offer.next_index));
  }
}

TEST_CASE("every plan fits its body, and its body is a padded size") {
  for (std::size_t content = 0; content <= kMaxContentLen; content += content < 5'000 ? 1 : 251) {
    for (const SymbolOffer offer : {SymbolOffer{}, SymbolOffer{38, 0}, SymbolOffer{35, 30}, SymbolOffer{35, 65'535}}) {
      for (const std::uint32_t n : {0U, 1U}) {
        const BodyPlan plan = plan_body(content, offer, n);
        const std::size_t used = session::kBodyOverhead + content + plan.symbol_count * session::kSymbolLen;
        REQUIRE(used <= plan.body_len);
        REQUIRE(is_padded_size(plan.body_len));
        REQUIRE(plan.body_len <= session::kMaxBodyLen);
        REQUIRE(plan.first_symbol + plan.symbol_count <= kSymbolIndexes);
        REQUIRE((offer.payload_symbols == 0 || n != 0 || plan.symbol_count > 0));
      }
    }
  }
}

TEST_CASE("what is written is read back") {
  Bytes body(256, 0xee);
  const BodyPlan plan{.body_len = 256, .symbol_count = 2, .first_symbol = 500};
  const MutableByteView symbols = session::write_body(as_bytes("text"), plan, body);
  REQUIRE(symbols.size() == 64);
  std::fill(symbols.begin(), symbols.end(), std::uint8_t{7});
  const auto view = session::parse_body(body);
  REQUIRE(view);
  CHECK(as_text(view->content) == "text");
  CHECK(view->first_symbol == 500);
  CHECK(view->symbol_count() == 2);
  CHECK(view->symbols[63] == 7);
}

TEST_CASE("bodies that break a rule are refused") {
  CHECK(session::parse_body(laid_out("", 0, 0, 256)));
  CHECK_FALSE(session::parse_body(Bytes(6)));
  CHECK_FALSE(session::parse_body(Bytes{}));
  CHECK(session::parse_body(Bytes(7)));
  CHECK_FALSE(session::parse_body(laid_out("", 0, 1, 256)));  // no symbols, but an index
  CHECK_FALSE(session::parse_body(laid_out("", 8, 0, 256)));  // no room for eight
  CHECK(session::parse_body(laid_out("", 7, 0, 256)));
  CHECK(session::parse_body(laid_out("", 7, 65'529, 256)));
  CHECK_FALSE(session::parse_body(laid_out("", 7, 65'530, 256)));  // over the last index
  Bytes body = laid_out("text", 1, 3, 256);
  for (std::size_t at = 4 + 4 + 3 + 32; at < body.size(); ++at) {  // every byte of the filling counts
    body[at] = 0x10;
    CHECK_FALSE(session::parse_body(body));
    body[at] = 0;
  }
  CHECK(session::parse_body(body));
  for (const std::uint32_t length : {250U, 257U, 65'536U, 65'537U, 0x7fff'ffffU, 0xffff'ffffU}) {
    Bytes wrong(256);
    detail::put_be32(wrong.data(), length);
    CHECK_FALSE(session::parse_body(wrong));
  }
  Bytes largest(session::kMaxBodyLen);
  detail::put_be32(largest.data(), 65'536);
  CHECK(session::parse_body(largest));
  detail::put_be32(largest.data(), 65'537);
  CHECK_FALSE(session::parse_body(largest));
}

TEST_CASE("content of every length up to three buckets keeps its bucket") {
  for (std::size_t content = 0; content <= 1'017; ++content) {
    const std::size_t expected = content <= 249 ? 256 : content <= 505 ? 512 : 1'024;
    CHECK(plan_body(content, {}, 1).body_len == expected);
  }
}
