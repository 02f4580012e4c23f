// Thousands of conversations over a network that loses, repeats, delays and reorders, between devices that restart;
// each answer of each session is compared with receiver_model.hpp.
//
//   anochat_session_simulation [schedules [first seed]]
//
// The same seed gives the same schedule. On the first difference it says seed and step and ends with 1.
#include <anochat/base/error.hpp>
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "scenario/receiver_model.hpp"
#include "session/wire.hpp"
#include "support/session_access.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

using namespace anochat;
using testing::Place;
using testing::ReceiverModel;

namespace {

struct Totals {
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::map<Errc, std::uint64_t> refused;
  std::uint64_t tampered = 0;
  std::uint64_t restarts = 0;
  std::uint64_t epochs = 0;
  std::uint64_t stuck = 0;
  std::size_t most_kept = 0;
};

// How one schedule treats its conversation, in percent where nothing else is said.
struct Weather {
  unsigned loss;
  unsigned duplicates;
  unsigned reordering;
  unsigned delays;  // until the end of the schedule
  unsigned restarts;
  unsigned from_alice;
  unsigned most_burst;    // messages
  unsigned most_content;  // bytes
  unsigned steps;
  bool has_floods;  // a thousand messages at once, all lost

  static Weather of(std::mt19937_64& choose) {
    const auto up_to = [&choose](unsigned most) { return static_cast<unsigned>(choose() % (most + 1)); };
    constexpr unsigned kBias[] = {50, 50, 30, 70, 5, 95};
    return {.loss = choose() % 3 == 0 ? 0 : up_to(50),
            .duplicates = up_to(25),
            .reordering = up_to(80),
            .delays = up_to(20),
            .restarts = up_to(10),
            .from_alice = kBias[choose() % 6],
            .most_burst = 1 + up_to(choose() % 5 == 0 ? 30 : 3),
            .most_content = choose() % 4 == 0 ? 3'000U : 200U,
            .steps = 40 + up_to(120),
            .has_floods = choose() % 50 == 0};
  }
};

struct Message {
  Bytes bytes;
  Bytes content;
  Place place;
  bool is_delivered = false;
};

// One end: a session once there is one, and what its store would hold.
struct End {
  Device device;
  MemoryPreKeys prekeys;
  std::optional<Session> session;
  std::map<SkippedKeyId, SkippedKeyRecord> rows;
  std::uint32_t sending_chains = 0;
  ReceiverModel model;               // of what this end must answer
  std::vector<std::size_t> waiting;  // messages to this end, by their number, in the order of sending
  std::vector<std::size_t> late;     // lost, delayed and repeated ones
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, Totals& totals)
      : seed_(seed),
        choose_(seed),
        random_(seed),
        totals_(totals),
        weather_(Weather::of(choose_)),
        account_a_(AccountKey::generate(random_)),
        account_b_(AccountKey::generate(random_)),
        alice_(make(account_a_)),
        bob_(make(account_b_)) {
    alice_.session = Session::initiate(alice_.device, bob_.prekeys.bundle(clock_.now()), random_);
  }

  void run() {
    send(alice_);
    for (unsigned i = 0; i < weather_.steps; ++i) {
      ++step_;
      act();
    }
    for (End* end : {&alice_, &bob_}) {  // what was late comes after all, or again
      std::shuffle(end->late.begin(), end->late.end(), choose_);
      if (chance(50)) end->late.resize(end->late.size() / 2);  // and the rest never
      while (!end->waiting.empty()) deliver(*end, take(end->waiting));
      while (!end->late.empty()) deliver(*end, take(end->late));
    }
    heal();
    std::uint64_t delivered = 0;
    for (const Message& message : messages_) delivered += message.is_delivered ? 1U : 0U;
    totals_.sent += messages_.size();
    totals_.delivered += delivered;
    totals_.epochs += alice_.session->pq_epoch();
  }

 private:
  End make(const AccountKey& account) {
    Device device = Device::create(account, 1, random_);
    MemoryPreKeys prekeys(device, clock_.now(), random_, choose_() % 2);
    return {.device = std::move(device),
            .prekeys = std::move(prekeys),
            .session = {},
            .rows = {},
            .sending_chains = 0,
            .model = {},
            .waiting = {},
            .late = {}};
  }

  [[nodiscard]] bool chance(unsigned percent) { return choose_() % 100 < percent; }
  [[nodiscard]] End& other(const End& end) { return &end == &alice_ ? bob_ : alice_; }

  std::size_t take(std::vector<std::size_t>& from) {
    const std::size_t at = chance(weather_.reordering) ? choose_() % from.size() : 0;
    const std::size_t message = from[at];
    from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
    return message;
  }

  void act() {
    if (chance(weather_.restarts)) restart(chance(50) ? alice_ : bob_);
    pass_time();
    const auto what = choose_() % 10;
    if (what < 4) return send(chance(weather_.from_alice) ? alice_ : bob_);
    End& to = chance(50) ? alice_ : bob_;
    if (what == 9 && !to.late.empty()) return deliver(to, take(to.late));
    for (auto count = 1 + choose_() % (2 * weather_.most_burst); count > 0 && !to.waiting.empty(); --count) {
      const std::size_t message = take(to.waiting);
      if (chance(weather_.duplicates)) to.late.push_back(message);
      if (chance(weather_.loss) || chance(weather_.delays)) {
        to.late.push_back(message);
      } else {
        if (chance(3)) tamper(to, message);
        deliver(to, message);
      }
    }
  }

  void pass_time() {
    if (chance(50)) clock_.advance(std::chrono::seconds(choose_() % 100));
    if (chance(3)) clock_.advance(std::chrono::days(choose_() % 8));
    if (chance(1)) clock_.advance(std::chrono::days(31));
    if (chance(1)) clock_.advance(-std::chrono::hours(5));  // somebody sets the clock
  }

  void send(End& from) {
    if (!from.session) return;
    const bool is_flood = weather_.has_floods && chance(8);
    auto count = is_flood ? 300 + choose_() % 800 : 1 + choose_() % weather_.most_burst;
    for (; count > 0; --count) {
      const std::size_t number = send_one(from, choose_() % (weather_.most_content + 1));
      (is_flood ? other(from).late : other(from).waiting).push_back(number);
    }
  }

  std::size_t send_one(End& from, std::size_t content_len) {
    Message message;
    message.content.assign(content_len, 0x61);  // always the same
    if (SessionAccess::state(*from.session).ec.is_step_due) ++from.sending_chains;
    message.bytes = from.session->encrypt(message.content, random_);
    const SessionAccess::State& s = SessionAccess::state(*from.session);
    message.place = {.chain = from.sending_chains - 1,
                     .pn = s.ec.previous_count,
                     .n = s.ec.sending->next - 1,
                     .pq_epoch = s.pq.chains.sending_epoch,
                     .pq_n = s.pq.chains.sending.last};
    const session::MessageView view = session::parse_message(message.bytes, "simulation");
    expect(nonces_.insert(to_hex(view.header_nonce)).second, "a header nonce was used twice");
    expect(tags_.insert(to_hex(view.sealed_body.last(16))).second, "the same content gave the same ciphertext");
    messages_.push_back(std::move(message));
    return messages_.size() - 1;
  }

  // What `to` answers to these bytes.
  std::optional<Errc> answer(End& to, ByteView bytes, SecretBytes& content) {
    try {
      if (to.session) {
        content = to.session->decrypt(bytes, clock_.now());
      } else {
        AcceptedSession accepted = Session::accept(to.device, to.prekeys, bytes, clock_.now());
        expect(accepted.peer == alice_.device.certificate(), "somebody else wrote");
        to.prekeys.consume(accepted.consumed);
        to.session = std::move(accepted.session);
        content = std::move(accepted.content);
      }
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  }

  void deliver(End& to, std::size_t number) {
    Message& message = messages_[number];
    const SecretBytes before = to.session ? to.session->save() : SecretBytes();
    const std::uint64_t epoch = to.session ? to.session->pq_epoch() : 0;
    SecretBytes content;
    const std::optional<Errc> answered = answer(to, message.bytes, content);
    const std::optional<Errc> expected = to.model.receive(message.place, epoch, clock_.now());
    if (answered != expected) fail("answered " + name(answered) + ", expected " + name(expected));
    if (answered) {
      ++totals_.refused[*answered];
      expect(!to.session || to.session->save() == before, "a refused message has changed the session");
      return;
    }
    expect(!message.is_delivered, "a message was delivered twice");
    message.is_delivered = true;
    expect(std::equal(content.begin(), content.end(), message.content.begin(), message.content.end()), "other content");
    for (const SkippedKeyRecord& row : to.session->skipped_key_changes().added) {
      expect(to.rows.emplace(row.id, copy(row)).second, "a skipped key was added twice");
    }
    for (const SkippedKeyId& id : to.session->skipped_key_changes().removed) {
      expect(to.rows.erase(id) == 1, "a skipped key was removed that was not there");
    }
    const std::size_t kept = to.session->skipped_key_count();
    expect(kept == to.model.kept() && kept == to.rows.size(), "another number of skipped keys");
    totals_.most_kept = std::max(totals_.most_kept, kept);
  }

  void tamper(End& to, std::size_t number) {
    if (!to.session) return;
    Bytes bytes = messages_[number].bytes;
    bytes[choose_() % bytes.size()] ^= static_cast<std::uint8_t>(1U << (choose_() % 8));
    const SecretBytes before = to.session->save();
    SecretBytes content;
    expect(answer(to, bytes, content).has_value(), "a changed message opened");
    expect(to.session->save() == before, "a changed message has changed the session");
    ++totals_.tampered;
  }

  void restart(End& end) {
    if (!end.session) return;
    ++totals_.restarts;
    const SecretBytes saved = end.session->save();
    if (chance(50)) {
      end.session = Session::load(saved);
    } else {
      std::vector<SkippedKeyRecord> rows;
      for (const auto& [id, row] : end.rows) rows.push_back(copy(row));
      std::shuffle(rows.begin(), rows.end(), choose_);
      end.session = Session::load_record(end.session->save_record(), std::move(rows));
    }
    expect(end.session->save() == saved, "a session loaded to something else");
    end.prekeys = MemoryPreKeys::load(end.prekeys.save());
  }

  // From now on nothing is lost: both directions work, and the PQ epochs go on.
  void heal() {
    if (!bob_.session) return fail("nothing ever arrived");
    constexpr std::size_t kContentLen = 1'100;  // has room for 29 symbols
    const std::uint64_t goal = std::max(alice_.session->pq_epoch(), bob_.session->pq_epoch()) + 2;
    for (int i = 0; i < 60; ++i) {
      for (End* from : {&bob_, &alice_}) {
        const std::size_t number = send_one(*from, kContentLen);
        deliver(other(*from), number);
        if (!messages_[number].is_delivered) {  // over a thousand messages were lost for good
          ++totals_.stuck;
          return expect(weather_.has_floods, "a message was refused although the network is well");
        }
      }
      if (alice_.session->pq_epoch() >= goal && bob_.session->pq_epoch() >= goal) return;
    }
    fail("the PQ epochs stand still");
  }

  static SkippedKeyRecord copy(const SkippedKeyRecord& row) { return {row.id, row.since, row.key.clone()}; }
  static std::string name(std::optional<Errc> code) { return code ? std::string(name_of(*code)) : "the content"; }

  void expect(bool condition, const char* otherwise) const {
    if (!condition) fail(otherwise);
  }
  void fail(const std::string& what) const {
    std::fprintf(stderr, "seed %llu, step %u: %s\n", static_cast<unsigned long long>(seed_), step_, what.c_str());
    std::exit(1);
  }

  std::uint64_t seed_;
  unsigned step_ = 0;
  std::mt19937_64 choose_;
  testing::SeededRandom random_;
  testing::FakeClock clock_;
  Totals& totals_;
  Weather weather_;
  AccountKey account_a_;
  AccountKey account_b_;
  End alice_;
  End bob_;
  std::vector<Message> messages_;
  std::unordered_set<std::string> nonces_;
  std::unordered_set<std::string> tags_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t schedules = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000;
  const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  Totals totals;
  for (std::uint64_t seed = first; seed < first + schedules; ++seed) Simulation(seed, totals).run();
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%llu schedules: %llu messages, %llu opened once, %llu tampered with, %llu restarts, %llu PQ epochs\n",
              number(schedules), number(totals.sent), number(totals.delivered), number(totals.tampered),
              number(totals.restarts), number(totals.epochs));
  for (const auto& [code, count] : totals.refused)
    std::printf("  refused as %s: %llu\n", std::string(name_of(code)).c_str(), number(count));
  std::printf("  most skipped keys: %zu; conversations ended by a gap of over 1,000: %llu\n", totals.most_kept,
              number(totals.stuck));
  return 0;
}
