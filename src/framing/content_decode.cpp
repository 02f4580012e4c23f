#include <anochat/framing/content.hpp>

#include "framing/content_parse.hpp"
#include "framing/content_rules.hpp"
#include "framing/wire_content.hpp"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace anochat {
namespace {

constexpr detail::RuleErrors kErrors = detail::kWhenDecoding;

[[noreturn]] void refuse() { throw Error(kErrors.broken, kErrors.where); }

bool parse(wire::v1::Content& out, ByteView encoded) {
  google::protobuf::io::CodedInputStream in(encoded.data(), static_cast<int>(encoded.size()));
  in.SetRecursionLimit(kMaxContentDepth);
  return out.ParseFromCodedStream(&in) && in.ConsumedEntireMessage();
}

Bytes to_owned_bytes(const std::string& in) { return {in.begin(), in.end()}; }

template <std::size_t N>
ByteArray<N> exactly(const std::string& in) {
  if (in.size() != N) refuse();
  ByteArray<N> out;
  std::copy(in.begin(), in.end(), out.begin());
  return out;
}

MessageId message_id(const std::string& in) { return {exactly<MessageId::kLen>(in)}; }

content::MessageRef message_ref(const wire::v1::MessageRef& in) {
  return {exactly<32>(in.author()), message_id(in.id())};
}

// What does not fit becomes negative, which no rule allows.
Milliseconds milliseconds(std::uint64_t in) noexcept { return Milliseconds(static_cast<std::int64_t>(in)); }

// Nothing when the value is one of a later version; those count upwards.
template <class Ours>
std::optional<Ours> choice(int in, Ours last) {
  if (in <= 0) refuse();
  if (in > static_cast<int>(last)) return std::nullopt;
  return static_cast<Ours>(in);
}

// What is left when the common fields are gone: a kind that this version does not know, as a whole or in part.
content::Unknown unknown_kind(wire::v1::Content& in) {
  in.clear_id();
  in.clear_sent_at_ms();
  in.clear_conversation();
  in.clear_expire_timer_s();
  in.clear_fallback();
  in.clear_device_list();
  in.clear_repairs();
  const std::size_t len = in.ByteSizeLong();
  if (len == 0) refuse();
  content::Unknown out{SecretBytes(len)};
  in.SerializeWithCachedSizesToArray(out.raw.data());
  return out;
}

// Each function below gives nothing for a known kind with a choice of a later version.
using MaybeKind = std::optional<content::Kind>;

MaybeKind read(wire::v1::Text& in) { return content::Text{std::move(*in.mutable_text())}; }

MaybeKind read(wire::v1::Reply& in) {
  return content::Reply{message_ref(in.target()), std::move(*in.mutable_text()), std::move(*in.mutable_excerpt())};
}

MaybeKind read(wire::v1::Edit& in) { return content::Edit{message_id(in.target()), std::move(*in.mutable_text())}; }

MaybeKind read(wire::v1::Delete& in) { return content::Delete{message_id(in.target())}; }

MaybeKind read(wire::v1::Reaction& in) {
  const auto action = choice(in.action(), content::ReactionAction::remove);
  if (!action) return std::nullopt;
  return content::Reaction{message_ref(in.target()), std::move(*in.mutable_emoji()), *action};
}

MaybeKind read(wire::v1::Attachment& in) {
  constexpr std::size_t kKeyLen = content::AttachmentKey::kSize;
  if (in.key().size() != kKeyLen) refuse();
  auto* const key = reinterpret_cast<std::uint8_t*>(in.mutable_key()->data());
  return content::Attachment{.blob_id = to_owned_bytes(in.blob_id()),
                             .size = in.size(),
                             .digest = exactly<32>(in.digest()),
                             .key = content::AttachmentKey(std::span<std::uint8_t, kKeyLen>(key, kKeyLen)),
                             .mime_type = std::move(*in.mutable_mime_type()),
                             .name = std::move(*in.mutable_name()),
                             .width = in.width(),
                             .height = in.height(),
                             .duration = milliseconds(in.duration_ms()),
                             .preview = to_owned_bytes(in.preview()),
                             .caption = std::move(*in.mutable_caption())};
}

MaybeKind read(wire::v1::Receipt& in) {
  const auto type = choice(in.type(), content::ReceiptType::read);
  if (!type) return std::nullopt;
  content::Receipt out{.type = *type, .messages = {}};
  for (const std::string& id : in.messages()) out.messages.push_back(message_id(id));
  return out;
}

MaybeKind read(wire::v1::Typing& in) {
  const auto action = choice(in.action(), content::TypingAction::stopped);
  if (!action) return std::nullopt;
  return content::Typing{*action};
}

MaybeKind read(wire::v1::Presence& in) {
  const auto status = choice(in.status(), content::PresenceStatus::offline);
  if (!status) return std::nullopt;
  content::Presence out{.status = *status, .last_seen = std::nullopt};
  if (in.last_seen_ms() != 0) out.last_seen = UnixTime(milliseconds(in.last_seen_ms()));
  return out;
}

MaybeKind read(wire::v1::CallSignal& in) {
  const auto type = choice(in.type(), content::CallSignalType::busy);
  std::optional<content::CallMedia> media;
  const bool has_media = in.media() != wire::v1::CallSignal::MEDIA_UNSPECIFIED;
  if (has_media) media = choice(in.media(), content::CallMedia::video);
  if (!type || has_media != media.has_value()) return std::nullopt;
  return content::CallSignal{{exactly<CallId::kLen>(in.call())}, *type, media, to_owned_bytes(in.payload())};
}

MaybeKind read(wire::v1::GroupUpdate& in) { return content::GroupUpdate{to_owned_bytes(in.payload())}; }

MaybeKind read(wire::v1::Profile& in) {
  content::Profile out{std::move(*in.mutable_name()), to_owned_bytes(in.avatar()), std::move(*in.mutable_about()), {}};
  if (!in.delivery_token().empty()) out.delivery_token = exactly<kDeliveryTokenLen>(in.delivery_token());
  return out;
}

MaybeKind read(wire::v1::TimerChange& in) { return content::TimerChange{std::chrono::seconds(in.timer_s())}; }

MaybeKind read(wire::v1::SentTranscript& in) {
  return content::SentTranscript{to_owned_bytes(in.recipient()), {in.content().begin(), in.content().end()}};
}

MaybeKind read(wire::v1::RepairRequest& in) {
  content::RepairRequest out;
  for (const std::string& id : in.messages()) out.messages.push_back(message_id(id));
  for (const std::string& hash : in.envelopes()) out.envelopes.push_back(exactly<32>(hash));
  return out;
}

MaybeKind read(wire::v1::Custom& in) {
  return content::Custom{std::move(*in.mutable_type()), to_owned_bytes(in.data())};
}

MaybeKind read_known(wire::v1::Content& in) {
  switch (in.kind_case()) {
    case wire::v1::Content::kText:
      return read(*in.mutable_text());
    case wire::v1::Content::kReply:
      return read(*in.mutable_reply());
    case wire::v1::Content::kEdit:
      return read(*in.mutable_edit());
    case wire::v1::Content::kDelete:
      return read(*in.mutable_delete_());
    case wire::v1::Content::kReaction:
      return read(*in.mutable_reaction());
    case wire::v1::Content::kAttachment:
      return read(*in.mutable_attachment());
    case wire::v1::Content::kReceipt:
      return read(*in.mutable_receipt());
    case wire::v1::Content::kTyping:
      return read(*in.mutable_typing());
    case wire::v1::Content::kPresence:
      return read(*in.mutable_presence());
    case wire::v1::Content::kCallSignal:
      return read(*in.mutable_call_signal());
    case wire::v1::Content::kGroupUpdate:
      return read(*in.mutable_group_update());
    case wire::v1::Content::kProfile:
      return read(*in.mutable_profile());
    case wire::v1::Content::kTimerChange:
      return read(*in.mutable_timer_change());
    case wire::v1::Content::kSentTranscript:
      return read(*in.mutable_sent_transcript());
    case wire::v1::Content::kRepairRequest:
      return read(*in.mutable_repair_request());
    case wire::v1::Content::kCustom:
      return read(*in.mutable_custom());
    case wire::v1::Content::KIND_NOT_SET:
      break;
  }
  return std::nullopt;
}

Content read(wire::v1::Content& message) {
  Content content;
  content.id = message_id(message.id());
  content.sent_at = UnixTime(milliseconds(message.sent_at_ms()));
  content.conversation = to_owned_bytes(message.conversation());
  content.expire_timer = std::chrono::seconds(message.expire_timer_s());
  content.fallback = message.fallback();
  content.device_list = to_owned_bytes(message.device_list());
  if (!message.repairs().empty()) content.repairs = {exactly<EnvelopeId::kLen>(message.repairs())};
  if (MaybeKind known = read_known(message)) {
    content.kind = std::move(*known);
  } else {
    content.kind = unknown_kind(message);
  }
  return content;
}

}  // namespace

bool detail::is_unknown_kind(ByteView raw) {
  WireContent wire;
  return wire.use([raw](wire::v1::Content& message) {
    if (!parse(message, raw)) return false;
    try {
      return !read_known(message) && equal_ct(unknown_kind(message).raw, raw);
    } catch (const Error&) {
      return false;
    }
  });
}

Content decode_content(ByteView encoded) {
  if (encoded.size() > kMaxContentLen) throw Error(Errc::too_large, kErrors.where);
  detail::WireContent wire;
  Content content = wire.use([encoded](wire::v1::Content& message) {
    if (!parse(message, encoded)) refuse();
    return read(message);
  });
  detail::check_content(content, kErrors);
  return content;
}

}  // namespace anochat
