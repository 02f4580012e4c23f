#include <anochat/framing/content.hpp>

#include "content_examples.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>

using namespace anochat;
using namespace anochat::testing;

namespace {

// What the library would send again of what it has read.
Bytes reencoded(ByteView bytes) { return encoded(decode_content(bytes)); }

Content smallest(content::Kind kind) {
  Content content;
  content.id.bytes[15] = 1;
  content.kind = std::move(kind);
  return content;
}

}  // namespace

TEST_CASE("every kind has its frozen bytes and reads back whole") {
  for (const ContentExample& example : content_examples()) {
    CAPTURE(name_of(example.kind));
    CHECK(to_hex(encoded(example.content)) == to_hex(example.wire.get()));
    const Content read = decode_content(example.wire.get());
    CHECK(kind_of(read) == example.kind);
    CHECK(read.kind.index() == example.content.kind.index());
    // Every field is filled in the examples, so what had been lost would be missing here.
    CHECK(to_hex(encoded(read)) == to_hex(example.wire.get()));
  }
  CHECK(content_examples().size() == std::variant_size_v<content::Kind>);
}

TEST_CASE("the example in docs/framing.md is right") {
  Content content;
  for (std::uint8_t i = 0; i < MessageId::kLen; ++i) content.id.bytes[i] = static_cast<std::uint8_t>(i + 1);
  content.sent_at = UnixTime(std::chrono::seconds(1));
  content.kind = content::Text{"hi"};
  CHECK(to_hex(encoded(content)) == "0a100102030405060708090a0b0c0d0e0f1010e8078201040a026869");
}

TEST_CASE("the values that were sent are the values that are read") {
  const std::vector<ContentExample> examples = content_examples();
  const Content text = decode_content(examples[0].wire.get());
  CHECK(text.id == common_content().id);
  CHECK(text.sent_at == UnixTime(Milliseconds(1'893'456'000'123)));
  CHECK(text.conversation == to_bytes("group 7"));
  CHECK(text.expire_timer == std::chrono::hours(24));
  CHECK(text.fallback == common_content().fallback);
  CHECK(text.device_list == common_content().device_list);
  CHECK(text.repairs == common_content().repairs);
  CHECK(std::get<content::Text>(text.kind).text == "Grüße 👋🏽");

  const Content attachment = decode_content(examples[5].wire.get());
  const auto& file = std::get<content::Attachment>(attachment.kind);
  CHECK(file.size == 5'000'000'000);
  CHECK(file.name == "Frühling am See.mp4");
  CHECK(file.duration == Milliseconds(61'500));
  CHECK(equal_ct(file.key.expose(), filled(32, 0xc0)));

  const Content call = decode_content(examples[9].wire.get());
  CHECK(std::get<content::CallSignal>(call.kind).type == content::CallSignalType::offer);
  CHECK(std::get<content::CallSignal>(call.kind).media == content::CallMedia::video);
}

TEST_CASE("what is optional may be missing") {
  content::Attachment file{.blob_id = {1}, .key = {}, .mime_type = {}, .name = {}, .preview = {}, .caption = {}};
  file.key.expose_mutable()[0] = 1;
  Content attachment = smallest(std::move(file));
  CHECK(reencoded(encoded(attachment)) == encoded(attachment));
  std::vector<content::Kind> kinds;
  kinds.emplace_back(content::Text{"x"});
  kinds.emplace_back(content::Profile{});
  kinds.emplace_back(content::TimerChange{});
  kinds.emplace_back(content::Custom{"x", {}});
  kinds.emplace_back(content::Presence{});
  kinds.emplace_back(content::Typing{});
  for (content::Kind& kind : kinds) {
    const Content content = smallest(std::move(kind));
    const Bytes bytes = encoded(content);
    CHECK(reencoded(bytes) == bytes);
    const Content read = decode_content(bytes);
    CHECK(read.sent_at == UnixTime());
    CHECK(read.conversation.empty());
    CHECK(read.expire_timer.count() == 0);
  }
  const Content presence = decode_content(encoded(smallest(content::Presence{})));
  CHECK_FALSE(std::get<content::Presence>(presence.kind).last_seen.has_value());
  const Content ice = decode_content(
      encoded(smallest(content::CallSignal{{filled_ref().id.bytes}, content::CallSignalType::ice, std::nullopt, {}})));
  CHECK_FALSE(std::get<content::CallSignal>(ice.kind).media.has_value());
}

TEST_CASE("every emoji arrives byte for byte, however many code points it has") {
  for (const char* const emoji : {
           "👍",
           "❤️",
           "👍🏿",
           "👨‍👩‍👧‍👦",
           "👨🏻‍👩🏼‍👧🏽‍👦🏾",
           "👩🏿‍❤️‍💋‍👨🏻",
           "🏳️‍🌈",
           "🏴‍☠️",
           "🇩🇪",
           "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
           "5️⃣",
           "🧑🏽‍🚒",
           "❤️‍🔥",
           "🫱🏻‍🫲🏿",
           "☺",
           "☺︎",
           "é",
           "é",
           "한",
           "한",
       }) {
    CAPTURE(emoji);
    const Bytes reaction = encoded(smallest(content::Reaction{filled_ref(), emoji, content::ReactionAction::add}));
    const Content read = decode_content(reaction);
    CHECK(std::get<content::Reaction>(read.kind).emoji == std::string(emoji));
    const std::string twice = std::string(emoji) + emoji;
    CHECK(std::get<content::Text>(decode_content(encoded(smallest(content::Text{twice}))).kind).text == twice);
  }
}

TEST_CASE("what must not be empty may have one byte, and times may be as early as they go") {
  const content::MessageRef ref = filled_ref();
  content::Attachment file;
  file.blob_id = Bytes(1, 1);
  file.key.expose_mutable()[31] = 1;
  std::vector<content::Kind> shortest;
  shortest.emplace_back(content::Text{"x"});
  shortest.emplace_back(content::Reply{ref, "x", ""});
  shortest.emplace_back(content::Edit{ref.id, "x"});
  shortest.emplace_back(content::Reaction{ref, "x", content::ReactionAction::add});
  shortest.emplace_back(std::move(file));
  shortest.emplace_back(content::Receipt{content::ReceiptType::delivered, {ref.id}});
  shortest.emplace_back(content::Presence{content::PresenceStatus::online, UnixTime(Milliseconds(1))});
  shortest.emplace_back(
      content::CallSignal{{ref.id.bytes}, content::CallSignalType::offer, content::CallMedia::audio, {}});
  shortest.emplace_back(content::GroupUpdate{Bytes(1, 1)});
  shortest.emplace_back(content::Profile{});
  shortest.emplace_back(content::TimerChange{std::chrono::seconds(0)});
  shortest.emplace_back(content::SentTranscript{Bytes(1, 1), SecretBytes(1, 1)});
  shortest.emplace_back(content::RepairRequest{{ref.id}, {}});
  shortest.emplace_back(content::RepairRequest{{}, {{}}});
  shortest.emplace_back(content::Custom{"x", {}});
  for (content::Kind& kind : shortest) {
    Content content = smallest(std::move(kind));
    content.sent_at = UnixTime();
    content.expire_timer = std::chrono::seconds(0);
    CAPTURE(name_of(kind_of(content)));
    const Bytes bytes = encoded(content);
    CHECK(kind_of(decode_content(bytes)) == kind_of(content));
    CHECK(reencoded(bytes) == bytes);
  }
}

TEST_CASE("whatever can be sent fits into a copy for the sender's own devices") {
  const std::string text(kMaxTextLen, 'x');
  content::Attachment file{.blob_id = Bytes(kMaxBlobIdLen, 1),
                           .size = kMaxFileLen,
                           .key = {},
                           .mime_type = std::string(kMaxMimeTypeLen, 'x'),
                           .name = std::string(kMaxNameLen, 'x'),
                           .width = kMaxPixels,
                           .height = kMaxPixels,
                           .duration = kMaxDuration,
                           .preview = Bytes(kMaxPreviewLen, 1),
                           .caption = text};
  file.key.expose_mutable()[0] = 1;
  const content::MessageRef ref = filled_ref();
  std::vector<content::Kind> largest;
  largest.emplace_back(content::Text{text});
  largest.emplace_back(content::Reply{ref, text, std::string(kMaxExcerptLen, 'x')});
  largest.emplace_back(content::Edit{ref.id, text});
  largest.emplace_back(content::Delete{ref.id});
  largest.emplace_back(content::Reaction{ref, std::string(kMaxEmojiLen, 'x'), content::ReactionAction::add});
  largest.emplace_back(std::move(file));
  largest.emplace_back(content::Receipt{content::ReceiptType::read, std::vector<MessageId>(kMaxMessageRefs, ref.id)});
  largest.emplace_back(content::Typing{});
  largest.emplace_back(content::Presence{content::PresenceStatus::away, kLatestTime});
  largest.emplace_back(content::CallSignal{
      {ref.id.bytes}, content::CallSignalType::offer, content::CallMedia::audio, Bytes(kMaxCallPayloadLen, 1)});
  largest.emplace_back(content::GroupUpdate{Bytes(kMaxGroupUpdateLen, 1)});
  largest.emplace_back(
      content::Profile{std::string(kMaxNameLen, 'x'), Bytes(kMaxAvatarLen, 1), std::string(kMaxAboutLen, 'x'), {}});
  largest.emplace_back(content::TimerChange{kMaxExpireTimer});
  largest.emplace_back(content::SentTranscript{Bytes(kMaxConversationIdLen, 1), SecretBytes(kMaxNestedContentLen, 1)});
  largest.emplace_back(content::RepairRequest{{}, std::vector<ByteArray<32>>(kMaxMessageRefs)});
  largest.emplace_back(content::Custom{std::string(kMaxCustomTypeLen, 'x'), Bytes(kMaxCustomLen, 1)});
  CHECK(largest.size() == std::variant_size_v<content::Kind> - 1);

  for (content::Kind& kind : largest) {
    const bool is_copy = std::holds_alternative<content::SentTranscript>(kind);
    Content content = content_with(std::move(kind));
    content.sent_at = kLatestTime;
    content.conversation.assign(kMaxConversationIdLen, 1);
    content.expire_timer = kMaxExpireTimer;
    content.fallback.assign(kMaxFallbackLen, 'x');
    content.device_list.assign(kMaxDeviceListLen, 1);
    CAPTURE(name_of(kind_of(content)));
    const Bytes bytes = encoded(content);
    CHECK(bytes.size() <= (is_copy ? kMaxContentLen : kMaxNestedContentLen));
    CHECK(reencoded(bytes) == bytes);
  }
}

TEST_CASE("typing and presence fit into a signal, which carries 302 bytes") {
  Content content = smallest(content::Presence{content::PresenceStatus::away, kLatestTime});
  content.sent_at = kLatestTime;
  content.conversation.assign(kMaxConversationIdLen, 1);
  CHECK(encoded(content).size() <= 302);
  content.kind = content::Typing{};
  CHECK(encoded(content).size() <= 302);
}

TEST_CASE("kinds have distinct, frozen numbers and names") {
  std::set<ContentKind> kinds;
  std::set<std::string_view> names;
  for (const ContentExample& example : content_examples()) {
    kinds.insert(example.kind);
    names.insert(name_of(example.kind));
  }
  CHECK(kinds.size() == std::variant_size_v<content::Kind>);
  CHECK(names.size() == std::variant_size_v<content::Kind>);
  CHECK(name_of(ContentKind::call_signal) == "call_signal");
  CHECK(name_of(ContentKind{77}) == "unknown");
}

TEST_CASE("a kind of a later version is kept, stored, and sent on unchanged") {
  // Every number that this version does not use may be a kind, or a common field beside one.
  for (const std::uint32_t number : {8u, 15u, 32u, 99u, 2'000u, 536'870'911u}) {
    Wire later = Wire().message(number, Wire().text(1, "later")).varint(number, 300);
    const Content read = decode_content(common_wire().raw(later.get()).get());
    REQUIRE(kind_of(read) == ContentKind::unknown);
    CHECK(read.fallback == common_content().fallback);
    const auto& raw = std::get<content::Unknown>(read.kind).raw;
    CHECK(to_hex(raw) == to_hex(later.get()));

    // Sent on under another id, it still is what it was for whoever knows it.
    Content again = common_content();
    again.id.bytes.fill(0x77);
    again.kind = content::Unknown{raw};
    const Content forwarded = decode_content(encoded(again));
    CHECK(forwarded.id == again.id);
    CHECK(to_hex(std::get<content::Unknown>(forwarded.kind).raw) == to_hex(later.get()));
  }
}

TEST_CASE("a choice of a later version makes its kind unknown, not broken") {
  for (const auto& [kind, field] : {std::pair{ContentKind::receipt, 1u},
                                    {ContentKind::typing, 1u},
                                    {ContentKind::presence, 1u},
                                    {ContentKind::call_signal, 2u},
                                    {ContentKind::call_signal, 3u},
                                    {ContentKind::reaction, 3u}}) {
    for (const std::uint64_t value : {6U, 0x7fff'ffffU}) {
      for (const ContentExample& example : content_examples()) {
        if (example.kind != kind) continue;
        const Wire addition = Wire().message(static_cast<std::uint32_t>(kind), Wire().varint(field, value));
        Bytes bytes = example.wire.get();
        bytes.insert(bytes.end(), addition.get().begin(), addition.get().end());
        const Content read = decode_content(bytes);
        CHECK(kind_of(read) == ContentKind::unknown);
        CHECK(reencoded(encoded(read)) == encoded(read));
      }
    }
  }
}

TEST_CASE("fields of a later version do not disturb a kind that is known") {
  const Wire extra = Wire().text(9, "extra").varint(77, 5);
  const Content read = decode_content(Wire()
                                          .bytes(1, filled(16, 1))
                                          .raw(extra.get())
                                          .message(16, Wire().raw(extra.get()).text(1, "hi").raw(extra.get()))
                                          .raw(extra.get())
                                          .get());
  CHECK(std::get<content::Text>(read.kind).text == "hi");
  CHECK(to_hex(encoded(read)) == to_hex(Wire().bytes(1, filled(16, 1)).message(16, Wire().text(1, "hi")).get()));
}

TEST_CASE("a field that stands twice counts as its last, and of two kinds the last is meant") {
  const Content read = decode_content(Wire()
                                          .message(21, Wire().text(1, "blob"))
                                          .bytes(1, filled(16, 0x51))
                                          .message(16, Wire().text(1, "first"))
                                          .message(16, Wire().text(1, "second").text(1, "third"))
                                          .bytes(1, filled(16, 0x71))
                                          .get());
  CHECK(read.id.bytes[0] == 0x71);
  CHECK(std::get<content::Text>(read.kind).text == "third");
}
