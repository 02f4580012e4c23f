#include "framing/content_rules.hpp"

#include "framing/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace anochat::detail {
namespace {

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_graphic_ascii(char c) noexcept { return c > 0x20 && c < 0x7f; }

class Rules {
 public:
  explicit Rules(const RuleErrors& errors) noexcept : errors_(errors) {}

  void common(const Content& content) const {
    require(content.id.is_set());
    time(content.sent_at);
    timer(content.expire_timer);
    length(content.conversation.size(), 0, kMaxConversationIdLen);
    text(content.fallback, 0, kMaxFallbackLen);
    length(content.device_list.size(), 0, kMaxDeviceListLen);
  }

  void operator()(const content::Text& kind) const { text(kind.text, 1, kMaxTextLen); }
  void operator()(const content::Reply& kind) const {
    ref(kind.target);
    text(kind.text, 1, kMaxTextLen);
    text(kind.excerpt, 0, kMaxExcerptLen);
  }
  void operator()(const content::Edit& kind) const {
    require(kind.target.is_set());
    text(kind.text, 1, kMaxTextLen);
  }
  void operator()(const content::Delete& kind) const { require(kind.target.is_set()); }
  void operator()(const content::Reaction& kind) const {
    ref(kind.target);
    line(kind.emoji, 1, kMaxEmojiLen);
    choice(kind.action, content::ReactionAction::remove);
  }
  void operator()(const content::Attachment& kind) const {
    length(kind.blob_id.size(), 1, kMaxBlobIdLen);
    require(!equal_ct(kind.key.expose(), content::AttachmentKey().expose()));  // a forgotten key would be no key
    length(kind.size, 0, kMaxFileLen);
    ascii(kind.mime_type, 0, kMaxMimeTypeLen);
    file_name(kind.name);
    require(kind.width <= kMaxPixels && kind.height <= kMaxPixels);
    require(kind.duration >= Milliseconds(0) && kind.duration <= kMaxDuration);
    length(kind.preview.size(), 0, kMaxPreviewLen);
    text(kind.caption, 0, kMaxTextLen);
  }
  void operator()(const content::Receipt& kind) const {
    choice(kind.type, content::ReceiptType::read);
    length(kind.messages.size(), 1, kMaxMessageRefs);
    for (const MessageId& id : kind.messages) require(id.is_set());
  }
  void operator()(const content::Typing& kind) const { choice(kind.action, content::TypingAction::stopped); }
  void operator()(const content::Presence& kind) const {
    choice(kind.status, content::PresenceStatus::offline);
    if (!kind.last_seen) return;
    time(*kind.last_seen);
    require(*kind.last_seen != UnixTime());
  }
  void operator()(const content::CallSignal& kind) const {
    require(kind.call.is_set());
    choice(kind.type, content::CallSignalType::busy);
    if (kind.media) choice(*kind.media, content::CallMedia::video);
    require(kind.media.has_value() || kind.type != content::CallSignalType::offer);
    length(kind.payload.size(), 0, kMaxCallPayloadLen);
  }
  void operator()(const content::GroupUpdate& kind) const { length(kind.payload.size(), 1, kMaxGroupUpdateLen); }
  void operator()(const content::Profile& kind) const {
    line(kind.name, 0, kMaxNameLen);
    length(kind.avatar.size(), 0, kMaxAvatarLen);
    text(kind.about, 0, kMaxAboutLen);
  }
  void operator()(const content::TimerChange& kind) const { timer(kind.timer); }
  void operator()(const content::SentTranscript& kind) const {
    length(kind.recipient.size(), 1, kMaxConversationIdLen);
    length(kind.content.size(), 1, kMaxNestedContentLen);
  }
  void operator()(const content::RepairRequest& kind) const {
    length(kind.messages.size() + kind.envelopes.size(), 1, kMaxMessageRefs);
    for (const MessageId& id : kind.messages) require(id.is_set());
  }
  void operator()(const content::Custom& kind) const {
    ascii(kind.type, 1, kMaxCustomTypeLen);
    length(kind.data.size(), 0, kMaxCustomLen);
  }
  void operator()(const content::Unknown& /*kind*/) const {}

 private:
  void require(bool holds) const {
    if (!holds) throw Error(errors_.broken, errors_.where);
  }
  void length(std::uint64_t length, std::uint64_t least, std::uint64_t most) const {
    if (length > most) throw Error(errors_.too_long, errors_.where);
    require(length >= least);
  }
  void text(std::string_view text, std::size_t least, std::size_t most) const {
    length(text.size(), least, most);
    require(is_utf8(text) && text.find('\0') == std::string_view::npos);
  }
  void line(std::string_view line, std::size_t least, std::size_t most) const {
    text(line, least, most);
    require(std::none_of(line.begin(), line.end(), is_control));
  }
  void ascii(std::string_view word, std::size_t least, std::size_t most) const {
    length(word.size(), least, most);
    require(std::all_of(word.begin(), word.end(), is_graphic_ascii));
  }
  template <class Choice>
  void choice(Choice value, Choice last) const {
    require(value >= Choice{1} && value <= last);
  }
  // What a careless receiver could take for a path would choose the folder to write to.
  void file_name(std::string_view name) const {
    line(name, 0, kMaxNameLen);
    require(name.find_first_of("/\\") == std::string_view::npos && name != "." && name != "..");
  }
  void ref(const content::MessageRef& ref) const { require(ref.id.is_set() && ref.author != ByteArray<32>{}); }
  void time(UnixTime time) const { require(time >= UnixTime() && time <= kLatestTime); }
  void timer(std::chrono::seconds timer) const {
    require(timer >= std::chrono::seconds(0) && timer <= kMaxExpireTimer);
  }

  const RuleErrors& errors_;
};

}  // namespace

void check_content(const Content& content, const RuleErrors& errors) {
  const Rules rules(errors);
  rules.common(content);
  std::visit(rules, content.kind);
}

}  // namespace anochat::detail
