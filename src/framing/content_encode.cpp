#include <anochat/framing/content.hpp>

#include "framing/content_parse.hpp"
#include "framing/content_rules.hpp"
#include "framing/wire_content.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>

namespace anochat {
namespace {

// Every length was checked before anything is copied here.
class Writer {
 public:
  explicit Writer(wire::v1::Content& out) noexcept : out_(out) {}

  void common(const Content& in) {
    out_.set_id(bytes(in.id.bytes));
    out_.set_sent_at_ms(number(in.sent_at.time_since_epoch().count()));
    out_.set_conversation(bytes(in.conversation));
    out_.set_expire_timer_s(static_cast<std::uint32_t>(in.expire_timer.count()));
    out_.set_fallback(in.fallback);
    out_.set_device_list(bytes(in.device_list));
    if (in.repairs.is_set()) out_.set_repairs(bytes(in.repairs.bytes));
  }

  void operator()(const content::Text& in) { out_.mutable_text()->set_text(in.text); }
  void operator()(const content::Reply& in) {
    wire::v1::Reply& out = *out_.mutable_reply();
    ref(*out.mutable_target(), in.target);
    out.set_text(in.text);
    out.set_excerpt(in.excerpt);
  }
  void operator()(const content::Edit& in) {
    out_.mutable_edit()->set_target(bytes(in.target.bytes));
    out_.mutable_edit()->set_text(in.text);
  }
  void operator()(const content::Delete& in) { out_.mutable_delete_()->set_target(bytes(in.target.bytes)); }
  void operator()(const content::Reaction& in) {
    wire::v1::Reaction& out = *out_.mutable_reaction();
    ref(*out.mutable_target(), in.target);
    out.set_emoji(in.emoji);
    out.set_action(choice<wire::v1::Reaction::Action>(in.action));
  }
  void operator()(const content::Attachment& in) {
    wire::v1::Attachment& out = *out_.mutable_attachment();
    out.set_blob_id(bytes(in.blob_id));
    out.set_size(in.size);
    out.set_digest(bytes(in.digest));
    out.mutable_key()->assign(as_text(in.key.expose()));  // set_key would make a copy on the way
    out.set_mime_type(in.mime_type);
    out.set_name(in.name);
    out.set_width(in.width);
    out.set_height(in.height);
    out.set_duration_ms(number(in.duration.count()));
    out.set_preview(bytes(in.preview));
    out.set_caption(in.caption);
  }
  void operator()(const content::Receipt& in) {
    wire::v1::Receipt& out = *out_.mutable_receipt();
    out.set_type(choice<wire::v1::Receipt::Type>(in.type));
    for (const MessageId& id : in.messages) out.add_messages(bytes(id.bytes));
  }
  void operator()(const content::Typing& in) {
    out_.mutable_typing()->set_action(choice<wire::v1::Typing::Action>(in.action));
  }
  void operator()(const content::Presence& in) {
    wire::v1::Presence& out = *out_.mutable_presence();
    out.set_status(choice<wire::v1::Presence::Status>(in.status));
    if (in.last_seen) out.set_last_seen_ms(number(in.last_seen->time_since_epoch().count()));
  }
  void operator()(const content::CallSignal& in) {
    wire::v1::CallSignal& out = *out_.mutable_call_signal();
    out.set_call(bytes(in.call.bytes));
    out.set_type(choice<wire::v1::CallSignal::Type>(in.type));
    if (in.media) out.set_media(choice<wire::v1::CallSignal::Media>(*in.media));
    out.set_payload(bytes(in.payload));
  }
  void operator()(const content::GroupUpdate& in) { out_.mutable_group_update()->set_payload(bytes(in.payload)); }
  void operator()(const content::Profile& in) {
    wire::v1::Profile& out = *out_.mutable_profile();
    out.set_name(in.name);
    out.set_avatar(bytes(in.avatar));
    out.set_about(in.about);
    if (in.delivery_token) out.set_delivery_token(bytes(*in.delivery_token));
  }
  void operator()(const content::TimerChange& in) {
    out_.mutable_timer_change()->set_timer_s(static_cast<std::uint32_t>(in.timer.count()));
  }
  void operator()(const content::SentTranscript& in) {
    wire::v1::SentTranscript& out = *out_.mutable_sent_transcript();
    out.set_recipient(bytes(in.recipient));
    out.mutable_content()->assign(as_text(in.content));  // set_content would make a copy on the way
  }
  void operator()(const content::RepairRequest& in) {
    wire::v1::RepairRequest& out = *out_.mutable_repair_request();
    for (const MessageId& id : in.messages) out.add_messages(bytes(id.bytes));
    for (const ByteArray<32>& hash : in.envelopes) out.add_envelopes(bytes(hash));
  }
  void operator()(const content::Custom& in) {
    out_.mutable_custom()->set_type(in.type);
    out_.mutable_custom()->set_data(bytes(in.data));
  }
  void operator()(const content::Unknown& /*in*/) {}

 private:
  static std::string bytes(ByteView in) { return std::string(as_text(in)); }
  static std::uint64_t number(std::int64_t in) noexcept { return static_cast<std::uint64_t>(in); }
  static void ref(wire::v1::MessageRef& out, const content::MessageRef& in) {
    out.set_author(bytes(in.author));
    out.set_id(bytes(in.id.bytes));
  }
  template <class Wire, class Ours>
  static Wire choice(Ours in) noexcept {
    return static_cast<Wire>(static_cast<std::underlying_type_t<Ours>>(in));
  }

  wire::v1::Content& out_;
};

}  // namespace

SecretBytes encode_content(const Content& content) {
  const detail::RuleErrors errors = detail::kWhenEncoding;
  detail::check_content(content, errors);
  const auto* const unknown = std::get_if<content::Unknown>(&content.kind);
  if (unknown != nullptr) {
    if (unknown->raw.size() > kMaxContentLen) throw Error(errors.too_long, errors.where);
    // Foreign fields must not change what stands beside them.
    if (!detail::is_unknown_kind(unknown->raw)) throw Error(errors.broken, errors.where);
  }

  detail::WireContent wire;
  return wire.use([&](wire::v1::Content& message) {
    Writer writer(message);
    writer.common(content);
    std::visit(writer, content.kind);
    const std::size_t len = message.ByteSizeLong();
    const std::size_t foreign_len = unknown == nullptr ? 0 : unknown->raw.size();
    if (len + foreign_len > kMaxContentLen) throw Error(errors.too_long, errors.where);

    SecretBytes encoded(len + foreign_len);
    message.SerializeWithCachedSizesToArray(encoded.data());
    // In protobuf, fields that stand one after the other are one message.
    if (unknown != nullptr)
      std::copy(unknown->raw.begin(), unknown->raw.end(), encoded.end() - static_cast<std::ptrdiff_t>(foreign_len));
    return encoded;
  });
}

}  // namespace anochat
