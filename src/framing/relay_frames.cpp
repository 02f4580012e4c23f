#include <anochat/framing/relay_frames.hpp>

#include <google/protobuf/io/coded_stream.h>
#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "framing/proto/anochat/wire/v1/relay.pb.h"
#include "framing/relay_rules.hpp"
#include "framing/wire_message.hpp"

namespace anochat {
namespace {

namespace pb = wire::v1;
using namespace framing;

constexpr std::string_view kEncode = "relay_frame.encode";
constexpr std::string_view kDecode = "relay_frame.decode";
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
  if (from.replaces_all) to.set_replaces_all(true);
}
void write(const PublishAccount& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_publish_account();
  to.set_device_list(to_pb(from.device_list));
  to.set_delivery_token(to_pb(from.delivery_token));
}
void write(const FetchAccounts& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_fetch_accounts();
  for (const auto& account : from.accounts) to.add_accounts(to_pb(account));
  for (const auto& account : from.lists) to.add_lists(to_pb(account));
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
void write(const ClaimHandle& from, pb::ClientFrame& frame) { frame.mutable_claim_handle()->set_hash(to_pb(from.hash)); }
void write(const ReleaseHandle& from, pb::ClientFrame& frame) {
  frame.mutable_release_handle()->set_hash(to_pb(from.hash));
}
void write(const FindHandle& from, pb::ClientFrame& frame) { frame.mutable_find_handle()->set_hash(to_pb(from.hash)); }
void write(const BeginBlob& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_begin_blob();
  to.set_size(from.size);
  to.set_lifetime_hours(from.lifetime_hours);
}
void write(const AppendBlob& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_append_blob();
  to.set_id(to_pb(from.id));
  to.set_write(to_pb(from.write));
  to.set_offset(from.offset);
  to.set_part(to_pb(from.part));
}
void write(const AskBlob& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_ask_blob();
  to.set_id(to_pb(from.id));
  to.set_write(to_pb(from.write));
}
void write(const ReadBlob& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_read_blob();
  to.set_id(to_pb(from.id));
  to.set_read(to_pb(from.read));
  to.set_offset(from.offset);
  to.set_size(from.size);
}
void write(const RemoveBlob& from, pb::ClientFrame& frame) {
  auto& to = *frame.mutable_remove_blob();
  to.set_id(to_pb(from.id));
  to.set_write(to_pb(from.write));
}

void write(const Challenge& from, pb::RelayFrame& frame) {
  auto& to = *frame.mutable_challenge();
  to.set_relay(from.relay);
  to.set_nonce(to_pb(from.nonce));
}
void write(const Done& from, pb::RelayFrame& frame) { frame.mutable_done()->set_generation(from.generation); }
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
void write(const FoundHandle& from, pb::RelayFrame& frame) {
  auto& to = *frame.mutable_found_handle();
  if (from.account) to.set_account(to_pb(*from.account));
}
void write(const BlobBegun& from, pb::RelayFrame& frame) {
  auto& to = *frame.mutable_blob_begun();
  to.set_id(to_pb(from.id));
  to.set_write(to_pb(from.write));
  to.set_read(to_pb(from.read));
}
void write(const BlobStatus& from, pb::RelayFrame& frame) { frame.mutable_blob_status()->set_received(from.received); }
void write(const BlobPart& from, pb::RelayFrame& frame) { frame.mutable_blob_part()->set_part(to_pb(from.part)); }

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
std::vector<ByteArray<N>> read_ids(const Repeated& from, std::size_t fewest = 1) {
  kDecodeRules.count(static_cast<std::size_t>(from.size()), fewest, kMaxFrameBatch);
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
          read_all(from.one_time(), kMaxPublishedPreKeys), read_all(from.kem_one_time(), kMaxPublishedPreKeys),
          from.replaces_all()};
}
PublishAccount read(const pb::PublishAccount& from) {
  PublishAccount to;
  to.device_list = from_pb(from.device_list());
  read(from.delivery_token(), to.delivery_token);
  return to;
}
FetchAccounts read(const pb::FetchAccounts& from) { return {read_ids<32>(from.accounts(), 0), read_ids<32>(from.lists(), 0)}; }
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
  // What does not fit becomes negative, which the rules refuse.
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
template <class Handle, class Message>
Handle read_handle(const Message& from) {
  Handle to;
  read(from.hash(), to.hash);
  return to;
}
FoundHandle read(const pb::FoundHandle& from) {
  FoundHandle to;
  if (!from.account().empty()) read(from.account(), to.account.emplace());
  return to;
}
BlobBegun read(const pb::BlobBegun& from) {
  BlobBegun to;
  read(from.id(), to.id);
  read(from.write(), to.write);
  read(from.read(), to.read);
  return to;
}
AppendBlob read(const pb::AppendBlob& from) {
  AppendBlob to;
  read(from.id(), to.id);
  read(from.write(), to.write);
  to.offset = from.offset();
  to.part = from_pb(from.part());
  return to;
}
AskBlob read(const pb::AskBlob& from) {
  AskBlob to;
  read(from.id(), to.id);
  read(from.write(), to.write);
  return to;
}
ReadBlob read(const pb::ReadBlob& from) {
  ReadBlob to;
  read(from.id(), to.id);
  read(from.read(), to.read);
  to.offset = from.offset();
  to.size = from.size();
  return to;
}
RemoveBlob read(const pb::RemoveBlob& from) {
  RemoveBlob to;
  read(from.id(), to.id);
  read(from.write(), to.write);
  return to;
}

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
    case pb::ClientFrame::kClaimHandle: return read_handle<ClaimHandle>(frame.claim_handle());
    case pb::ClientFrame::kReleaseHandle: return read_handle<ReleaseHandle>(frame.release_handle());
    case pb::ClientFrame::kFindHandle: return read_handle<FindHandle>(frame.find_handle());
    case pb::ClientFrame::kBeginBlob: return BeginBlob{frame.begin_blob().size(), frame.begin_blob().lifetime_hours()};
    case pb::ClientFrame::kAppendBlob: return read(frame.append_blob());
    case pb::ClientFrame::kAskBlob: return read(frame.ask_blob());
    case pb::ClientFrame::kReadBlob: return read(frame.read_blob());
    case pb::ClientFrame::kRemoveBlob: return read(frame.remove_blob());
    case pb::ClientFrame::BODY_NOT_SET: break;
  }
  throw Error(Errc::bad_message, kDecode);
}

decltype(RelayFrame::body) read_body(const pb::RelayFrame& frame) {
  switch (frame.body_case()) {
    case pb::RelayFrame::kChallenge: return read(frame.challenge());
    case pb::RelayFrame::kDone: return Done{frame.done().generation()};
    case pb::RelayFrame::kRefused: return read(frame.refused());
    case pb::RelayFrame::kFetchedAccounts: return read(frame.fetched_accounts());
    case pb::RelayFrame::kSubmitted: return read(frame.submitted());
    case pb::RelayFrame::kPrekeyCount: return read(frame.prekey_count());
    case pb::RelayFrame::kDeliver: return read(frame.deliver());
    case pb::RelayFrame::kPong: return Pong{};
    case pb::RelayFrame::kFoundHandle: return read(frame.found_handle());
    case pb::RelayFrame::kBlobBegun: return read(frame.blob_begun());
    case pb::RelayFrame::kBlobStatus: return BlobStatus{frame.blob_status().received()};
    case pb::RelayFrame::kBlobPart: return BlobPart{from_pb(frame.blob_part().part())};
    case pb::RelayFrame::BODY_NOT_SET: break;
  }
  throw Error(Errc::bad_message, kDecode);
}

void write_head(const ClientFrame& from, pb::ClientFrame& to) {
  to.set_request(from.request);
  to.set_generation(from.generation);
}
void write_head(const RelayFrame& from, pb::RelayFrame& to) { to.set_request(from.request); }

void read_head(const pb::ClientFrame& from, ClientFrame& to) {
  to.request = from.request();
  to.generation = from.generation();
}
void read_head(const pb::RelayFrame& from, RelayFrame& to) { to.request = from.request(); }

template <class Message, class Frame>
Bytes encode_frame_body(const Frame& frame) {
  kEncodeRules.check_head(frame);
  std::visit([](const auto& body) { kEncodeRules.check(body); }, frame.body);
  detail::WireMessage<Message> wire;
  return wire.use([&frame](Message& message) {
    write_head(frame, message);
    std::visit([&message](const auto& body) { write(body, message); }, frame.body);
    const std::size_t length = message.ByteSizeLong();
    if (length > kMaxRelayFrameLen) throw Error(Errc::too_large, kEncode);
    Bytes encoded(length);
    message.SerializeWithCachedSizesToArray(encoded.data());
    return encoded;
  });
}

template <class Message, class Frame>
Frame decode_frame_body(ByteView encoded) {
  if (encoded.size() > kMaxRelayFrameLen) throw Error(Errc::too_large, kDecode);
  detail::WireMessage<Message> wire;
  Frame frame = wire.use([encoded](Message& message) {
    google::protobuf::io::CodedInputStream in(encoded.data(), static_cast<int>(encoded.size()));
    in.SetRecursionLimit(8);
    if (!message.ParseFromCodedStream(&in) || !in.ConsumedEntireMessage()) throw Error(Errc::bad_message, kDecode);
    Frame out;
    out.body = read_body(message);
    read_head(message, out);
    return out;
  });
  kDecodeRules.check_head(frame);
  std::visit([](const auto& body) { kDecodeRules.check(body); }, frame.body);
  return frame;
}

}  // namespace

Bytes encode(const ClientFrame& frame) { return encode_frame_body<pb::ClientFrame>(frame); }
Bytes encode(const RelayFrame& frame) { return encode_frame_body<pb::RelayFrame>(frame); }
ClientFrame decode_client_frame(ByteView encoded) { return decode_frame_body<pb::ClientFrame, ClientFrame>(encoded); }
RelayFrame decode_relay_frame(ByteView encoded) { return decode_frame_body<pb::RelayFrame, RelayFrame>(encoded); }

}  // namespace anochat
