#include <anochat/framing/relay_frames.hpp>
#include <anochat/testing/random.hpp>
#include <doctest/doctest.h>
#include <vector>

#include "support/check.hpp"

using namespace anochat;

namespace {

std::vector<ClientFrame> client_frames() {
  return {
      {1, Login{.certificate = {1}, .signature = {2}}},
      {2, PublishPreKeys{Bytes(116, 1), Bytes(1'268, 2), {Bytes(116, 3), Bytes(116, 4)}, {Bytes(1'268, 5)}}},
      {3, PublishPreKeys{{}, {}, {}, {}, /*replaces_all=*/true}},
      {4, PublishAccount{Bytes(300, 1), {9}}},
      {5, FetchAccounts{{{1}, {2}}}},
      {5, FetchAccounts{{{1}}, {{2}, {3}}}},
      {5, FetchAccounts{{}, {{2}}}},
      {6, Submit{{{Bytes(60, 7), {1}}, {Bytes(kMaxEnvelopeLen, 8), {}}}}},
      {7, Acknowledge{{{1}, {2}}}, kMaxGeneration},
      {8, CountPreKeys{}},
      {~std::uint64_t{0}, Ping{}},
      {9, ClaimHandle{{1}}},
      {10, ReleaseHandle{{2}}},
      {11, FindHandle{{3}}},
      {12, BeginBlob{5'000'000'000, 720}},
      {13, AppendBlob{{1}, {2}, 262'144, Bytes(kMaxBlobPart, 3)}},
      {14, AskBlob{{1}, {2}}},
      {15, ReadBlob{{1}, {2}, 7, kMaxBlobPart}},
      {16, RemoveBlob{{1}, {2}}},
  };
}

std::vector<RelayFrame> relay_frames() {
  return {
      {0, Challenge{"relay.example", {7}}},
      {1, Done{}},
      {1, Done{kMaxGeneration}},
      {2, Refused{Errc::rate_limited, std::chrono::milliseconds(1'500)}},
      {3, FetchedAccounts{{{{1}, Bytes(200, 2), {Bytes(1'553, 3), Bytes(1'669, 4)}}, {{2}, {}, {}}}}},
      {4, Submitted{{0, -65, 0}}},
      {5, PreKeyCount{20, 100}},
      {0, Deliver{{Bytes(60, 1), Bytes(60, 2)}}},
      {6, Pong{}},
      {7, FoundHandle{}},
      {8, FoundHandle{ByteArray<32>{5}}},
      {9, BlobBegun{{1}, {2}, {3}}},
      {10, BlobStatus{262'144}},
      {11, BlobPart{Bytes(kMaxBlobPart, 1)}},
      {12, BlobPart{}},
  };
}

}  // namespace

TEST_CASE("every frame reads back what it says") {
  for (const ClientFrame& frame : client_frames()) {
    const Bytes encoded = encode(frame);
    const ClientFrame decoded = decode_client_frame(encoded);
    CHECK(decoded.request == frame.request);
    CHECK(decoded.generation == frame.generation);
    CHECK(decoded.body.index() == frame.body.index());
    CHECK(encode(decoded) == encoded);
  }
  for (const RelayFrame& frame : relay_frames()) {
    const Bytes encoded = encode(frame);
    const RelayFrame decoded = decode_relay_frame(encoded);
    CHECK(decoded.request == frame.request);
    CHECK(decoded.body.index() == frame.body.index());
    CHECK(encode(decoded) == encoded);
  }
  const auto refused = std::get<Refused>(decode_relay_frame(encode(relay_frames()[3])).body);
  CHECK(refused.code == Errc::rate_limited);
  CHECK(refused.retry_after == std::chrono::milliseconds(1'500));
}

TEST_CASE("frames that break a rule are not made") {
  CHECK_ERROR(encode(ClientFrame{1, FetchAccounts{}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, FetchAccounts{std::vector<ByteArray<32>>(17)}}), Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, FetchAccounts{std::vector<ByteArray<32>>(8), std::vector<ByteArray<32>>(9)}}), Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, PublishPreKeys{Bytes(115), {}, {}, {}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, PublishPreKeys{{}, {}, std::vector<Bytes>(201, Bytes(116)), {}}}), Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, Submit{{{Bytes(kMaxEnvelopeLen + 1), {}}}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(ClientFrame{1, Submit{std::vector<Submission>(20, {Bytes(kMaxEnvelopeLen), {}})}}), Errc::too_large);
  CHECK_ERROR(encode(ClientFrame{1, Acknowledge{std::vector<ByteArray<16>>(257)}}), Errc::too_large);
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
  CHECK_ERROR(encode(RelayFrame{1, Submitted{{1}}}), Errc::invalid_argument);
  CHECK_ERROR(encode(RelayFrame{1, Refused{static_cast<Errc>(0), {}}}), Errc::invalid_argument);
}

TEST_CASE("frames that are no frames are refused") {
  CHECK_ERROR(decode_client_frame({}), Errc::bad_message);
  CHECK_ERROR(decode_relay_frame({}), Errc::bad_message);
  CHECK_ERROR(decode_client_frame(Bytes(kMaxRelayFrameLen + 1)), Errc::too_large);
  CHECK_ERROR(decode_client_frame(from_hex("0801").value()), Errc::bad_message);              // no body
  CHECK_ERROR(decode_client_frame(from_hex("0801f20700").value()), Errc::bad_message);        // a body of a later version
  CHECK_ERROR(decode_client_frame(from_hex("080182010a0a").value()), Errc::bad_message);      // cut short
  CHECK(decode_client_frame(from_hex("0801ba0100").value()).request == 1);                    // a ping
  CHECK_ERROR(decode_client_frame(from_hex("0801ba01000c").value()), Errc::bad_message);      // and the end of a group
  CHECK_ERROR(decode_relay_frame(encode(client_frames()[1])), Errc::bad_message);
  CHECK_ERROR(decode_client_frame(from_hex("080110ffffffffffffffffff01ba0100").value()), Errc::bad_message);  // generation 2^64 - 1
  CHECK_ERROR(decode_relay_frame(from_hex("08018a020a08ffffffffffffffffff01").value()), Errc::bad_message);
}

TEST_CASE("no prefix and no change of a frame does more than throw") {
  testing::SeededRandom random(1);
  for (const RelayFrame& frame : relay_frames()) {
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
