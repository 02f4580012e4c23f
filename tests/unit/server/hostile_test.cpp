// What strangers do to a running server. Each case also checks that a device with a good conscience is served.
#include "socket_user.hpp"

#include <algorithm>
#include <set>

using namespace anochat;
using namespace anochat::testing;

namespace {

RelayServerOptions strict() {
  RelayServerOptions out = server_options();
  out.listen.handshake_deadline = milliseconds(1'500);
  out.listen.frame_deadline = milliseconds(500);
  out.listen.write_deadline = milliseconds(500);
  return out;
}

struct World {
  explicit World(const RelayServerOptions& options = strict()) : server(options), friendly(makings, server) {
    friendly.settle_in();
  }
  ~World() {
    CHECK(friendly.is_served());
    CHECK(eventually([this] { return server.counts().partial_bytes == 0; }));
  }
  RawSocket stranger() {
    RawSocket out(server.port());
    REQUIRE(out.open());
    return out;
  }
  Makings makings;
  RelayServer server;
  SocketUser friendly;
};

}  // namespace

TEST_CASE("slow strangers are cut off while others are served") {
  World world;
  std::vector<RawSocket> slow;
  for (int i = 0; i < 150; ++i) slow.emplace_back(world.server.port());
  std::size_t at = 0;
  const std::string request = RawSocket::upgrade();
  CHECK(eventually([&] {
    for (const RawSocket& socket : slow) socket.send_some(request.substr(at, 1));
    at = std::min(at + 1, request.size() - 8);
    CHECK(world.friendly.is_served());
    return world.server.counts().timed_out == slow.size();
  }));
  CHECK(world.server.counts().open == 1);
  CHECK(world.server.metrics().connections == 1);  // the relay never heard of them
}

TEST_CASE("frames of 4 GiB, without mask, of text and without end do not get in") {
  World world;
  const std::vector<std::string> inputs = {
      RawSocket::head(Opcode::binary, std::uint64_t{1} << 32),
      RawSocket::head(Opcode::binary, kMaxFrameLen + 1),
      RawSocket::head(Opcode::binary, 3, true, /*is_masked=*/false) + "abc",
      RawSocket::head(Opcode::text, 3) + "abc",
      RawSocket::head(Opcode::binary, 3, /*is_last=*/false) + "abc",
      RawSocket::head(Opcode::binary, 300'000) + std::string(1'000, 'x'),
  };
  for (const std::string& input : inputs) {
    RawSocket socket = world.stranger();
    socket.send(input);
    CHECK(socket.wait_until_closed());
    CHECK(world.friendly.is_served());
  }
  CHECK(world.server.metrics().malformed == 0);  // no frame was made of any
  CHECK(eventually([&] { return world.server.metrics().connections == 1; }));
}

TEST_CASE("what is no relay frame closes the connection after a last word") {
  World world;
  for (const std::string& payload : {std::string(), std::string("\xff\xff\xff"), std::string(5'000, '\0')}) {
    SocketUser stranger(world.makings, world.server);
    REQUIRE(stranger.reach());
    REQUIRE(stranger.socket->send_message(payload));
    CHECK(stranger.last_word().code == Errc::bad_message);
  }
  CHECK(world.server.metrics().malformed == 3);
}

TEST_CASE("a flood of tiny frames ends after some hundred") {
  World world;
  SocketUser stranger(world.makings, world.server);
  REQUIRE(stranger.reach());
  std::string flood;
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    const Bytes frame = encode(ClientFrame{i, Ping{}});
    flood += RawSocket::head(Opcode::binary, frame.size()) + std::string(as_text(frame));
  }
  bool is_open = true;
  CHECK(eventually([&] {
    is_open = is_open && stranger.socket->send_some(flood) > 0;
    CHECK(world.friendly.is_served());
    return world.server.metrics().connections == 1;
  }));
  const RelayMetrics metrics = world.server.metrics();
  CHECK(metrics.rate_limited > 0);
  CHECK(metrics.frames_received < 5'000);
}

TEST_CASE("a server without randomness for a challenge lets nobody in, and says so") {
  for (std::uint64_t draws = 0;; ++draws) {  // as few as the relay itself needs to begin
    REQUIRE(draws < 20);
    FailingRandom dry(draws);
    RelayServerOptions options = server_options();
    options.random = &dry;
    std::optional<RelayServer> server;
    try {
      server.emplace(options);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::random_failed);
      continue;
    }
    RawSocket socket(server->port());
    REQUIRE(socket.open());
    const auto message = socket.next();
    REQUIRE(message);
    CHECK(message->opcode == Opcode::close);
    CHECK(message->payload.substr(0, 2) == "\x03\xf5");  // 1013, try again later
    CHECK(RawSocket::get(server->port(), "/healthz").starts_with("HTTP/1.1 200 "));
    return;
  }
}

TEST_CASE("nothing is done for who has not logged in") {
  World world;
  const auto refused = [&](auto body) {
    SocketUser stranger(world.makings, world.server);
    REQUIRE(stranger.reach());
    REQUIRE(stranger.put(std::move(body)));
    return stranger.last_word().code;
  };
  CHECK(refused(FetchAccounts{{world.friendly.device.address().account}}) == Errc::unauthorised);
  CHECK(refused(Acknowledge{{{1}}}) == Errc::unauthorised);
  CHECK(refused(CountPreKeys{}) == Errc::unauthorised);
  CHECK(refused(world.friendly.prekeys(1)) == Errc::unauthorised);
  CHECK(refused(PublishAccount{world.friendly.list(9), {}}) == Errc::unauthorised);
}

TEST_CASE("logins that are foreign, replayed or altered all get the same answer") {
  World world;
  SocketUser victim(world.makings, world.server);
  SocketUser other(world.makings, world.server);
  const auto first = victim.reach();
  REQUIRE(first);
  const Login good = victim.answer(*first);

  std::set<Bytes> answers;
  const auto try_login = [&](const Login& login) {
    SocketUser thief(world.makings, world.server);
    REQUIRE(thief.reach());
    REQUIRE(thief.put(login));
    answers.insert(encode(RelayFrame{1, thief.last_word()}));
  };
  try_login(good);  // another connection's challenge
  Login altered = good;
  altered.signature[5] ^= 1;
  try_login(altered);
  Login mixed = other.answer(*first);
  mixed.certificate = good.certificate;
  try_login(mixed);
  CHECK(answers.size() == 1);
  CHECK(std::get<Refused>(decode_relay_frame(*answers.begin()).body).code == Errc::unauthorised);
  CHECK(world.server.metrics().logins == 1);

  static_cast<void>(victim.ask_server<Done>(good));  // and the owner of the challenge is not hindered
  REQUIRE(victim.put(good));
  CHECK(victim.last_word().code == Errc::wrong_state);
}

TEST_CASE("a wrong token and a mailbox that does not exist look the same") {
  World world;
  SocketUser stranger(world.makings, world.server);
  SocketUser nobody(world.makings, world.server);
  REQUIRE(stranger.reach());
  Submission wrong = world.friendly.envelope(1);
  wrong.delivery_token[3] ^= 1;
  const Submitted to_friendly = stranger.ask_server<Submitted>(Submit{{wrong}});
  const Submitted to_nobody = stranger.ask_server<Submitted>(Submit{{nobody.envelope(1)}});
  CHECK(encode(RelayFrame{1, to_friendly}) == encode(RelayFrame{1, to_nobody}));
  CHECK(to_nobody.results.at(0) == result(Errc::unauthorised));
  CHECK(world.server.metrics().submissions == 0);
}

TEST_CASE("an account that does not exist looks like one that has published nothing") {
  World world;
  SocketUser shy(world.makings, world.server);
  shy.enter();
  const AccountId unknown{1, 2, 3};
  const auto fetch = [&](const AccountId& account) {
    FetchedAccounts out = world.friendly.ask_server<FetchedAccounts>(FetchAccounts{{account}});
    out.accounts.at(0).account = {};
    return encode(RelayFrame{1, out});
  };
  CHECK(fetch(unknown) == fetch(shy.device.address().account));
}

TEST_CASE("one requester cannot drain the one-time prekeys of another") {
  World world;
  SocketUser victim(world.makings, world.server);
  victim.settle_in(20);
  for (int i = 0; i < 15; ++i) {
    const auto fetched = world.friendly.ask_server<FetchedAccounts>(FetchAccounts{{victim.device.address().account}});
    REQUIRE(fetched.accounts.at(0).bundles.size() == 1);  // there is always one to be had
  }
  const RelayMetrics metrics = world.server.metrics();
  CHECK(metrics.one_time_used == 3);
  CHECK(metrics.last_resort_used == 12);
  CHECK(victim.ask_server<PreKeyCount>(CountPreKeys{}).one_time == 17);
}

TEST_CASE("a full mailbox refuses more, keeps what it has, and takes mail again when there is room") {
  RelayServerOptions options = strict();
  options.relay.mailbox = {5, 1'000'000};
  World world(options);
  SocketUser owner(world.makings, world.server);
  owner.settle_in();
  owner.socket.reset();
  SocketUser stranger(world.makings, world.server);
  REQUIRE(stranger.reach());
  Submit all;
  for (unsigned i = 1; i <= 8; ++i) all.submissions.push_back(owner.envelope(i));
  const auto full = stranger.ask_server<Submitted>(all).results;
  CHECK(std::count(full.begin(), full.end(), 0) == 5);
  CHECK(std::count(full.begin(), full.end(), result(Errc::quota_exceeded)) == 3);
  CHECK(stranger.ask_server<Submitted>(Submit{{owner.envelope(2)}}).results.at(0) == 0);  // a repetition is there
  CHECK(world.server.metrics().repetitions == 1);

  owner.enter();
  static_cast<void>(owner.is_served());
  while (delivered(owner.mail).size() < 5) {
    auto frame = owner.hear();
    REQUIRE(frame);
    owner.mail.push_back(*std::move(frame));
  }
  CHECK(delivered(owner.mail) == std::vector<int>{1, 2, 3, 4, 5});
  static_cast<void>(owner.ask_server<Done>(Acknowledge{{EnvelopeId{{1}}.bytes, ByteArray<16>{99}}}));  // one is unknown
  CHECK(stranger.ask_server<Submitted>(Submit{{owner.envelope(6)}}).results.at(0) == 0);
}

TEST_CASE("nobody acknowledges another's mail") {
  World world;
  SocketUser owner(world.makings, world.server);
  owner.settle_in();
  owner.socket.reset();
  CHECK(world.friendly.ask_server<Submitted>(Submit{{owner.envelope(1)}}).results.at(0) == 0);
  static_cast<void>(world.friendly.ask_server<Done>(Acknowledge{{EnvelopeId{{1}}.bytes}}));
  owner.enter();
  static_cast<void>(owner.is_served());
  if (delivered(owner.mail).empty()) owner.mail.push_back(owner.hear().value());
  CHECK(delivered(owner.mail) == std::vector<int>{1});
}

TEST_CASE("in a reconnect storm some are told to come back, at different times") {
  RelayServerOptions options = strict();
  options.relay.address_connections = {40, 1};
  World world(options);
  std::size_t welcome = 0;
  std::set<milliseconds> times;
  std::vector<SocketUser> crowd;
  for (int i = 0; i < 120; ++i) {
    crowd.emplace_back(world.makings, world.server);
    if (crowd.back().reach()) {
      ++welcome;
    } else {
      REQUIRE(crowd.back().refusal);
      CHECK(crowd.back().refusal->code == Errc::rate_limited);
      CHECK(crowd.back().refusal->retry_after.count() > 0);
      times.insert(crowd.back().refusal->retry_after);
    }
  }
  CHECK(welcome < 120);
  CHECK(welcome >= 39);
  CHECK(times.size() > (120 - welcome) / 2);
  CHECK(world.friendly.is_served());
  crowd.clear();
  CHECK(eventually([&] { return world.server.counts().open == 1; }));
}

TEST_CASE("who connects and says nothing is shown the door") {
  RelayServerOptions options = strict();
  options.relay.login_deadline = milliseconds(300);
  World world(options);
  SocketUser silent(world.makings, world.server);
  REQUIRE(silent.reach());
  CHECK(silent.last_word().code == Errc::timed_out);
}

TEST_CASE("who does not read holds a bounded share, is cut off, and finds the mail again") {
  RelayServerOptions options = strict();
  options.listen.frame_deadline = kPatience;  // frames of 800 KB from a machine that has other things to do
  options.listen.write_deadline = milliseconds(2'000);
  options.relay.bytes = {100'000'000, 100'000'000};
  World world(options);
  SocketUser reader(world.makings, world.server);
  reader.settle_in();
  constexpr unsigned kEnvelopes = 300;  // 24 MB: more than the sockets of the system hold
  for (unsigned i = 0; i < kEnvelopes; i += 10) {
    Submit some;
    for (unsigned at = i; at < i + 10; ++at) {
      some.submissions.push_back(reader.envelope(at, std::chrono::hours(1), 80'000));
    }
    CHECK(world.friendly.ask_server<Submitted>(some).results == std::vector<std::int32_t>(10, 0));
  }
  CHECK(eventually([&] { return world.server.counts().timed_out == 1; }));
  CHECK(world.server.metrics().delivered < kEnvelopes);
  CHECK(world.server.metrics().connections == 1);
  // On a busy machine even a reader who does his best may be cut off again; what he has confirmed does not come back.
  std::set<int> found;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  reader.enter();
  for (;;) {
    Acknowledge got;
    for (const int number : delivered(std::exchange(reader.mail, {}))) {
      found.insert(number);
      got.envelopes.push_back({static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8)});
    }
    if (!got.envelopes.empty()) static_cast<void>(reader.put(got));
    if (found.size() == kEnvelopes || std::chrono::steady_clock::now() > end) break;
    if (auto frame = reader.hear()) {
      reader.mail.push_back(*std::move(frame));
    } else {
      reader.enter();
    }
  }
  CHECK(found.size() == kEnvelopes);
}

TEST_CASE("a clock that is set back a year disturbs nobody") {
  Makings makings;
  RelayServerOptions options = server_options();
  options.clock = &makings.clock;
  RelayServer server(options);
  SocketUser before(makings, server);
  before.settle_in();
  makings.clock.advance(-std::chrono::hours(24 * 365));
  CHECK(before.is_served());
  SocketUser after(makings, server);
  REQUIRE(after.reach());
  CHECK(after.is_served());
}
