#include "content_examples.hpp"

#include <algorithm>
#include <utility>

namespace anochat::testing {
namespace {

template <std::size_t N>
ByteArray<N> array(std::uint8_t first) {
  ByteArray<N> out;
  for (std::uint8_t& byte : out) byte = first++;
  return out;
}

MessageId message_id(std::uint8_t first) { return {array<16>(first)}; }

content::AttachmentKey key(std::uint8_t first) {
  auto bytes = array<32>(first);
  return content::AttachmentKey(bytes);
}

Wire ref_wire() { return Wire().bytes(1, array<32>(0x40)).bytes(2, array<16>(0x60)); }

void add(std::vector<ContentExample>& all, ContentKind kind, content::Kind value, const Wire& wire) {
  all.push_back({kind, content_with(std::move(value)), common_wire().message(static_cast<std::uint32_t>(kind), wire)});
}

}  // namespace

Bytes filled(std::size_t len, std::uint8_t first) {
  Bytes out(len);
  for (std::uint8_t& byte : out) byte = first++;
  return out;
}

content::MessageRef filled_ref() { return {array<32>(0x40), message_id(0x60)}; }

Content common_content() {
  Content content;
  content.id = message_id(0x01);
  content.sent_at = UnixTime(Milliseconds(1'893'456'000'123));
  content.conversation = to_bytes("group 7");
  content.expire_timer = std::chrono::seconds(86'400);
  content.fallback = "Etwas Neues – bitte aktualisieren";
  content.device_list = filled(40, 0x20);
  content.repairs = {array<16>(0x21)};
  return content;
}

Wire common_wire() {
  return Wire()
      .bytes(1, filled(16, 0x01))
      .varint(2, 1'893'456'000'123)
      .text(3, "group 7")
      .varint(4, 86'400)
      .text(5, "Etwas Neues – bitte aktualisieren")
      .bytes(6, filled(40, 0x20))
      .bytes(7, array<16>(0x21));
}

Content content_with(content::Kind kind) {
  Content content = common_content();
  content.kind = std::move(kind);
  return content;
}

Bytes encoded(const Content& content) {
  const SecretBytes bytes = encode_content(content);
  return {bytes.begin(), bytes.end()};
}

std::vector<ContentExample> content_examples() {
  std::vector<ContentExample> all;
  add(all, ContentKind::text, content::Text{"Grüße 👋🏽"}, Wire().text(1, "Grüße 👋🏽"));
  add(all, ContentKind::reply, content::Reply{filled_ref(), "yes", "shall we?"},
      Wire().message(1, ref_wire()).text(2, "yes").text(3, "shall we?"));
  add(all, ContentKind::edit, content::Edit{message_id(0x60), "better"},
      Wire().bytes(1, array<16>(0x60)).text(2, "better"));
  add(all, ContentKind::deletion, content::Delete{message_id(0x60)}, Wire().bytes(1, array<16>(0x60)));
  add(all, ContentKind::reaction, content::Reaction{filled_ref(), "👍", content::ReactionAction::remove},
      Wire().message(1, ref_wire()).text(2, "👍").varint(3, 2));
  add(all, ContentKind::attachment,
      content::Attachment{.blob_id = to_bytes("blob-1"),
                          .size = 5'000'000'000,
                          .digest = array<32>(0x80),
                          .key = key(0xc0),
                          .mime_type = "video/mp4",
                          .name = "Frühling am See.mp4",
                          .width = 1'920,
                          .height = 1'080,
                          .duration = Milliseconds(61'500),
                          .preview = filled(20, 0xe0),
                          .caption = "in the garden"},
      Wire()
          .text(1, "blob-1")
          .varint(2, 5'000'000'000)
          .bytes(3, array<32>(0x80))
          .bytes(4, array<32>(0xc0))
          .text(5, "video/mp4")
          .text(6, "Frühling am See.mp4")
          .varint(7, 1'920)
          .varint(8, 1'080)
          .varint(9, 61'500)
          .bytes(10, filled(20, 0xe0))
          .text(11, "in the garden"));
  add(all, ContentKind::receipt, content::Receipt{content::ReceiptType::read, {message_id(0x60), message_id(0x70)}},
      Wire().varint(1, 2).bytes(2, array<16>(0x60)).bytes(2, array<16>(0x70)));
  add(all, ContentKind::typing, content::Typing{content::TypingAction::stopped}, Wire().varint(1, 2));
  add(all, ContentKind::presence,
      content::Presence{content::PresenceStatus::offline, UnixTime(Milliseconds(1'234'567))},
      Wire().varint(1, 3).varint(2, 1'234'567));
  add(all, ContentKind::call_signal,
      content::CallSignal{
          {array<16>(0x30)}, content::CallSignalType::offer, content::CallMedia::video, to_bytes("sdp")},
      Wire().bytes(1, array<16>(0x30)).varint(2, 1).varint(3, 2).text(4, "sdp"));
  add(all, ContentKind::group_update, content::GroupUpdate{to_bytes("commit")}, Wire().text(1, "commit"));
  add(all, ContentKind::profile, content::Profile{"Zoë", filled(10, 0x90), "hier und da", array<16>(0x40)},
      Wire().text(1, "Zoë").bytes(2, filled(10, 0x90)).text(3, "hier und da").bytes(4, array<16>(0x40)));
  add(all, ContentKind::timer_change, content::TimerChange{std::chrono::seconds(3'600)}, Wire().varint(1, 3'600));
  add(all, ContentKind::sent_transcript, content::SentTranscript{filled(32, 0x11), {'a', 'b', 'c'}},
      Wire().bytes(1, filled(32, 0x11)).text(2, "abc"));
  add(all, ContentKind::repair_request, content::RepairRequest{{message_id(0x60)}, {array<32>(0x80)}},
      Wire().bytes(1, array<16>(0x60)).bytes(2, array<32>(0x80)));
  add(all, ContentKind::custom, content::Custom{"com.example/poll", filled(9, 0xa0)},
      Wire().text(1, "com.example/poll").bytes(2, filled(9, 0xa0)));

  // Field 99 is a kind that a later version might have.
  const Wire later = Wire().message(99, Wire().text(1, "later").varint(2, 5));
  Content unknown = content_with(content::Unknown{{later.get().begin(), later.get().end()}});
  all.push_back({ContentKind::unknown, std::move(unknown), common_wire().raw(later.get())});
  return all;
}

}  // namespace anochat::testing
