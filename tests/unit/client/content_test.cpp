// What people say beside plain text.
#include <doctest/doctest.h>

#include <anochat/framing/content.hpp>

#include "world.hpp"

using namespace anochat;
using namespace anochat::client::tests;
using Texts = std::vector<std::string>;

namespace {

/// The newest message of bob's conversation with alice.
storage::Message newest(Party& reader, const Party& writer) { return reader.client.latest(reader.with(writer)).items.back(); }

content::Attachment picture() {
  content::Attachment out;
  out.blob_id = Bytes{1, 2, 3};
  out.size = 1'000;
  out.key.expose_mutable()[0] = 7;
  out.mime_type = "image/png";
  out.name = "cat.png";
  out.caption = "our cat";
  return out;
}

}  // namespace

TEST_CASE("a reply names what it answers") {
  Pair t;
  t.befriend();
  const auto question = newest(t.bob, t.alice);
  t.bob.client.reply(question.id, "because");
  t.settle();
  const auto answer = newest(t.alice, t.bob);
  CHECK(answer.body == "because");
  CHECK(answer.reply_to == question.uid);
  const Content content = decode_content(*answer.payload);
  CHECK(std::get<content::Reply>(content.kind).excerpt == question.body);
}

TEST_CASE("an edit changes the text on both sides and leaves its mark") {
  Pair t;
  t.befriend();
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "teh cat");
  t.settle();
  t.clock.advance(Milliseconds{10});
  t.alice.client.edit(sent, "the cat");
  t.settle();
  CHECK(t.alice.client.message(sent)->body == "the cat");
  CHECK(newest(t.bob, t.alice).body == "the cat");
  CHECK(newest(t.bob, t.alice).edited_at.has_value());
  CHECK(t.bob.all<event::MessageEdited>().size() == 1);
  CHECK(t.bob.client.search({.text = "teh"}).items.empty());
  CHECK(t.bob.client.search({.text = "cat"}).items.size() == 1);
}

TEST_CASE("only the author can edit or take back a message") {
  Pair t;
  t.befriend();
  const auto foreign = t.bob.client.latest(t.bob.with(t.alice)).items.front();
  CHECK_ERROR(t.bob.client.edit(foreign.id, "never said"), Errc::invalid_argument);
  CHECK_ERROR(t.bob.client.remove_for_all(foreign.id), Errc::invalid_argument);
  CHECK_ERROR(t.bob.client.edit(MessageHandle{12345}, "x"), Errc::not_found);
}

TEST_CASE("a message taken back is gone on both sides, with its reactions") {
  Pair t;
  t.befriend();
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "oops");
  t.settle();
  t.bob.client.react(newest(t.bob, t.alice).id, "\U0001F600");
  t.settle();
  t.alice.client.remove_for_all(sent);
  t.settle();
  CHECK(newest(t.bob, t.alice).deleted_at.has_value());
  CHECK(newest(t.bob, t.alice).body.empty());
  CHECK(t.bob.client.reactions(newest(t.bob, t.alice).id).empty());
  CHECK(t.bob.client.search({.text = "oops"}).items.empty());
  CHECK_ERROR(t.alice.client.edit(sent, "again"), Errc::invalid_argument);
}

TEST_CASE("reactions are counted per emoji, whole, and can be taken back") {
  Pair t;
  t.befriend();
  const std::string family = "\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466";
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "look");
  t.settle();
  const MessageHandle at_bob = newest(t.bob, t.alice).id;
  t.bob.client.react(at_bob, family);
  t.alice.client.react(sent, family);
  t.settle();
  for (const auto& [client, message] : {std::pair{&t.alice.client, sent}, {&t.bob.client, at_bob}}) {
    const auto reactions = client->reactions(message);
    REQUIRE(reactions.size() == 1);
    CHECK(reactions[0].emoji == family);
    CHECK(reactions[0].count == 2);
    CHECK(reactions[0].by_me);
  }
  t.bob.client.react(at_bob, family, false);
  t.settle();
  CHECK(t.alice.client.reactions(sent).at(0).count == 1);
}

TEST_CASE("an attachment's pointer and key are kept, its caption is searchable") {
  Pair t;
  t.befriend();
  t.alice.client.send(t.alice.with(t.bob), picture());
  t.settle();
  const auto message = newest(t.bob, t.alice);
  const auto files = t.bob.client.snapshot()->attachments.of(message.id);
  REQUIRE(files.size() == 1);
  CHECK(files[0].name == "cat.png");
  CHECK(files[0].key.expose()[0] == 7);
  CHECK(t.bob.client.search({.text = "cat"}).items.size() == 1);
}

TEST_CASE("a kind of the application's own arrives whole") {
  Pair t;
  t.befriend();
  t.alice.client.send(t.alice.with(t.bob), content::Custom{"com.example/poll", Bytes{9, 9}});
  t.settle();
  const auto message = newest(t.bob, t.alice);
  CHECK(message.kind == static_cast<std::int32_t>(ContentKind::custom));
  const Content content = decode_content(*message.payload);
  CHECK(std::get<content::Custom>(content.kind).data == Bytes{9, 9});
}

TEST_CASE("kinds that are not for the history cannot be sent as messages") {
  Pair t;
  t.befriend();
  CHECK_ERROR(t.alice.client.send(t.alice.with(t.bob), content::Typing{}), Errc::invalid_argument);
  CHECK_ERROR(t.alice.client.send(t.alice.with(t.bob), content::Text{}), Errc::invalid_argument);
  CHECK_ERROR(t.alice.client.send(ConversationHandle{77}, content::Text{"x"}), Errc::not_found);
  CHECK(t.alice.texts(t.bob).size() == 2);
}

TEST_CASE("disappearing messages go: here after sending, there after reading") {
  Pair t;
  t.befriend();
  t.alice.client.set_expire_timer(t.alice.with(t.bob), std::chrono::seconds{60});
  t.settle();
  CHECK(t.bob.all<event::TimerChanged>().size() == 1);
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "burn this");
  t.settle();
  t.advance(std::chrono::seconds{61});
  CHECK_FALSE(t.alice.client.message(sent).has_value());
  CHECK(newest(t.bob, t.alice).body == "burn this");
  t.bob.client.mark_read(t.bob.with(t.alice), newest(t.bob, t.alice).id);
  CHECK(t.bob.client.next_timer() <= t.clock.now() + std::chrono::seconds{60});
  t.advance(std::chrono::seconds{61});
  CHECK(newest(t.bob, t.alice).body != "burn this");
  CHECK(t.bob.all<event::MessagesExpired>().size() == 1);
  CHECK(t.bob.client.search({.text = "burn"}).items.empty());
}

TEST_CASE("a new profile reaches those who were let in") {
  Pair t;
  t.befriend();
  t.clock.advance(Milliseconds{5});
  t.alice.client.set_profile({"Alice Liddell", Bytes{1}, "down the hole"});
  t.settle();
  const auto contact = t.bob.client.snapshot()->contacts.find(t.alice.id());
  CHECK(contact->name == "Alice Liddell");
  CHECK(contact->avatar == Bytes{1});
}

TEST_CASE("a profile that nobody could read is refused, and everything stays as it was") {
  const ProfileInfo long_name{std::string(257, 'x'), {}, {}};
  const ProfileInfo two_lines{"two\nlines", {}, {}};
  const ProfileInfo no_text{{}, {}, "\xff"};
  Pair t;
  t.befriend();
  t.alice.client.set_profile({"Alice", {}, {}});
  CHECK_ERROR(t.alice.client.set_profile(long_name), Errc::too_large);
  CHECK_ERROR(t.alice.client.set_profile(two_lines), Errc::invalid_argument);
  CHECK_ERROR(t.alice.client.set_profile(no_text), Errc::invalid_argument);
  t.settle();
  CHECK(t.bob.client.snapshot()->contacts.find(t.alice.id())->name == "Alice");

  CHECK_ERROR(Client::create(Store::in_memory(), {.profile = long_name}), Errc::too_large);
}
