// What users of other libraries ran into: their threads, by number in the names of the tests.
#include <doctest/doctest.h>

#include <anochat/framing/relay_frames.hpp>
#include <anochat/testing/random.hpp>
#include <mutex>
#include <set>

#include "file_world.hpp"

using namespace anochat;
using namespace anochat::client::tests;

namespace {

class ListedLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view event, std::initializer_list<LogField> /*fields*/) noexcept override {
    lines.emplace_back(event);
  }
  std::vector<std::string> lines;
};

/// What a client's frames ask of the relay.
struct Said {
  std::uint64_t request = 0;  ///< the last Submit's
  std::vector<Submission> submitted;
  std::vector<ByteArray<32>> fetched;
};

Said what_is_said(const std::vector<Bytes>& frames) {
  Said said;
  for (const Bytes& bytes : frames) {
    const ClientFrame frame = decode_client_frame(bytes);
    if (const auto* submit = std::get_if<Submit>(&frame.body)) {
      said.request = frame.request;
      said.submitted.insert(said.submitted.end(), submit->submissions.begin(), submit->submissions.end());
    }
    if (const auto* fetch = std::get_if<FetchAccounts>(&frame.body)) {
      for (const auto* list : {&fetch->accounts, &fetch->lists})
        said.fetched.insert(said.fetched.end(), list->begin(), list->end());
    }
  }
  return said;
}

}  // namespace

TEST_CASE("thread 12: nothing is sent before it is saved") {
  World t;
  FileParty alice(t, "Alice");
  FileParty bob(t, "Bob");
  t.connect(*alice);
  t.connect(*bob);
  t.settle();
  alice->client.send_text(alice->with(*bob), "hello");
  t.settle();
  for (int i = 0; i < 5; ++i) {
    alice->client.send_text(alice->with(*bob), std::to_string(i));
    for (const Bytes& frame : alice->client.outgoing()) t.relay.receive(*alice->connection, frame);
    alice.restart();  // the answer of the relay is lost
    t.settle();
  }
  CHECK(bob->texts(*alice).size() == 6);
  CHECK(bob->all<event::DecryptFailure>().empty());
}

TEST_CASE("thread 18: a store in memory complains") {
  ListedLog log;
  StoreOptions options;
  options.log = &log;
  const Store store = Store::in_memory(options);
  CHECK(log.lines.size() == 1);
}

TEST_CASE("thread 22: the first message to many people asks for all of their keys at once") {
  World t;
  Party alice = t.make("Alice");
  std::vector<Party> others;
  for (int i = 0; i < 32; ++i) others.push_back(t.make());
  for (Party& other : others) t.connect(other);
  t.settle();
  t.connect(alice);
  t.settle();
  std::vector<OutgoingMessage> messages;
  for (Party& other : others) messages.push_back({alice.with(other), content::Text{"hello all"}});
  alice.client.send_many(messages);
  t.settle();
  CHECK(t.relay.counters().fetch_frames == 2);  // of 16 accounts each
  CHECK(t.relay.counters().fetched_accounts == 32);
  for (Party& other : others) CHECK(other.texts(alice).size() == 1);
}

TEST_CASE("when randomness fails nothing is sent, and the next attempt works") {
  Pair t;
  t.befriend();
  World other;
  for (std::uint64_t good = 0; good < 6; ++good) {
    FailingRandom failing(good, 5);
    SeededRandom& source = other.new_source();
    ClientOptions options = other.options(source);
    Store store = Store::in_memory(other.store_options(source));
    options.random = &failing;
    CHECK_ERROR(Client::create(std::move(store), options), Errc::random_failed);
  }
}

TEST_CASE("events that nobody fetches are counted, not kept for ever") {
  World t;
  Party alice = t.make("Alice");
  Party bob = t.make("Bob", [](ClientOptions& options) { options.most_events = 10; });
  t.connect(alice);
  t.connect(bob);
  t.settle();
  for (int i = 0; i < 30; ++i) alice.client.send_text(alice.with(bob), std::to_string(i));
  t.settle();
  bob.fetch();
  CHECK(bob.events.size() == 11);
  REQUIRE(bob.all<event::EventsLost>().size() == 1);
  CHECK(bob.all<event::EventsLost>()[0].count > 15);
  CHECK(bob.texts(alice).size() == 30);
}

TEST_CASE("the notifier calls once for news, and again after the driver has looked") {
  Pair t;
  t.befriend();
  int calls = 0;
  t.alice.client.set_notifier([&calls] { ++calls; });
  t.alice.client.send_text(t.alice.with(t.bob), "1");
  t.alice.client.send_text(t.alice.with(t.bob), "2");
  CHECK(calls == 1);
  CHECK(t.alice.client.outgoing().size() == 1);
  t.alice.client.send_text(t.alice.with(t.bob), "3");
  CHECK(calls == 2);
}

TEST_CASE("a message that nobody could be given has failed after its time, and can be explained") {
  World t;
  Party alice = t.make("Alice");
  t.connect(alice);
  t.settle();
  AccountId nobody{};
  nobody.fill(3);
  const MessageHandle sent = alice.client.send_text(alice.client.conversation_with(nobody), "hello?");
  t.settle();
  CHECK(alice.client.explain(sent).will_be_retried);
  t.advance(std::chrono::days{31});
  CHECK(alice.client.message(sent)->status == storage::MessageStatus::failed);
  CHECK(alice.client.explain(sent).reason == Errc::timed_out);
}

TEST_CASE("a relay of another name gets no login") {
  World t;
  Party alice = t.make("Alice", [](ClientOptions& options) { options.relay = "other.example"; });
  t.connect(alice);
  t.settle();
  CHECK_FALSE(alice.client.is_online());
  REQUIRE(alice.all<event::LoginRefused>().size() == 1);
  REQUIRE(alice.client.goodbye());
  CHECK(alice.client.goodbye()->code == Errc::unauthorised);
}

TEST_CASE("the relay's last word ends the connection, and what was in flight is sent on the next one") {
  Pair t;
  t.befriend();
  CHECK_FALSE(t.alice.client.goodbye());
  t.alice.client.send_text(t.alice.with(t.bob), "in flight");
  CHECK(t.alice.client.outgoing().size() == 1);
  CHECK(t.alice.client.outgoing().empty());

  SUBCASE("a refused request is not the end") {
    t.alice.client.receive(encode(RelayFrame{1'000'000, Refused{Errc::rate_limited, Milliseconds{700}}}));
    CHECK(t.alice.client.is_online());
    CHECK_FALSE(t.alice.client.goodbye());
  }
  SUBCASE("a refusal of nothing in particular is") {
    t.alice.client.receive(encode(RelayFrame{0, Refused{Errc::rate_limited, Milliseconds{700}}}));
    CHECK_FALSE(t.alice.client.is_online());
    REQUIRE(t.alice.client.goodbye());
    CHECK(t.alice.client.goodbye()->code == Errc::rate_limited);
    CHECK(t.alice.client.goodbye()->retry_after == Milliseconds{700});
    CHECK(t.alice.all<event::Offline>().size() == 1);
    t.alice.client.receive(encode(RelayFrame{0, Pong{}}));  // too late to matter
    CHECK(t.alice.client.outgoing().empty());
    t.disconnect(t.alice);
    t.connect(t.alice);
    CHECK_FALSE(t.alice.client.goodbye());
    t.settle();
    CHECK(t.bob.texts(t.alice).back() == "in flight");
  }
}

TEST_CASE("a delivery token that the relay refuses is forgotten, and the message goes without it") {
  Pair t;
  t.befriend();
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "with an old token");
  const Said said = what_is_said(t.alice.client.outgoing());
  REQUIRE(said.submitted.size() == 1);
  CHECK(said.submitted[0].delivery_token != DeliveryToken{});
  const auto refused = static_cast<std::int32_t>(Errc::unauthorised);
  t.alice.client.receive(encode(RelayFrame{said.request, Submitted{{refused}}}));

  const Said asked = what_is_said(t.alice.client.outgoing());
  CHECK(asked.submitted.empty());
  CHECK(asked.fetched == std::vector<ByteArray<32>>{t.bob.id()});  // who may have other devices by now
  CHECK(t.alice.client.message(sent)->status == storage::MessageStatus::queued);

  t.clock.advance(std::chrono::seconds(31));
  t.alice.client.tick();
  const std::vector<Bytes> frames = t.alice.client.outgoing();
  const Said again = what_is_said(frames);
  REQUIRE(again.submitted.size() == 1);
  CHECK(again.submitted[0].delivery_token == DeliveryToken{});
  CHECK(again.submitted[0].envelope == said.submitted[0].envelope);
  for (const Bytes& frame : frames) t.relay.receive(*t.alice.connection, frame);
  t.settle();
  CHECK(t.bob.texts(t.alice).back() == "with an old token");
  CHECK(t.alice.client.message(sent)->status == storage::MessageStatus::delivered);
}

TEST_CASE("what is no relay frame is refused and changes nothing") {
  Pair t;
  t.befriend();
  CHECK_ERROR(t.alice.client.receive(Bytes{0xff, 0xff, 0xff}), Errc::bad_message);
  t.alice.client.send_text(t.alice.with(t.bob), "still fine");
  t.settle();
  CHECK(t.bob.texts(t.alice).back() == "still fine");
}

TEST_CASE("changes that overtake their message wait for it") {
  Pair t;
  t.befriend();
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "teh");
  t.clock.advance(Milliseconds{1});
  t.alice.client.edit(sent, "the");
  for (const Bytes& frame : t.alice.client.outgoing()) t.relay.receive(*t.alice.connection, frame);
  std::vector<Bytes> envelopes;
  for (const Bytes& frame : t.relay.take(*t.bob.connection)) {
    const RelayFrame decoded = decode_relay_frame(frame);
    for (const Bytes& one : std::get<Deliver>(decoded.body).envelopes) envelopes.insert(envelopes.begin(), one);
  }
  REQUIRE(envelopes.size() == 2);
  t.bob.client.receive(encode(RelayFrame{0, Deliver{envelopes}}));
  CHECK(t.bob.texts(t.alice).back() == "the");
}

TEST_CASE("a login that is answered late is a login") {
  Pair t;
  t.befriend();
  t.disconnect(t.alice);
  t.connect(t.alice);
  for (const Bytes& frame : t.relay.take(*t.alice.connection)) t.alice.client.receive(frame);  // the challenge
  for (const Bytes& frame : t.alice.client.outgoing()) t.relay.receive(*t.alice.connection, frame);
  for (int i = 0; i < 4; ++i) {
    t.clock.advance(std::chrono::seconds{10});
    t.alice.client.tick();
    const auto next = t.alice.client.next_timer();
    CHECK((!next || *next > t.clock.now()));  // no busy waiting
  }
  t.settle();
  CHECK(t.alice.client.is_online());
}
