#include <anochat/framing/relay_frames.hpp>
#include <anochat/testing/random.hpp>

#include "support/check.hpp"
#include "wire.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace anochat;
using testing::Wire;

namespace {

// A frame and the bytes that it must have.
template <class Frame>
struct Example {
  Frame frame;
  Wire wire;
};

template <std::size_t N>
ByteArray<N> array(std::uint8_t first) {
  return {first};
}

Wire head(std::uint64_t request) { return Wire().varint(1, request); }

std::uint64_t zigzag(std::int32_t negative) { return static_cast<std::uint64_t>(-std::int64_t{negative} * 2 - 1); }

std::vector<Example<ClientFrame>> client_examples() {
  const auto id = Wire().bytes(1, array<16>(1)).bytes(2, array<32>(2));
  return {
      {{1, Login{.certificate = {1}, .signature = {2}}},
       head(1).message(16, Wire().bytes(1, array<165>(1)).bytes(2, array<64>(2)))},
      {{2, PublishPreKeys{Bytes(116, 1), Bytes(1'268, 2), {Bytes(116, 3), Bytes(116, 4)}, {Bytes(1'268, 5)}}},
       head(2).message(17, Wire()
                               .bytes(1, Bytes(116, 1))
                               .bytes(2, Bytes(1'268, 2))
                               .bytes(3, Bytes(116, 3))
                               .bytes(3, Bytes(116, 4))
                               .bytes(4, Bytes(1'268, 5)))},
      {{3, PublishPreKeys{{}, {}, {}, {}, /*replaces_all=*/true}}, head(3).message(17, Wire().varint(5, 1))},
      {{4, PublishAccount{Bytes(300, 1), {9}}},
       head(4).message(18, Wire().bytes(1, Bytes(300, 1)).bytes(2, array<16>(9)))},
      {{5, FetchAccounts{{{1}, {2}}}}, head(5).message(19, Wire().bytes(1, array<32>(1)).bytes(1, array<32>(2)))},
      {{5, FetchAccounts{{{1}}, {{2}, {3}}}},
       head(5).message(19, Wire().bytes(1, array<32>(1)).bytes(2, array<32>(2)).bytes(2, array<32>(3)))},
      {{5, FetchAccounts{{}, {{2}}}}, head(5).message(19, Wire().bytes(2, array<32>(2)))},
      {{6, Submit{{{Bytes(60, 7), {1}}, {Bytes(kMaxEnvelopeLen, 8), {}}}}},
       head(6).message(20, Wire()
                               .message(1, Wire().bytes(1, Bytes(60, 7)).bytes(2, array<16>(1)))
                               .message(1, Wire().bytes(1, Bytes(kMaxEnvelopeLen, 8)).bytes(2, array<16>(0))))},
      {{7, Acknowledge{{{1}, {2}}}, kMaxGeneration},
       head(7).varint(2, kMaxGeneration).message(21, Wire().bytes(1, array<16>(1)).bytes(1, array<16>(2)))},
      {{8, CountPreKeys{}}, head(8).message(22, {})},
      {{~std::uint64_t{0}, Ping{}}, head(~std::uint64_t{0}).message(23, {})},
      {{9, ClaimHandle{{1}}}, head(9).message(24, Wire().bytes(1, array<32>(1)))},
      {{10, ReleaseHandle{{2}}}, head(10).message(25, Wire().bytes(1, array<32>(2)))},
      {{11, FindHandle{{3}}}, head(11).message(26, Wire().bytes(1, array<32>(3)))},
      {{12, BeginBlob{5'000'000'000, 720}}, head(12).message(27, Wire().varint(1, 5'000'000'000).varint(2, 720))},
      {{13, AppendBlob{{1}, {2}, 262'144, Bytes(kMaxBlobPart, 3)}},
       head(13).message(28, Wire(id).varint(3, 262'144).bytes(4, Bytes(kMaxBlobPart, 3)))},
      {{14, AskBlob{{1}, {2}}}, head(14).message(29, id)},
      {{15, ReadBlob{{1}, {2}, 7, kMaxBlobPart}}, head(15).message(30, Wire(id).varint(3, 7).varint(4, kMaxBlobPart))},
      {{16, RemoveBlob{{1}, {2}}}, head(16).message(31, id)},
  };
}

std::vector<Example<RelayFrame>> relay_examples() {
  return {
      {{0, Challenge{"relay.example", {7}}},
       Wire().message(32, Wire().text(1, "relay.example").bytes(2, array<32>(7)))},
      {{1, Done{}}, head(1).message(33, {})},
      {{1, Done{kMaxGeneration}}, head(1).message(33, Wire().varint(1, kMaxGeneration))},
      {{2, Refused{Errc::rate_limited, std::chrono::milliseconds(1'500)}},
       head(2).message(34, Wire().varint(1, zigzag(static_cast<std::int32_t>(Errc::rate_limited))).varint(2, 1'500))},
      {{3, FetchedAccounts{{{{1}, Bytes(200, 2), {Bytes(1'553, 3), Bytes(1'669, 4)}}, {{2}, {}, {}}}}},
       head(3).message(35, Wire()
                               .message(1, Wire()
                                               .bytes(1, array<32>(1))
                                               .bytes(2, Bytes(200, 2))
                                               .bytes(3, Bytes(1'553, 3))
                                               .bytes(3, Bytes(1'669, 4)))
                               .message(1, Wire().bytes(1, array<32>(2))))},
      {{4, Submitted{{0, -65, 0}}},
       head(4).message(36, Wire().message(1, Wire().number(0).number(zigzag(-65)).number(0)))},
      {{5, PreKeyCount{20, 100}}, head(5).message(37, Wire().varint(1, 20).varint(2, 100))},
      {{0, Deliver{{Bytes(60, 1), Bytes(60, 2)}}},
       Wire().message(38, Wire().bytes(1, Bytes(60, 1)).bytes(1, Bytes(60, 2)))},
      {{6, Pong{}}, head(6).message(39, {})},
      {{7, FoundHandle{}}, head(7).message(40, {})},
      {{8, FoundHandle{ByteArray<32>{5}}}, head(8).message(40, Wire().bytes(1, array<32>(5)))},
      {{9, BlobBegun{{1}, {2}, {3}}},
       head(9).message(41, Wire().bytes(1, array<16>(1)).bytes(2, array<32>(2)).bytes(3, array<32>(3)))},
      {{10, BlobStatus{262'144}}, head(10).message(42, Wire().varint(1, 262'144))},
      {{11, BlobPart{Bytes(kMaxBlobPart, 1)}}, head(11).message(43, Wire().bytes(1, Bytes(kMaxBlobPart, 1)))},
      {{12, BlobPart{}}, head(12).message(43, {})},
  };
}

}  // namespace

TEST_CASE("every frame has the bytes that the protocol says, and reads back what it says") {
  for (const auto& [frame, wire] : client_examples()) {
    CAPTURE(frame.request);
    const Bytes encoded = encode(frame);
    CHECK(encoded == wire.get());
    const ClientFrame decoded = decode_client_frame(encoded);
    CHECK(decoded.request == frame.request);
    CHECK(decoded.generation == frame.generation);
    CHECK(decoded.body.index() == frame.body.index());
    CHECK(encode(decoded) == encoded);
  }
  for (const auto& [frame, wire] : relay_examples()) {
    CAPTURE(frame.request);
    const Bytes encoded = encode(frame);
    CHECK(encoded == wire.get());
    const RelayFrame decoded = decode_relay_frame(encoded);
    CHECK(decoded.request == frame.request);
    CHECK(decoded.body.index() == frame.body.index());
    CHECK(encode(decoded) == encoded);
  }
  const auto refused = std::get<Refused>(decode_relay_frame(encode(relay_examples()[3].frame)).body);
  CHECK(refused.code == Errc::rate_limited);
  CHECK(refused.retry_after == std::chrono::milliseconds(1'500));
}

TEST_CASE("frames at the limits of every rule are made and read") {
  const Bytes small(116);
  const Bytes large(1'268);
  const std::vector<ClientFrame> from_client{
      {1, PublishPreKeys{small, large, std::vector<Bytes>(200, small), std::vector<Bytes>(200, large)}},
      {1, PublishAccount{{}, {}}},
      {1, PublishAccount{Bytes(4'096), {}}},
      {1, FetchAccounts{std::vector<ByteArray<32>>(16)}},
      {1, FetchAccounts{std::vector<ByteArray<32>>(7), std::vector<ByteArray<32>>(9)}},
      {1, Submit{{{Bytes(1), {}}}}},
      {1, Submit{std::vector<Submission>(256, {Bytes(1), {}})}},
      {1, Acknowledge{{{1}}}},
      {1, Acknowledge{std::vector<ByteArray<16>>(256)}},
      {1, BeginBlob{1, 0}},
      {1, BeginBlob{kMaxFileLen, 1}},
      {1, AppendBlob{{}, {}, kMaxFileLen, Bytes(1)}},
      {1, ReadBlob{{}, {}, kMaxFileLen, 1}},
  };
  for (const ClientFrame& frame : from_client) {
    CAPTURE(frame.body.index());
    const Bytes encoded = encode(frame);
    CHECK(encode(decode_client_frame(encoded)) == encoded);
  }
  const std::vector<RelayFrame> from_relay{
      {1, Challenge{"r", {}}},
      {1, Challenge{std::string(255, 'r'), {}}},
      {1, Refused{Errc{-1}, {}}},
      {1, Refused{Errc::rate_limited, std::chrono::hours(24 * 366)}},
      {1, FetchedAccounts{std::vector<FetchedAccount>(16, {{}, Bytes(4'096), std::vector<Bytes>(32, Bytes(1))})}},
      {1, FetchedAccounts{{{{1}, {}, {}}}}},
      {1, Submitted{{0}}},
      {1, Submitted{std::vector<std::int32_t>(256, -1)}},
      {1, Deliver{std::vector<Bytes>(256, Bytes(1))}},
      {1, Deliver{{Bytes(kMaxEnvelopeLen)}}},
      {1, BlobStatus{kMaxFileLen}},
  };
  for (const RelayFrame& frame : from_relay) {
    CAPTURE(frame.body.index());
    const Bytes encoded = encode(frame);
    CHECK(encode(decode_relay_frame(encoded)) == encoded);
  }
}

TEST_CASE("a frame of the greatest length is made and read, and a byte more is refused") {
  const auto frame_with_last = [](std::size_t length) {
    Deliver body{std::vector<Bytes>(kMaxRelayFrameLen / kMaxEnvelopeLen, Bytes(kMaxEnvelopeLen))};
    body.envelopes.emplace_back(length);
    return RelayFrame{0, std::move(body)};
  };
  const std::size_t room = kMaxRelayFrameLen - encode(frame_with_last(40'000)).size();
  const Bytes longest = encode(frame_with_last(40'000 + room));
  REQUIRE(longest.size() == kMaxRelayFrameLen);
  CHECK(encode(decode_relay_frame(longest)) == longest);
  CHECK_ERROR(encode(frame_with_last(40'000 + room + 1)), Errc::too_large);
}

TEST_CASE("frames that break a rule are not made") {
  CHECK_ERROR(encode(ClientFrame{1, FetchAccounts{}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, FetchAccounts{std::vector<ByteArray<32>>(17)}}), Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, FetchAccounts{std::vector<ByteArray<32>>(8), std::vector<ByteArray<32>>(9)}}),
              Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, PublishPreKeys{Bytes(115), {}, {}, {}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, PublishPreKeys{{}, {}, std::vector<Bytes>(201, Bytes(116)), {}}}), Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, Submit{{{Bytes(kMaxEnvelopeLen + 1), {}}}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, Submit{std::vector<Submission>(20, {Bytes(kMaxEnvelopeLen), {}})}}),
              Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, Acknowledge{std::vector<ByteArray<16>>(257)}}), Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, Submit{}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, Submit{std::vector<Submission>(257, {Bytes(1), {}})}}), Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, Submit{std::vector<Submission>(1)}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, Acknowledge{}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, PublishPreKeys{{}, Bytes(1'267), {}, {}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, PublishPreKeys{{}, {}, {Bytes(115)}, {}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, PublishPreKeys{{}, {}, {}, {Bytes(1'267)}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, PublishPreKeys{{}, {}, {}, std::vector<Bytes>(201, Bytes(1'268))}}),
              Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, PublishAccount{Bytes(4'097), {}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, BeginBlob{0, 1}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, BeginBlob{kMaxFileLen + 1, 1}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, AppendBlob{}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, AppendBlob{{}, {}, 0, Bytes(kMaxBlobPart + 1)}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, ReadBlob{{}, {}, 0, 0}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, ReadBlob{{}, {}, kMaxFileLen + 1, 1}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, BlobPart{Bytes(kMaxBlobPart + 1)}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, Ping{}, kMaxGeneration + 1}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Done{kMaxGeneration + 1}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Challenge{"", {}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Challenge{std::string(256, 'r'), {}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, FetchedAccounts{}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, FetchedAccounts{std::vector<FetchedAccount>(17)}}), Errc::too_large);
  CHECK_ERROR(encode(RelayFrame{1, FetchedAccounts{{{{1}, Bytes(4'097), {}}}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, FetchedAccounts{{{{1}, {}, std::vector<Bytes>(33, Bytes(1))}}}}), Errc::too_large);
  CHECK_ERROR(encode(RelayFrame{1, FetchedAccounts{{{{1}, {}, {Bytes(1'670)}}}}}), Errc::invalid_argument);
  const std::chrono::milliseconds year(31'622'400'000);  // 366 days
  CHECK_FALSE(encode(RelayFrame{1, Refused{Errc::rate_limited, year}}).empty());
  CHECK_ERROR(encode(RelayFrame{1, Refused{Errc::rate_limited, year + std::chrono::milliseconds(1)}}),
              Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, FetchedAccounts{{{{1}, {}, {Bytes()}}}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Submitted{{1}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Submitted{}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Submitted{std::vector<std::int32_t>(257)}}), Errc::too_large);
  CHECK_ERROR(encode(RelayFrame{1, Deliver{}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Deliver{std::vector<Bytes>(257, Bytes(1))}}), Errc::too_large);
  CHECK_ERROR(encode(RelayFrame{1, Deliver{std::vector<Bytes>(1)}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Deliver{{Bytes(kMaxEnvelopeLen + 1)}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, BlobStatus{kMaxFileLen + 1}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Refused{static_cast<Errc>(0), {}}}), Errc::invalid_argument);
}

TEST_CASE("frames that break a rule are refused") {
  const auto client = [](std::uint32_t field, const Wire& body) {
    CAPTURE(field);
    CHECK_ERROR(decode_client_frame(head(1).message(field, body).get()), Errc::bad_message);
  };
  const auto relay = [](std::uint32_t field, const Wire& body) {
    CAPTURE(field);
    CHECK_ERROR(decode_relay_frame(head(1).message(field, body).get()), Errc::bad_message);
  };
  const auto many = [](int count, ByteView item) {
    Wire wire;
    for (int i = 0; i < count; ++i) wire.bytes(1, item);
    return wire;
  };
  const Wire id = Wire().bytes(1, array<16>(1)).bytes(2, array<32>(2));
  client(16, Wire().bytes(1, array<164>(1)).bytes(2, array<64>(2)));
  client(16, Wire().bytes(1, array<165>(1)).bytes(2, array<63>(2)));
  client(17, Wire().bytes(1, Bytes(115)));
  client(17, Wire().bytes(2, Bytes(116)));
  client(17, Wire().bytes(3, Bytes(117)));
  client(17, Wire().bytes(4, Bytes(1'269)));
  client(18, Wire().bytes(1, Bytes(4'097)).bytes(2, array<16>(1)));
  client(18, Wire().bytes(1, Bytes(1)));
  client(19, {});
  client(19, many(17, array<32>(1)));
  client(19, many(1, array<31>(1)));
  client(20, {});
  client(20, many(257, Wire().bytes(1, Bytes(1)).bytes(2, array<16>(1)).get()));
  client(20, many(1, Wire().bytes(2, array<16>(1)).get()));
  client(20, many(1, Wire().bytes(1, Bytes(1)).get()));
  client(21, {});
  client(21, many(257, array<16>(1)));
  client(24, {});
  client(27, {});
  client(27, Wire().varint(1, kMaxFileLen + 1));
  client(28, id);
  client(28, Wire(id).varint(3, kMaxFileLen + 1).bytes(4, Bytes(1)));
  client(28, Wire(id).bytes(4, Bytes(kMaxBlobPart + 1)));
  client(30, id);
  client(30, Wire(id).varint(3, kMaxFileLen + 1).varint(4, 1));
  client(30, Wire(id).varint(4, kMaxBlobPart + 1));
  relay(32, Wire().bytes(2, array<32>(1)));
  relay(32, Wire().bytes(1, Bytes(256)).bytes(2, array<32>(1)));
  relay(33, Wire().varint(1, kMaxGeneration + 1));
  relay(34, {});                   // no code
  relay(34, Wire().varint(1, 2));  // a code that is no error
  for (const std::uint64_t wait : {std::uint64_t{31'622'400'001}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    relay(34, Wire().varint(1, zigzag(-1)).varint(2, wait));
  }
  relay(35, {});
  relay(35, many(17, Wire().bytes(1, array<32>(1)).get()));
  relay(35, many(1, Wire().bytes(1, array<31>(1)).get()));
  relay(35, many(1, Wire().bytes(1, array<32>(1)).bytes(2, Bytes(4'097)).get()));
  relay(35, many(1, Wire().bytes(1, array<32>(1)).bytes(3, {}).get()));
  relay(35, many(1, Wire().bytes(1, array<32>(1)).bytes(3, Bytes(1'670)).get()));
  relay(36, {});
  relay(36, Wire().bytes(1, Bytes(257, 1)));
  relay(36, Wire().varint(1, 2));  // a result that is no error
  relay(38, {});
  relay(38, many(257, Bytes(1)));
  relay(38, many(1, {}));
  relay(38, many(1, Bytes(kMaxEnvelopeLen + 1)));
  relay(40, Wire().bytes(1, array<31>(1)));
  relay(42, Wire().varint(1, kMaxFileLen + 1));
  relay(43, Wire().bytes(1, Bytes(kMaxBlobPart + 1)));
}

TEST_CASE("frames that are no frames are refused") {
  CHECK_ERROR(decode_client_frame({}), Errc::bad_message);
  CHECK_ERROR(decode_relay_frame({}), Errc::bad_message);
  CHECK_ERROR(decode_client_frame(Bytes(kMaxRelayFrameLen + 1)), Errc::too_large);
  CHECK_ERROR(decode_client_frame(from_hex("0801").value()), Errc::bad_message);          // no body
  CHECK_ERROR(decode_client_frame(from_hex("0801f20700").value()), Errc::bad_message);    // a body of a later version
  CHECK_ERROR(decode_client_frame(from_hex("080182010a0a").value()), Errc::bad_message);  // cut short
  CHECK(decode_client_frame(from_hex("0801ba0100").value()).request == 1);                // a ping
  CHECK_ERROR(decode_client_frame(from_hex("0801ba01000c").value()), Errc::bad_message);  // and the end of a group
  const auto ping_and_groups = [](int depth) {
    Wire wire = head(1).message(23, {});
    for (int i = 0; i < depth; ++i) wire.begin_group(99);
    for (int i = 0; i < depth; ++i) wire.end_group(99);
    return wire.get();
  };
  CHECK_NOTHROW(decode_client_frame(ping_and_groups(7)));  // a field of a later version
  CHECK_ERROR(decode_client_frame(ping_and_groups(9)), Errc::bad_message);
  CHECK_ERROR(decode_relay_frame(encode(client_examples()[1].frame)), Errc::bad_message);
  CHECK_ERROR(decode_client_frame(from_hex("080110ffffffffffffffffff01ba0100").value()),
              Errc::bad_message);  // generation 2^64 - 1
  CHECK_ERROR(decode_relay_frame(from_hex("08018a020a08ffffffffffffffffff01").value()), Errc::bad_message);
}

TEST_CASE("no prefix and no change of a frame does more than throw") {
  testing::SeededRandom random(1);
  for (const auto& [frame, wire] : relay_examples()) {
    const Bytes encoded = encode(frame);
    for (std::size_t length = 0; length < std::min<std::size_t>(encoded.size(), 400); ++length) {
      try {
        static_cast<void>(decode_relay_frame(ByteView(encoded).first(length)));
      } catch (const Error& error) {
        CHECK(error.code() == Errc::bad_message);
      }
    }
    for (int round = 0; round < 200; ++round) {
      Bytes changed = encoded;
      const auto draw = random.array<3>();
      changed[(std::size_t{draw[0]} << 8 | draw[1]) % changed.size()] ^= draw[2];
      try {
        const RelayFrame decoded = decode_relay_frame(changed);
        CHECK(encode(decoded).size() <= changed.size() + 16);
      } catch (const Error& error) {
        CHECK(error.code() == Errc::bad_message);
      }
    }
  }
}
