#include <anochat/framing/relay_frames.hpp>

#include <google/protobuf/io/coded_stream.h>
#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "framing/proto/anochat/wire/v1/relay.pb.h"

namespace anochat {
namespace {

namespace pb = wire::v1;

constexpr std::string_view kEncode = "relay_frame.encode";
constexpr std::string_view kDecode = "relay_frame.decode";
constexpr std::size_t kSmallRecord = 116;    // bytes of an X25519 prekey record
constexpr std::size_t kLargeRecord = 1'268;  // bytes of an ML-KEM prekey record
constexpr std::size_t kMaxRelayName = 255;   // bytes
constexpr std::size_t kMaxListLen = 4'096;   // bytes of a device list
constexpr std::size_t kMaxBundle = 1'669;    // bytes, with a one-time prekey
constexpr std::size_t kMaxDevices = 32;
constexpr std::chrono::milliseconds kMostRetryAfter = std::chrono::hours(24 * 366);

// The rules are the same in both directions; what breaks them is the caller's fault in one and the peer's in the other.
class Rules {
 public:
  Rules(Errc too_many, Errc bad, std::string_view where) noexcept : too_many_(too_many), bad_(bad), where_(where) {}
  void count(std::size_t value, std::size_t least, std::size_t most) const {
    if (value < least) throw Error(bad_, where_);
    if (value > most) throw Error(too_many_, where_);
  }
  void length(std::size_t value, std::size_t least, std::size_t most) const { require(value >= least && value <= most); }
  void require(bool condition) const {
    if (!condition) throw Error(bad_, where_);
  }

  void check(const Login&) const {}
  void check(const PublishPreKeys& body) const {
    require(!body.signed_prekey || body.signed_prekey->size() == kSmallRecord);
    require(!body.last_resort || body.last_resort->size() == kLargeRecord);
    count(body.one_time.size(), 0, kMaxPublishedPreKeys);
    count(body.kem_one_time.size(), 0, kMaxPublishedPreKeys);
    for (const Bytes& record : body.one_time) require(record.size() == kSmallRecord);
    for (const Bytes& record : body.kem_one_time) require(record.size() == kLargeRecord);
  }
  void check(const PublishAccount& body) const { length(body.device_list.size(), 0, kMaxListLen); }
  void check(const FetchAccounts& body) const { count(body.accounts.size(), 1, kMaxFetchedAccounts); }
  void check(const Submit& body) const {
    count(body.submissions.size(), 1, kMaxFrameBatch);
    for (const Submission& submission : body.submissions) length(submission.envelope.size(), 1, kMaxEnvelopeLen);
  }
  void check(const Acknowledge& body) const { count(body.envelopes.size(), 1, kMaxFrameBatch); }
  void check(const CountPreKeys&) const {}
  void check(const Ping&) const {}
  void check(const Challenge& body) const { length(body.relay.size(), 1, kMaxRelayName); }
  void check(const Done&) const {}
  void check(const Refused& body) const {
    require(static_cast<std::int32_t>(body.code) < 0 && body.retry_after.count() >= 0 && body.retry_after <= kMostRetryAfter);
  }
  void check(const FetchedAccounts& body) const {
    count(body.accounts.size(), 1, kMaxFetchedAccounts);
    for (const FetchedAccount& account : body.accounts) {
      length(account.device_list.size(), 0, kMaxListLen);
      count(account.bundles.size(), 0, kMaxDevices);
      for (const Bytes& bundle : account.bundles) length(bundle.size(), 1, kMaxBundle);
    }
  }
  void check(const Submitted& body) const {
    count(body.results.size(), 1, kMaxFrameBatch);
    require(std::all_of(body.results.begin(), body.results.end(), [](std::int32_t result) { return result <= 0; }));
  }
  void check(const PreKeyCount&) const {}
  void check(const Deliver& body) const {
    count(body.envelopes.size(), 1, kMaxFrameBatch);
    for (const Bytes& envelope : body.envelopes) length(envelope.size(), 1, kMaxEnvelopeLen);
  }
  void check(const Pong&) const {}

 private:
  Errc too_many_;
  Errc bad_;
  std::string_view where_;
};

const Rules kEncodeRules{Errc::too_large, Errc::invalid_argument, kEncode};
const Rules kDecodeRules{Errc::bad_message, Errc::bad_message, kDecode};

// ----- to protobuf -----

std::string to_pb(ByteView bytes) { return std::string(as_text(bytes)); }

void write(const Login& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_login();
  to.set_certificate(to_pb(from.certificate));
  to.set_signature(to_pb(from.signature));
}
void write(const PublishPreKeys& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_publish_prekeys();
  if (from.signed_prekey) to.set_signed_prekey(to_pb(*from.signed_prekey));
  if (from.last_resort) to.set_last_resort(to_pb(*from.last_resort));
  for (const Bytes& record : from.one_time) to.add_one_time(to_pb(record));
  for (const Bytes& record : from.kem_one_time) to.add_kem_one_time(to_pb(record));
}
void write(const PublishAccount& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_publish_account();
  to.set_device_list(to_pb(from.device_list));
  to.set_delivery_token(to_pb(from.delivery_token));
}
void write(const FetchAccounts& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_fetch_accounts();
  for (const auto& account : from.accounts) to.add_accounts(to_pb(account));
}
void write(const Submit& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_submit();
  for (const Submission& submission : from.submissions) {
    auto& one = *to.add_submissions();
    one.set_envelope(to_pb(submission.envelope));
    one.set_delivery_token(to_pb(submission.delivery_token));
  }
}
void write(const Acknowledge& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_acknowledge();
  for (const auto& id : from.envelopes) to.add_envelopes(to_pb(id));
}
void write(const CountPreKeys&, pb::ClientFrame& frame) { frame.mutable_count_prekeys(); }
void write(const Ping&, pb::ClientFrame& frame) { frame.mutable_ping(); }

void write(const Challenge& from, pb::RelayFrame& frame) {
  auto& to = *frame.mutable_challenge();
  to.set_relay(from.relay);
  to.set_nonce(to_pb(from.nonce));
}
void write(const Done&, pb::RelayFrame& frame) { frame.mutable_done(); }
void write(const Refused& from, pb::RelayFrame& frame) {
  auto& to = *frame.mutable_refused();
  to.set_code(static_cast<std::int32_t>(from.code));
  to.set_retry_after_ms(static_cast<std::uint64_t>(from.retry_after.count()));
}
void write(const FetchedAccounts& from, pb::RelayFrame& frame) {
  auto& to = *frame.mutable_fetched_accounts();
  for (const FetchedAccount& account : from.accounts) {
    auto& one = *to.add_accounts();
    one.set_account(to_pb(account.account));
    one.set_device_list(to_pb(account.device_list));
    for (const Bytes& bundle : account.bundles) one.add_bundles(to_pb(bundle));
  }
}
void write(const Submitted& from, pb::RelayFrame& frame) {
  auto& to = *frame.mutable_submitted();
  for (const std::int32_t result : from.results) to.add_results(result);
}
void write(const PreKeyCount& from, pb::RelayFrame& frame) {
  auto& to = *frame.mutable_prekey_count();
  to.set_one_time(from.one_time);
  to.set_kem_one_time(from.kem_one_time);
}
void write(const Deliver& from, pb::RelayFrame& frame) {
  auto& to = *frame.mutable_deliver();
  for (const Bytes& envelope : from.envelopes) to.add_envelopes(to_pb(envelope));
}
void write(const Pong&, pb::RelayFrame& frame) { frame.mutable_pong(); }

// ----- from protobuf -----

Bytes from_pb(const std::string& text) { return to_bytes(text); }

template <std::size_t N>
void read(const std::string& from, ByteArray<N>& to) {
  kDecodeRules.require(from.size() == N);
  std::copy(from.begin(), from.end(), to.begin());
}
std::optional<Bytes> read_optional(const std::string& from) {
  return from.empty() ? std::nullopt : std::optional(from_pb(from));
}
template <class Repeated>
std::vector<Bytes> read_all(const Repeated& from, std::size_t most) {
  kDecodeRules.count(static_cast<std::size_t>(from.size()), 0, most);
  std::vector<Bytes> to;
  to.reserve(static_cast<std::size_t>(from.size()));
  for (const std::string& bytes : from) to.push_back(from_pb(bytes));
  return to;
}
template <std::size_t N, class Repeated>
std::vector<ByteArray<N>> read_ids(const Repeated& from) {
  kDecodeRules.count(static_cast<std::size_t>(from.size()), 1, kMaxFrameBatch);
  std::vector<ByteArray<N>> to(static_cast<std::size_t>(from.size()));
  for (std::size_t i = 0; i < to.size(); ++i) read(from.Get(static_cast<int>(i)), to[i]);
  return to;
}

Login read(const pb::Login& from) {
  Login to;
  read(from.certificate(), to.certificate);
  read(from.signature(), to.signature);
  return to;
}
PublishPreKeys read(const pb::PublishPreKeys& from) {
  return {read_optional(from.signed_prekey()), read_optional(from.last_resort()),
          read_all(from.one_time(), kMaxPublishedPreKeys), read_all(from.kem_one_time(), kMaxPublishedPreKeys)};
}
PublishAccount read(const pb::PublishAccount& from) {
  PublishAccount to;
  to.device_list = from_pb(from.device_list());
  read(from.delivery_token(), to.delivery_token);
  return to;
}
FetchAccounts read(const pb::FetchAccounts& from) { return {read_ids<32>(from.accounts())}; }
Submit read(const pb::Submit& from) {
  kDecodeRules.count(static_cast<std::size_t>(from.submissions_size()), 1, kMaxFrameBatch);
  Submit to;
  for (const pb::Submission& submission : from.submissions()) {
    Submission& one = to.submissions.emplace_back();
    one.envelope = from_pb(submission.envelope());
    read(submission.delivery_token(), one.delivery_token);
  }
  return to;
}
Acknowledge read(const pb::Acknowledge& from) { return {read_ids<16>(from.envelopes())}; }
Challenge read(const pb::Challenge& from) {
  Challenge to;
  to.relay = from.relay();
  read(from.nonce(), to.nonce);
  return to;
}
Refused read(const pb::Refused& from) {
  kDecodeRules.require(from.retry_after_ms() <= static_cast<std::uint64_t>(kMostRetryAfter.count()));
  return {static_cast<Errc>(from.code()), std::chrono::milliseconds(static_cast<std::int64_t>(from.retry_after_ms()))};
}
FetchedAccounts read(const pb::FetchedAccounts& from) {
  kDecodeRules.count(static_cast<std::size_t>(from.accounts_size()), 1, kMaxFetchedAccounts);
  FetchedAccounts to;
  for (const pb::FetchedAccount& account : from.accounts()) {
    FetchedAccount& one = to.accounts.emplace_back();
    read(account.account(), one.account);
    one.device_list = from_pb(account.device_list());
    one.bundles = read_all(account.bundles(), kMaxDevices);
  }
  return to;
}
Submitted read(const pb::Submitted& from) {
  kDecodeRules.count(static_cast<std::size_t>(from.results_size()), 1, kMaxFrameBatch);
  return {{from.results().begin(), from.results().end()}};
}
PreKeyCount read(const pb::PreKeyCount& from) { return {from.one_time(), from.kem_one_time()}; }
Deliver read(const pb::Deliver& from) { return {read_all(from.envelopes(), kMaxFrameBatch)}; }

decltype(ClientFrame::body) read_body(const pb::ClientFrame& frame) {
  switch (frame.body_case()) {
    case pb::ClientFrame::kLogin: return read(frame.login());
    case pb::ClientFrame::kPublishPrekeys: return read(frame.publish_prekeys());
    case pb::ClientFrame::kPublishAccount: return read(frame.publish_account());
    case pb::ClientFrame::kFetchAccounts: return read(frame.fetch_accounts());
    case pb::ClientFrame::kSubmit: return read(frame.submit());
    case pb::ClientFrame::kAcknowledge: return read(frame.acknowledge());
    case pb::ClientFrame::kCountPrekeys: return CountPreKeys{};
    case pb::ClientFrame::kPing: return Ping{};
    case pb::ClientFrame::BODY_NOT_SET: break;
  }
  throw Error(Errc::bad_message, kDecode);
}

decltype(RelayFrame::body) read_body(const pb::RelayFrame& frame) {
  switch (frame.body_case()) {
    case pb::RelayFrame::kChallenge: return read(frame.challenge());
    case pb::RelayFrame::kDone: return Done{};
    case pb::RelayFrame::kRefused: return read(frame.refused());
    case pb::RelayFrame::kFetchedAccounts: return read(frame.fetched_accounts());
    case pb::RelayFrame::kSubmitted: return read(frame.submitted());
    case pb::RelayFrame::kPrekeyCount: return read(frame.prekey_count());
    case pb::RelayFrame::kDeliver: return read(frame.deliver());
    case pb::RelayFrame::kPong: return Pong{};
    case pb::RelayFrame::BODY_NOT_SET: break;
  }
  throw Error(Errc::bad_message, kDecode);
}

template <class Message, class Frame>
Bytes encode_frame_body(const Frame& frame) {
  std::visit([](const auto& body) { kEncodeRules.check(body); }, frame.body);
  Message message;
  message.set_request(frame.request);
  std::visit([&message](const auto& body) { write(body, message); }, frame.body);
  const std::size_t length = message.ByteSizeLong();
  if (length > kMaxRelayFrameLen) throw Error(Errc::too_large, kEncode);
  Bytes encoded(length);
  message.SerializeWithCachedSizesToArray(encoded.data());
  return encoded;
}

template <class Message, class Frame>
Frame decode_frame_body(ByteView encoded) {
  if (encoded.size() > kMaxRelayFrameLen) throw Error(Errc::too_large, kDecode);
  Message message;
  google::protobuf::io::CodedInputStream in(encoded.data(), static_cast<int>(encoded.size()));
  in.SetRecursionLimit(8);
  if (!message.ParseFromCodedStream(&in) || !in.ConsumedEntireMessage()) throw Error(Errc::bad_message, kDecode);
  Frame frame{message.request(), read_body(message)};
  std::visit([](const auto& body) { kDecodeRules.check(body); }, frame.body);
  return frame;
}

}  // namespace

Bytes encode(const ClientFrame& frame) { return encode_frame_body<pb::ClientFrame>(frame); }
Bytes encode(const RelayFrame& frame) { return encode_frame_body<pb::RelayFrame>(frame); }
ClientFrame decode_client_frame(ByteView encoded) { return decode_frame_body<pb::ClientFrame, ClientFrame>(encoded); }
RelayFrame decode_relay_frame(ByteView encoded) { return decode_frame_body<pb::RelayFrame, RelayFrame>(encoded); }

}  // namespace anochat
