// Whole conversations: reordering, loss, refusals, PQ epochs and saved states, with the keys of every message.
#include <anochat/base/error.hpp>
#include <anochat/session/session.hpp>
#include <map>
#include <stdexcept>

#include "crypto/chacha.hpp"
#include "session/body.hpp"
#include "session/chain.hpp"
#include "support/session_access.hpp"
#include "vectors/make_vectors.hpp"
#include "vectors/parties.hpp"

namespace anochat::vectors {
namespace {

using namespace session;

class Conversation {
 public:
  Conversation(std::uint64_t seed, bool with_one_time, KemKind kind)
      : random_(seed), a_(random_, 1), b_(random_, 2), prekeys_(b_.device, kNow, with_one_time, kind, random_) {
    random_.take();
    a_session_.emplace(Session::initiate(a_.device, prekeys_.bundle(b_.device), random_));
    draws_ = random_.take_json();
  }

  /// Seals a message of one side; returns its index for receive() and refuse().
  std::size_t send(char from, ByteView content) {
    Session& session = side(from);
    Session before = Session::load(session.save());
    const Bytes message = session.encrypt(content, random_);
    const std::vector<Bytes> draws = random_.take();
    SessionAccess::State& old = SessionAccess::state(before);
    if (old.ec.is_step_due) {
      crypto::X25519Private fresh;
      std::copy(draws.at(0).begin(), draws.at(0).end(), fresh.expose_mutable().begin());
      old.ec.step(std::move(fresh));
    }
    const std::uint32_t n = old.ec.sending->next;
    const std::uint32_t pq_n = old.pq.chains.sending.last + 1;
    const EcMessageKey ec = step(old.ec.sending->key, n);
    const PqMessageKey pq = step(old.pq.chains.sending.key, pq_n);
    const MessageKeys keys(ec, pq);
    const MessageView view = parse_message(message, "vector");
    const auto header = open_header(view, old.ec.sending->header_key, HeaderAd(view.front, old.ad).view());
    if (!header) throw std::logic_error("vector: the header does not open");
    Bytes ad(old.ad.expose().begin(), old.ad.expose().end());
    ad.insert(ad.end(), view.head.begin(), view.head.end());
    Bytes body(view.sealed_body.size() - crypto::kTagLen);
    if (!crypto::open(keys.body_key(), keys.body_nonce(), ad, view.sealed_body, body)) {
      throw std::logic_error("vector: the body does not open");
    }
    std::vector<Json> draw_list;
    for (const Bytes& draw : draws) draw_list.emplace_back(ByteView(draw));
    steps_.push_back(Json::object({{"op", "send"},
                                   {"from", name(from)},
                                   {"draws", Json::array(draw_list)},
                                   {"content", content},
                                   {"message", ByteView(message)},
                                   {"mk_ec", ByteView(ec.expose())},
                                   {"mk_pq", ByteView(pq.expose())},
                                   {"header", header->encode()},
                                   {"body", ByteView(body)},
                                   {"pq_epoch", header->pq_epoch},
                                   {"pq_n", header->pq_n}}));
    messages_.push_back(message);
    step_of_.push_back(steps_.size() - 1);
    return messages_.size() - 1;
  }

  void receive(char to, std::size_t index) {
    const Bytes& message = messages_.at(index);
    SecretBytes content;
    if (to == 'b' && !b_session_) {
      AcceptedSession accepted = Session::accept(b_.device, prekeys_, message, now_);
      content = std::move(accepted.content);
      b_session_.emplace(std::move(accepted.session));
    } else {
      content = side(to).decrypt(message, now_);
    }
    steps_.push_back(Json::object({{"op", "receive"},
                                   {"to", name(to)},
                                   {"message_index", std::uint64_t{step_of_.at(index)}},
                                   {"now", seconds_of(now_)},
                                   {"content", ByteView(content)}}));
  }

  void refuse(char to, ByteView message) {
    try {
      static_cast<void>(side(to).decrypt(message, now_));
    } catch (const Error& error) {
      steps_.push_back(Json::object({{"op", "refuse"}, {"to", name(to)}, {"message", message}, {"now", seconds_of(now_)}, {"error", name_of(error.code())}}));
      return;
    }
    throw std::logic_error("vector: a message that should be refused was opened");
  }

  /// A signal, which the other side opens at once.
  void signal(char from, ByteView content) {
    const Bytes message = side(from).seal_signal(content, now_, random_);
    if (!equal_ct(side(from == 'a' ? 'b' : 'a').open_signal(message, now_), content)) throw std::logic_error("vector: a signal differs");
    steps_.push_back(Json::object({{"op", "signal"},
                                   {"from", name(from)},
                                   {"draws", random_.take_json()},
                                   {"now_ms", static_cast<std::uint64_t>(now_.time_since_epoch().count())},
                                   {"content", content},
                                   {"message", ByteView(message)}}));
  }

  /// Messages that are sealed and never arrive: only the draws of the first matter.
  void lose(char from, int count) {
    for (int i = 0; i < count; ++i) static_cast<void>(side(from).encrypt({}, random_));
    steps_.push_back(Json::object({{"op", "lose"}, {"from", name(from)}, {"count", static_cast<std::uint32_t>(count)}, {"draws", random_.take_json()}}));
  }

  void note_state(char of) {
    steps_.push_back(Json::object({{"op", "state"}, {"of", name(of)}, {"now", seconds_of(now_)},
                                   {"record", ByteView(side(of).save_record())}, {"save", ByteView(side(of).save())}}));
  }

  void pass_time(std::chrono::seconds time) { now_ += time; }
  [[nodiscard]] const Bytes& message(std::size_t index) const { return messages_.at(index); }
  [[nodiscard]] Session& side(char which) { return which == 'a' ? *a_session_ : *b_session_; }

  [[nodiscard]] Json json() const {
    return Json::object({{"handshake", Json::object({{"a", a_.json()}, {"b", b_.json()}, {"prekeys", prekeys_.json()}, {"draws", draws_}})},
                         {"steps", Json::array(steps_, ",\n    ")}});
  }

 private:
  [[nodiscard]] static std::string_view name(char which) { return which == 'a' ? "a" : "b"; }

  RecordingRandom random_;
  Maker a_;
  Maker b_;
  PreKeySet prekeys_;
  std::optional<Session> a_session_;
  std::optional<Session> b_session_;
  Json draws_;
  std::vector<Json> steps_;
  std::vector<Bytes> messages_;
  std::vector<std::size_t> step_of_;
  UnixTime now_ = kNow;
};

Bytes changed(Bytes message, std::size_t at) {
  message.at(at) ^= 1;
  return message;
}

/// Two initial messages in the wrong order, loss, every kind of refusal, skipped keys in a saved state.
Json reordered() {
  Conversation c(301, true, KemKind::one_time);
  const std::size_t first = c.send('a', as_bytes("first"));
  const std::size_t second = c.send('a', as_bytes("second"));
  c.note_state('a');
  c.receive('b', second);
  c.note_state('b');
  c.refuse('b', c.message(second));
  c.receive('b', first);
  c.refuse('b', c.message(first));
  const std::size_t answer = c.send('b', {});
  c.receive('a', answer);
  c.note_state('a');
  std::vector<std::size_t> run;
  for (int i = 0; i < 6; ++i) run.push_back(c.send('a', as_bytes("run " + std::to_string(i))));
  c.receive('b', run[4]);
  c.note_state('b');
  c.pass_time(std::chrono::hours(24 * 20));
  c.receive('b', run[1]);
  c.refuse('b', changed(c.message(run[0]), 20));
  c.refuse('b', changed(c.message(run[5]), c.message(run[5]).size() - 1));
  c.refuse('a', c.message(run[5]));
  c.refuse('b', ByteView(c.message(run[5])).first(300));
  c.refuse('b', changed(c.message(run[5]), 0));
  c.refuse('b', changed(c.message(run[5]), 2));
  const std::size_t reply = c.send('b', as_bytes("reply"));
  c.receive('a', reply);
  const std::size_t next = c.send('a', as_bytes("next chain"));
  c.pass_time(std::chrono::hours(24 * 11));  // the oldest skipped keys are now older than 30 days
  c.receive('b', next);
  c.note_state('b');
  c.refuse('b', c.message(run[0]));
  return c.json();
}

/// Ping-pong through several PQ epochs, with symbols lost and coded ones used, states noted in every phase.
Json epochs() {
  Conversation c(302, false, KemKind::last_resort);
  c.receive('b', c.send('a', as_bytes("hello")));
  for (int i = 0; i < 120; ++i) {
    const char from = i % 2 == 0 ? 'b' : 'a';
    const char to = i % 2 == 0 ? 'a' : 'b';
    const std::size_t message = c.send(from, Bytes(static_cast<std::size_t>(i % 90), static_cast<std::uint8_t>(i)));
    if (i % 7 == 3) {
      const std::size_t again = c.send(from, as_bytes("after a loss"));
      c.receive(to, again);
      if (i % 14 == 3) c.receive(to, message);
    } else {
      c.receive(to, message);
    }
    if (i % 10 == 0) {
      c.note_state('a');
      c.note_state('b');
    }
  }
  if (c.side('a').pq_epoch() < 3) throw std::logic_error("vector: too few PQ epochs");
  return c.json();
}

/// Contents of all padded sizes up to the largest, in one direction and back.
Json sizes() {
  Conversation c(303, true, KemKind::last_resort);
  c.receive('b', c.send('a', Bytes(5'000, 0x61)));
  c.receive('a', c.send('b', as_bytes("ok")));
  for (const std::size_t length : {217U, 218U, 249U, 250U, 1'024U, 4'089U, 4'090U, 65'536U}) c.receive('b', c.send('a', Bytes(length, 0x62)));
  c.note_state('b');
  return c.json();
}

/// As many messages lost as may be, and one more; then signals.
Json gaps() {
  Conversation c(304, true, KemKind::one_time);
  c.receive('b', c.send('a', as_bytes("hello")));
  c.receive('a', c.send('b', as_bytes("hello back")));
  c.signal('b', as_bytes("typing"));
  c.lose('a', 1'000);
  const std::size_t last = c.send('a', as_bytes("after 1,000 losses"));
  const std::size_t too_far = c.send('a', as_bytes("after 1,001 losses"));
  c.refuse('b', c.message(too_far));
  c.receive('b', last);
  c.receive('b', too_far);
  c.signal('a', {});
  c.signal('a', Bytes(kMaxSignalContentLen, 0x7f));
  c.lose('a', 1'000);                                          // their number is pn of the next chain
  c.receive('a', c.send('b', as_bytes("b turns")));
  c.lose('a', 1'000);                                          // and these are n
  c.receive('b', c.send('a', as_bytes("2,000 skipped in one step")));
  if (c.side('b').skipped_key_count() != 4'000) throw std::logic_error("vector: the limits of skipped keys do not hold");
  return c.json();
}

Json erasure_case(std::size_t k, const std::vector<std::uint16_t>& decode_from) {
  RecordingRandom random(400 + k);
  std::vector<Symbol> rows(k);
  Bytes payload;
  for (Symbol& row : rows) {
    row = random.array<kSymbolLen>();
    payload.insert(payload.end(), row.begin(), row.end());
  }
  std::vector<Json> symbols;
  for (const std::uint32_t index : {0U, 1U, 34U, 35U, 38U, 39U, 77U, 255U, 256U, 4'097U, 65'535U}) {
    Symbol symbol{};
    encode_symbol(rows, index, symbol);
    symbols.push_back(Json::object({{"index", index}, {"bytes", symbol}}));
  }
  std::vector<Json> from;
  for (const std::uint16_t index : decode_from) from.emplace_back(std::uint32_t{index});
  return Json::object({{"payload", ByteView(payload)}, {"symbols", Json::array(symbols)}, {"decode_from", Json::array(from)}});
}

}  // namespace

void make_conversation_vectors(const Writer& write) {
  write("conversation", "Conversations with the keys of every message (sections 5 to 11)", {reordered(), epochs(), sizes(), gaps()});
  std::vector<std::uint16_t> mixed38;
  std::vector<std::uint16_t> mixed35;
  for (std::uint16_t i = 0; i < 38; ++i) mixed38.push_back(static_cast<std::uint16_t>(i % 2 == 0 ? i : 1'000 + 131 * i));
  for (std::uint16_t i = 0; i < 35; ++i) mixed35.push_back(static_cast<std::uint16_t>(65'535 - i));
  write("erasure", "Symbols of payloads of 38 and 35 rows (section 7)", {erasure_case(38, mixed38), erasure_case(35, mixed35)});
}

}  // namespace anochat::vectors
