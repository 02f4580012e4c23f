// What neither leaves nor enters: every rule of docs/framing.md, broken on both sides.
#include <anochat/framing/content.hpp>

#include "content_examples.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <string>
#include <utility>

using namespace anochat;
using namespace anochat::testing;

namespace {

template <class Kind>
Content edited(const std::function<void(Content&, Kind&)>& edit) {
  for (ContentExample& example : content_examples()) {
    if (auto* const kind = std::get_if<Kind>(&example.content.kind)) {
      edit(example.content, *kind);
      return std::move(example.content);
    }
  }
  return {};
}

template <class Kind>
Errc encoding_error(const std::function<void(Content&, Kind&)>& edit) {
  const Content content = edited<Kind>(edit);
  try {
    static_cast<void>(encode_content(content));
  } catch (const Error& error) {
    return error.code();
  }
  return Errc{0};
}

// In field `kind` of a content that is otherwise fine.
Bytes with(ContentKind kind, const Wire& wire) {
  return Wire().bytes(1, filled(16, 1)).message(static_cast<std::uint32_t>(kind), wire).get();
}

Wire ref() { return Wire().bytes(1, filled(32, 1)).bytes(2, filled(16, 1)); }

Wire attachment() { return Wire().text(1, "blob").bytes(3, filled(32, 1)).bytes(4, filled(32, 1)); }

}  // namespace

#define CHECK_TOO_LARGE(Kind, ...)                                       \
  CHECK(encoding_error<content::Kind>([](Content& c, content::Kind& k) { \
          (void)c, (void)k;                                              \
          __VA_ARGS__;                                                   \
        }) == Errc::too_large)
#define CHECK_INVALID(Kind, ...)                                         \
  CHECK(encoding_error<content::Kind>([](Content& c, content::Kind& k) { \
          (void)c, (void)k;                                              \
          __VA_ARGS__;                                                   \
        }) == Errc::invalid_argument)

TEST_CASE("common fields that break their rules are not sent") {
  CHECK_INVALID(Text, c.id = {});
  CHECK_INVALID(Text, c.sent_at = UnixTime(Milliseconds(-1)));
  CHECK_INVALID(Text, c.sent_at = kLatestTime + Milliseconds(1));
  CHECK_INVALID(Text, c.expire_timer = std::chrono::seconds(-1));
  CHECK_INVALID(Text, c.expire_timer = kMaxExpireTimer + std::chrono::seconds(1));
  CHECK_INVALID(Text, c.fallback = "\xff");
  CHECK_TOO_LARGE(Text, c.fallback.assign(kMaxFallbackLen + 1, 'x'));
  CHECK_TOO_LARGE(Text, c.conversation.assign(kMaxConversationIdLen + 1, 1));
  CHECK_TOO_LARGE(Text, c.device_list.assign(kMaxDeviceListLen + 1, 1));
}

TEST_CASE("kinds that break their rules are not sent") {
  CHECK_INVALID(Text, k.text.clear());
  CHECK_INVALID(Text, k.text = "\xed\xa0\x80");
  CHECK_INVALID(Text, k.text = std::string("a\0b", 3));
  CHECK_TOO_LARGE(Text, k.text.assign(kMaxTextLen + 1, 'x'));
  CHECK_INVALID(Reply, k.target.id = {});
  CHECK_INVALID(Reply, k.target.author = {});
  CHECK_INVALID(Reply, k.text.clear());
  CHECK_TOO_LARGE(Reply, k.text.assign(kMaxTextLen + 1, 'x'));
  CHECK_TOO_LARGE(Reply, k.excerpt.assign(kMaxExcerptLen + 1, 'x'));
  CHECK_INVALID(Edit, k.target = {});
  CHECK_INVALID(Edit, k.text.clear());
  CHECK_INVALID(Delete, k.target = {});
  CHECK_INVALID(Reaction, k.emoji.clear());
  CHECK_INVALID(Reaction, k.emoji = "\n");
  CHECK_INVALID(Reaction, k.emoji = "👍\xf0\x9f\x91");
  CHECK_INVALID(Reaction, k.target.author = {});
  CHECK_INVALID(Reaction, k.action = content::ReactionAction{3});
  CHECK_TOO_LARGE(Reaction, k.emoji.assign(kMaxEmojiLen + 1, 'x'));
  CHECK_INVALID(Receipt, k.messages.clear());
  CHECK_INVALID(Receipt, k.messages[1] = {});
  CHECK_INVALID(Receipt, k.type = content::ReceiptType{0});
  CHECK_TOO_LARGE(Receipt, k.messages.resize(kMaxMessageRefs + 1, k.messages[0]));
  CHECK_INVALID(Typing, k.action = content::TypingAction{3});
  CHECK_INVALID(Presence, k.status = content::PresenceStatus{4});
  CHECK_INVALID(Presence, k.last_seen = UnixTime());
  CHECK_INVALID(Presence, k.last_seen = kLatestTime + Milliseconds(1));
  CHECK_INVALID(CallSignal, k.call = {});
  CHECK_INVALID(CallSignal, k.media.reset());
  CHECK_INVALID(CallSignal, k.media = content::CallMedia{3});
  CHECK_INVALID(CallSignal, k.type = content::CallSignalType{6});
  CHECK_TOO_LARGE(CallSignal, k.payload.assign(kMaxCallPayloadLen + 1, 1));
  CHECK_INVALID(GroupUpdate, k.payload.clear());
  CHECK_TOO_LARGE(GroupUpdate, k.payload.assign(kMaxGroupUpdateLen + 1, 1));
  CHECK_INVALID(Profile, k.name = "two\nlines");
  CHECK_TOO_LARGE(Profile, k.name.assign(kMaxNameLen + 1, 'x'));
  CHECK_TOO_LARGE(Profile, k.avatar.assign(kMaxAvatarLen + 1, 1));
  CHECK_TOO_LARGE(Profile, k.about.assign(kMaxAboutLen + 1, 'x'));
  CHECK_INVALID(TimerChange, k.timer = std::chrono::seconds(-1));
  CHECK_INVALID(TimerChange, k.timer = kMaxExpireTimer + std::chrono::seconds(1));
  CHECK_INVALID(SentTranscript, k.recipient.clear());
  CHECK_INVALID(SentTranscript, k.content.clear());
  CHECK_TOO_LARGE(SentTranscript, k.recipient.assign(kMaxConversationIdLen + 1, 1));
  CHECK_TOO_LARGE(SentTranscript, k.content.assign(kMaxNestedContentLen + 1, 1));
  CHECK_INVALID(RepairRequest, k = {});
  CHECK_INVALID(RepairRequest, k.messages[0] = {});
  CHECK_TOO_LARGE(RepairRequest, k.envelopes.resize(kMaxMessageRefs));
  CHECK_INVALID(Custom, k.type.clear());
  CHECK_INVALID(Custom, k.type = "with space");
  CHECK_INVALID(Custom, k.type = "ümlaut");
  CHECK_TOO_LARGE(Custom, k.type.assign(kMaxCustomTypeLen + 1, 'x'));
  CHECK_TOO_LARGE(Custom, k.data.assign(kMaxCustomLen + 1, 1));
}

TEST_CASE("attachments that break their rules are not sent") {
  CHECK_INVALID(Attachment, k.blob_id.clear());
  CHECK_INVALID(Attachment, k.key = {});
  CHECK_INVALID(Attachment, k.mime_type = "text/plain\n");
  CHECK_INVALID(Attachment, k.mime_type = "text/plain\x7f");
  CHECK_INVALID(Attachment, k.width = kMaxPixels + 1);
  CHECK_INVALID(Attachment, k.height = kMaxPixels + 1);
  CHECK_INVALID(Attachment, k.duration = Milliseconds(-1));
  CHECK_INVALID(Attachment, k.duration = kMaxDuration + Milliseconds(1));
  CHECK_TOO_LARGE(Attachment, k.blob_id.assign(kMaxBlobIdLen + 1, 1));
  CHECK_TOO_LARGE(Attachment, k.size = kMaxFileLen + 1);
  CHECK_TOO_LARGE(Attachment, k.mime_type.assign(kMaxMimeTypeLen + 1, 'x'));
  CHECK_TOO_LARGE(Attachment, k.name.assign(kMaxNameLen + 1, 'x'));
  CHECK_TOO_LARGE(Attachment, k.preview.assign(kMaxPreviewLen + 1, 1));
  CHECK_TOO_LARGE(Attachment, k.caption.assign(kMaxTextLen + 1, 'x'));
  for (const char* const name : {"/etc/passwd", "../x", "a/b", "a\\b", ".", "..", "a\tb", "\x7f", "\xc3"}) {
    CAPTURE(name);
    Content content = edited<content::Attachment>([name](Content&, content::Attachment& k) { k.name = name; });
    CHECK_ERROR(encode_content(content), Errc::invalid_argument);
    CHECK_ERROR(decode_content(with(ContentKind::attachment, attachment().text(6, name))), Errc::bad_content);
  }
}

TEST_CASE("an unknown kind that could change what stands beside it is not sent") {
  const auto refused = [](const Wire& raw) {
    const Content content = content_with(content::Unknown{{raw.get().begin(), raw.get().end()}});
    CHECK_ERROR(encode_content(content), Errc::invalid_argument);
  };
  refused(Wire());                                        // nothing at all
  refused(Wire().bytes(1, filled(16, 9)));                // another id
  refused(Wire().text(99, "x").bytes(1, filled(16, 9)));  // a kind and another id
  refused(Wire().text(99, "x").varint(2, 0));             // a common field's default
  refused(Wire().message(16, Wire().text(1, "a known kind")));
  refused(Wire().text(99, "x").raw(Bytes{0x80}));        // cut off
  refused(Wire().text(99, "x").raw(Bytes{0x00, 0x00}));  // field number 0
  refused(Wire().varint(22, 0).message(22, Wire()));     // a known kind that is broken
  const Content large = content_with(content::Unknown{SecretBytes(kMaxContentLen + 1, 1)});
  CHECK_ERROR(encode_content(large), Errc::too_large);
  const Bytes filling(kMaxContentLen - 10, 1);
  const Wire no_room = Wire().bytes(99, filling);
  const Content full = content_with(content::Unknown{{no_room.get().begin(), no_room.get().end()}});
  CHECK_ERROR(encode_content(full), Errc::too_large);
}

TEST_CASE("content over the size limit is refused, and at the limit it is read") {
  // 65,536 bytes with a field of a later version.
  const Bytes start = with(ContentKind::text, Wire().text(1, "hi"));
  const std::size_t left = kMaxContentLen - start.size();
  const Bytes at_limit = Wire().raw(start).bytes(99, Bytes(left - 5, 1)).get();
  REQUIRE(at_limit.size() == kMaxContentLen);
  CHECK(kind_of(decode_content(at_limit)) == ContentKind::text);
  Bytes over = at_limit;
  over.push_back(0);
  CHECK_ERROR(decode_content(over), Errc::too_large);
  CHECK_ERROR(decode_content(Bytes(10'000'000)), Errc::too_large);
}

TEST_CASE("content without an id or without a kind is refused") {
  const Wire text = Wire().text(1, "hi");
  CHECK_ERROR(decode_content({}), Errc::bad_content);
  CHECK_ERROR(decode_content(common_wire().get()), Errc::bad_content);
  CHECK_ERROR(decode_content(Wire().message(16, text).get()), Errc::bad_content);
  CHECK_ERROR(decode_content(Wire().bytes(1, Bytes(16, 0)).message(16, text).get()), Errc::bad_content);
  CHECK_ERROR(decode_content(Wire().bytes(1, filled(15, 1)).message(16, text).get()), Errc::bad_content);
  CHECK_ERROR(decode_content(Wire().bytes(1, filled(17, 1)).message(16, text).get()), Errc::bad_content);
}

TEST_CASE("common fields that break their rules are refused") {
  const auto refused = [](const Wire& common) {
    CHECK_ERROR(decode_content(Wire().raw(with(ContentKind::text, Wire().text(1, "hi"))).raw(common.get()).get()),
                Errc::bad_content);
  };
  refused(Wire().varint(2, 253'402'300'800'000));
  refused(Wire().varint(2, ~std::uint64_t{0}));
  refused(Wire().bytes(3, Bytes(kMaxConversationIdLen + 1, 1)));
  refused(Wire().varint(4, static_cast<std::uint64_t>(kMaxExpireTimer.count()) + 1));
  refused(Wire().text(5, std::string(kMaxFallbackLen + 1, 'x')));
  refused(Wire().text(5, "\xc0\x80"));
  refused(Wire().bytes(6, Bytes(kMaxDeviceListLen + 1, 1)));
  refused(Wire().bytes(7, Bytes(15, 1)));
}

TEST_CASE("kinds that break their rules are refused") {
  const auto refused = [](ContentKind kind, const Wire& wire) {
    CAPTURE(name_of(kind));
    CAPTURE(to_hex(wire.get()).substr(0, 80));
    CHECK_ERROR(decode_content(with(kind, wire)), Errc::bad_content);
  };
  const std::string long_text(kMaxTextLen + 1, 'x');
  const Bytes id = filled(16, 1);
  refused(ContentKind::text, Wire());
  refused(ContentKind::text, Wire().text(1, long_text));
  refused(ContentKind::text, Wire().text(1, "\xf5"));
  refused(ContentKind::text, Wire().text(1, std::string_view("a\0b", 3)));
  refused(ContentKind::reply, Wire().text(2, "hi"));
  refused(ContentKind::reply, Wire().message(1, ref()));
  refused(ContentKind::reply, Wire().message(1, Wire().bytes(1, filled(31, 1)).bytes(2, id)).text(2, "hi"));
  refused(ContentKind::reply, Wire().message(1, Wire().bytes(1, filled(32, 1)).bytes(2, filled(17, 1))).text(2, "hi"));
  refused(ContentKind::reply, Wire().message(1, ref()).text(2, "hi").text(3, std::string(kMaxExcerptLen + 1, 'x')));
  refused(ContentKind::edit, Wire().bytes(1, id));
  refused(ContentKind::edit, Wire().text(2, "hi"));
  refused(ContentKind::deletion, Wire());
  refused(ContentKind::deletion, Wire().bytes(1, filled(15, 1)));
  refused(ContentKind::reaction, Wire().message(1, ref()).text(2, "👍"));
  refused(ContentKind::reaction, Wire().message(1, ref()).varint(3, 1));
  refused(ContentKind::reaction, Wire().text(2, "👍").varint(3, 1));
  refused(ContentKind::reaction, Wire().message(1, ref()).text(2, std::string(kMaxEmojiLen + 1, 'x')).varint(3, 1));
  refused(ContentKind::attachment, Wire());
  refused(ContentKind::attachment, Wire().bytes(3, filled(32, 1)).bytes(4, filled(32, 1)));
  refused(ContentKind::attachment, Wire().text(1, "b").bytes(3, filled(32, 1)));
  refused(ContentKind::attachment, Wire().text(1, "b").bytes(3, filled(32, 1)).bytes(4, Bytes(32, 0)));
  refused(ContentKind::attachment, Wire().text(1, "b").bytes(3, filled(32, 1)).bytes(4, filled(33, 1)));
  refused(ContentKind::attachment, Wire().text(1, "b").bytes(3, filled(31, 1)).bytes(4, filled(32, 1)));
  refused(ContentKind::attachment, attachment().varint(2, kMaxFileLen + 1));
  refused(ContentKind::attachment, attachment().text(5, "a b"));
  refused(ContentKind::attachment, attachment().varint(7, kMaxPixels + 1));
  refused(ContentKind::attachment, attachment().varint(9, 3'600'000'001));
  refused(ContentKind::attachment, attachment().varint(9, ~std::uint64_t{0}));
  refused(ContentKind::attachment, attachment().bytes(10, Bytes(kMaxPreviewLen + 1, 1)));
  refused(ContentKind::attachment, attachment().text(11, long_text));
  refused(ContentKind::receipt, Wire().varint(1, 1));
  refused(ContentKind::receipt, Wire().bytes(2, id));
  refused(ContentKind::receipt, Wire().varint(1, 1).bytes(2, filled(15, 1)));
  refused(ContentKind::receipt, Wire().varint(1, 1).bytes(2, Bytes(16, 0)));
  refused(ContentKind::typing, Wire());
  refused(ContentKind::presence, Wire());
  refused(ContentKind::presence, Wire().varint(1, 1).varint(2, ~std::uint64_t{0}));
  refused(ContentKind::call_signal, Wire().bytes(1, id).varint(3, 1));
  refused(ContentKind::call_signal, Wire().varint(2, 2));
  refused(ContentKind::call_signal, Wire().bytes(1, id).varint(2, 1));
  refused(ContentKind::call_signal, Wire().bytes(1, id).varint(2, 2).bytes(4, Bytes(kMaxCallPayloadLen + 1, 1)));
  refused(ContentKind::group_update, Wire());
  refused(ContentKind::group_update, Wire().bytes(1, Bytes(kMaxGroupUpdateLen + 1, 1)));
  refused(ContentKind::profile, Wire().text(1, std::string(kMaxNameLen + 1, 'x')));
  refused(ContentKind::profile, Wire().bytes(2, Bytes(kMaxAvatarLen + 1, 1)));
  refused(ContentKind::profile, Wire().text(3, "\x80"));
  refused(ContentKind::profile, Wire().bytes(4, Bytes(15, 1)));
  refused(ContentKind::timer_change, Wire().varint(1, 0xffff'ffff));
  refused(ContentKind::sent_transcript, Wire().text(2, "x"));
  refused(ContentKind::sent_transcript, Wire().bytes(1, id));
  refused(ContentKind::sent_transcript, Wire().bytes(1, id).bytes(2, Bytes(kMaxNestedContentLen + 1, 1)));
  refused(ContentKind::repair_request, Wire());
  refused(ContentKind::repair_request, Wire().bytes(2, filled(31, 1)));
  refused(ContentKind::custom, Wire().text(2, "x"));
  refused(ContentKind::custom, Wire().text(1, "com.example/ü"));
  refused(ContentKind::custom, Wire().text(1, "x").bytes(2, Bytes(kMaxCustomLen + 1, 1)));
}

TEST_CASE("a choice that is negative is no choice of any version") {
  // It would also take more room when sent on: ten bytes instead of five.
  const Bytes id = filled(16, 1);
  for (const std::uint64_t value : {std::uint64_t{0xffff'ffff}, ~std::uint64_t{0}}) {
    CHECK_ERROR(decode_content(with(ContentKind::typing, Wire().varint(1, value))), Errc::bad_content);
    CHECK_ERROR(decode_content(with(ContentKind::call_signal, Wire().bytes(1, id).varint(2, value).varint(3, 9))),
                Errc::bad_content);
    CHECK_ERROR(decode_content(with(ContentKind::call_signal, Wire().bytes(1, id).varint(2, 9).varint(3, value))),
                Errc::bad_content);
  }
}

TEST_CASE("lists over their limit are refused") {
  Wire ids = Wire().varint(1, 1);
  for (std::size_t i = 0; i < kMaxMessageRefs; ++i) ids.bytes(2, filled(16, 1));
  const Content at_limit = decode_content(with(ContentKind::receipt, ids));
  CHECK(std::get<content::Receipt>(at_limit.kind).messages.size() == kMaxMessageRefs);
  CHECK_ERROR(decode_content(with(ContentKind::receipt, ids.bytes(2, filled(16, 1)))), Errc::bad_content);

  // The most items that fit into one content.
  Wire empty_ids = Wire().varint(1, 1);
  for (int i = 0; i < 32'000; ++i) empty_ids.bytes(2, {});
  CHECK_ERROR(decode_content(with(ContentKind::receipt, empty_ids)), Errc::bad_content);

  Wire both;
  for (std::size_t i = 0; i < kMaxMessageRefs; ++i) both.bytes(1, filled(16, 1));
  CHECK_ERROR(decode_content(with(ContentKind::repair_request, both.bytes(2, filled(32, 1)))), Errc::bad_content);
}

TEST_CASE("bytes that are no protobuf are refused") {
  const Bytes start = with(ContentKind::text, Wire().text(1, "hi"));
  const auto refused = [&start](const Wire& tail) {
    CHECK_ERROR(decode_content(Wire().raw(start).raw(tail.get()).get()), Errc::bad_content);
  };
  refused(Wire().raw(Bytes{0x00}));                                      // field number 0
  refused(Wire().raw(Bytes{0x0e}));                                      // wire type 6
  refused(Wire().raw(Bytes{0x0f}));                                      // wire type 7
  refused(Wire().end_group(99));                                         // the end of nothing
  refused(Wire().begin_group(99));                                       // without an end
  refused(Wire().begin_group(99).end_group(98));                         // with another's end
  refused(Wire().raw(Bytes(11, 0x80)));                                  // a number without an end
  refused(Wire().raw(Bytes{0x9a, 0x06, 0xff, 0xff, 0xff, 0xff, 0x07}));  // 2 GiB that are not there
  refused(Wire().raw(Bytes{0x9a, 0x06, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

TEST_CASE("groups inside groups are refused beyond the depth, on a bounded stack") {
  const auto nested = [](int depth) {
    Wire wire = Wire().raw(with(ContentKind::text, Wire().text(1, "hi")));
    for (int i = 0; i < depth; ++i) wire.begin_group(99);
    for (int i = 0; i < depth; ++i) wire.end_group(99);
    return wire.get();
  };
  CHECK(kind_of(decode_content(nested(kMaxContentDepth))) == ContentKind::text);
  CHECK_ERROR(decode_content(nested(kMaxContentDepth + 1)), Errc::bad_content);
  CHECK_ERROR(decode_content(nested(10'000)), Errc::bad_content);
  Wire open;
  for (int i = 0; i < 30'000; ++i) open.begin_group(99);
  CHECK_ERROR(decode_content(open.get()), Errc::bad_content);
}

TEST_CASE("messages inside messages, 10,000 deep, are refused on a bounded stack") {
  Bytes nested;  // built from the inside, back to front
  for (int i = 0; i < 10'000; ++i) {
    const Bytes head = Wire().number(1 << 3 | 2).number(nested.size()).get();
    nested.insert(nested.begin(), head.begin(), head.end());
  }
  REQUIRE(nested.size() < kMaxContentLen);
  CHECK_ERROR(decode_content(nested), Errc::bad_content);
  CHECK_ERROR(decode_content(with(ContentKind::reply, Wire().bytes(1, nested).text(2, "hi"))), Errc::bad_content);
}

TEST_CASE("every truncation of every kind is refused") {
  for (const ContentExample& example : content_examples()) {
    CAPTURE(name_of(example.kind));
    const ByteView whole = example.wire.get();
    for (std::size_t len = 0; len < whole.size(); ++len)
      CHECK_ERROR(decode_content(whole.first(len)), Errc::bad_content);
  }
}

TEST_CASE("what survives 200,000 mutations can be sent again, and the rest is bad content") {
  std::mt19937_64 random(5);
  const std::vector<ContentExample> examples = content_examples();
  std::size_t accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    Bytes bytes = examples[random() % examples.size()].wire.get();
    for (auto edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<std::uint8_t>(random());
          break;
        case 1:
          bytes[at] ^= static_cast<std::uint8_t>(1U << random() % 8);
          break;
        case 2:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(random()));
          break;
        default:
          bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
          break;
      }
    }
    try {
      const Bytes once = encoded(decode_content(bytes));
      REQUIRE(once.size() <= bytes.size());
      REQUIRE(encoded(decode_content(once)) == once);
      ++accepted;
    } catch (const Error& error) {
      REQUIRE(error.code() == Errc::bad_content);
    }
  }
  CHECK(accepted > 20'000);
  CHECK(accepted < 180'000);
}
