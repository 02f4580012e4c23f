#include "transcript/player.hpp"

#include <stdexcept>
#include <utility>

namespace anochat::transcript {

/// The words of a command, one after the other.
class Player::Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  [[nodiscard]] std::string next() {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (word.empty()) throw std::runtime_error("a word is missing");
    return word;
  }
  [[nodiscard]] std::int64_t number() { return std::stoll(next()); }
  [[nodiscard]] std::string_view text() const { return rest_; }

 private:
  std::string_view rest_;
};

struct Player::Party {
  Party(std::string called, std::uint64_t seed) : name(std::move(called)), random(seed) {}

  std::string name;
  testing::SeededRandom random;
  std::optional<Device> device;
  std::optional<MemoryPreKeys> prekeys;
  std::optional<Session> session;
  std::optional<Client> client;
  std::optional<Relay::Connection> connection;
};

struct Player::Server {
  Server(std::string name, std::uint64_t seed, const Clock& clock, Log& log)
      : options(named(std::move(name))),
        random(seed),
        relay(options, {store, presence, wakeup, limiter, clock, random, log}) {}

  static RelayOptions named(std::string name) {
    RelayOptions out;
    out.name = std::move(name);
    return out;
  }
  RelayOptions options;
  testing::SeededRandom random;
  MemoryRelayStore store;
  InProcessPresence presence;
  InProcessWakeup wakeup;
  InProcessRateLimiter limiter;
  Relay relay;
};

namespace {

Lines one(std::string line) { return {"= " + std::move(line)}; }
Lines bytes(ByteView value) { return one(to_hex(value)); }
template <class Handle>
Lines handle(Handle value) {
  return one(std::to_string(static_cast<std::int64_t>(value)));
}

ConversationHandle conversation(std::int64_t number) { return ConversationHandle{number}; }
MessageHandle message(std::int64_t number) { return MessageHandle{number}; }

/// Names in the order of the alternatives of Event.
constexpr std::array<std::string_view, std::variant_size_v<Event>> kEventNames = {"message_received",
                                                                                  "message_edited",
                                                                                  "message_deleted",
                                                                                  "messages_expired",
                                                                                  "reactions_changed",
                                                                                  "message_status",
                                                                                  "contact_request",
                                                                                  "profile_changed",
                                                                                  "timer_changed",
                                                                                  "identity_changed",
                                                                                  "devices_changed",
                                                                                  "typing",
                                                                                  "presence",
                                                                                  "call_signal",
                                                                                  "call_missed",
                                                                                  "decrypt_failure",
                                                                                  "failure_repaired",
                                                                                  "state_rolled_back",
                                                                                  "reduced_forward_secrecy",
                                                                                  "online",
                                                                                  "offline",
                                                                                  "login_refused",
                                                                                  "events_lost"};

std::string line_of(const Event& event) {
  std::int64_t conversation = 0;
  std::int64_t message = 0;
  std::visit(
      [&](const auto& it) {
        if constexpr (requires { it.conversation; }) conversation = static_cast<std::int64_t>(it.conversation);
        if constexpr (requires { it.message; }) message = static_cast<std::int64_t>(it.message);
      },
      event);
  return "= " + std::string(kEventNames.at(event.index())) + " " + std::to_string(conversation) + " " +
         std::to_string(message);
}

std::string line_of(const storage::Message& it) {
  return "= " + std::to_string(static_cast<std::int64_t>(it.id)) + (it.is_outgoing ? " out " : " in ") +
         std::to_string(static_cast<int>(it.status)) + " " + to_hex(as_bytes(it.body));
}

}  // namespace

Player::Player() {
  commands_["clock"] = [this](Words& words) { return clock_.set(UnixTime{Milliseconds{words.number()}}), Lines{}; };
  commands_["advance"] = [this](Words& words) { return clock_.advance(Milliseconds{words.number()}), Lines{}; };
  commands_["party"] = [this](Words& words) {
    const std::string name = words.next();
    parties_[name] = std::make_unique<Party>(name, static_cast<std::uint64_t>(words.number()));
    return Lines{};
  };
  add_session_commands();
  add_client_commands();
}

Player::~Player() = default;

Player::Party& Player::party(Words& words) { return *parties_.at(words.next()); }

Lines Player::play(const std::string& command) {
  Words words(command);
  const Command& run = commands_.at(words.next());
  try {
    return run(words);
  } catch (const Error& error) {
    return {"! " + std::string(name_of(error.code()))};
  }
}

void Player::add_session_commands() {
  commands_["device"] = [this](Words& words) {
    Party& it = party(words);
    const AccountKey account = AccountKey::generate(it.random);
    it.device.emplace(Device::create(account, static_cast<std::uint32_t>(words.number()), it.random));
    return Lines{"= " + it.device->address().text(), "= " + to_hex(it.device->certificate().encode())};
  };
  commands_["prekeys"] = [this](Words& words) {
    Party& it = party(words);
    it.prekeys.emplace(it.device.value(), now(), it.random, static_cast<std::size_t>(words.number()));
    return Lines{};
  };
  commands_["bundle"] = [this](Words& words) {
    bundle_ = party(words).prekeys.value().bundle(now()).encode();
    return bytes(bundle_);
  };
  commands_["initiate"] = [this](Words& words) {
    Party& it = party(words);
    const Party& peer = party(words);
    it.session.emplace(Session::initiate(
        it.device.value(), PreKeyBundle::decode(bundle_, peer.device.value().address(), now()), it.random));
    return Lines{};
  };
  commands_["encrypt"] = [this](Words& words) {
    Party& it = party(words);
    message_ = it.session.value().encrypt(as_bytes(words.text()), it.random);
    return bytes(message_);
  };
  commands_["accept"] = [this](Words& words) {
    Party& it = party(words);
    AcceptedSession accepted = Session::accept(it.device.value(), it.prekeys.value(), message_, now());
    it.prekeys->consume(accepted.consumed);
    it.session.emplace(std::move(accepted.session));
    return bytes(accepted.content);
  };
  commands_["decrypt"] = [this](Words& words) { return bytes(party(words).session.value().decrypt(message_, now())); };
  commands_["signal"] = [this](Words& words) {
    Party& it = party(words);
    message_ = it.session.value().seal_signal(as_bytes(words.text()), now(), it.random);
    return bytes(message_);
  };
  commands_["open_signal"] = [this](Words& words) {
    return bytes(party(words).session.value().open_signal(message_, now()));
  };
  commands_["save"] = [this](Words& words) { return bytes(party(words).session.value().save()); };
  commands_["reload"] = [this](Words& words) {
    Party& it = party(words);
    it.session.emplace(Session::load(it.session.value().save()));
    return Lines{};
  };
  commands_["export"] = [this](Words& words) {
    const Party& it = party(words);
    return bytes(it.session.value().export_secret(words.text()).expose());
  };
}

void Player::add_client_commands() {
  commands_["relay"] = [this](Words& words) {
    std::string name = words.next();
    server_ = std::make_unique<Server>(std::move(name), static_cast<std::uint64_t>(words.number()), clock_, log_);
    return Lines{};
  };
  commands_["client"] = [this](Words& words) {
    Party& it = party(words);
    StoreOptions store;
    store.clock = &clock_;
    store.random = &it.random;
    store.log = &log_;
    ClientOptions options;
    options.clock = &clock_;
    options.random = &it.random;
    options.log = &log_;
    options.relay = server_->options.name;
    options.profile.name = it.name;
    options.one_time_prekeys = static_cast<std::uint32_t>(words.number());
    it.client.emplace(Client::create(Store::in_memory(store), std::move(options)));
    clients_.push_back(&it);
    return one(it.client->address().text());
  };
  commands_["connect"] = [this](Words& words) {
    Party& it = party(words);
    it.connection = server_->relay.open(as_bytes(it.name));
    it.client.value().connected();
    return Lines{};
  };
  commands_["disconnect"] = [this](Words& words) {
    Party& it = party(words);
    server_->relay.close(it.connection.value());
    it.connection.reset();
    it.client.value().disconnected();
    return Lines{};
  };
  commands_["pump"] = [this](Words& /*words*/) { return pump(); };
  commands_["conversation"] = [this](Words& words) {
    Client& client = party(words).client.value();
    return handle(client.conversation_with(party(words).client.value().account()));
  };
  commands_["allow"] = [this](Words& words) {
    Client& client = party(words).client.value();
    return client.allow(party(words).client.value().account()), Lines{};
  };
  commands_["say"] = [this](Words& words) {
    Client& client = party(words).client.value();
    const auto to = conversation(words.number());
    return handle(client.send_text(to, words.text()));
  };
  commands_["reply"] = [this](Words& words) {
    Client& client = party(words).client.value();
    const auto to = message(words.number());
    return handle(client.reply(to, words.text()));
  };
  commands_["edit"] = [this](Words& words) {
    Client& client = party(words).client.value();
    const auto what = message(words.number());
    return client.edit(what, words.text()), Lines{};
  };
  commands_["react"] = [this](Words& words) {
    Client& client = party(words).client.value();
    const auto what = message(words.number());
    return client.react(what, words.text()), Lines{};
  };
  commands_["read"] = [this](Words& words) {
    Client& client = party(words).client.value();
    const auto where = conversation(words.number());
    return client.mark_read(where, message(words.number())), Lines{};
  };
  commands_["events"] = [this](Words& words) {
    Lines out;
    for (const Event& event : party(words).client.value().take_events()) out.push_back(line_of(event));
    return out;
  };
  commands_["history"] = [this](Words& words) {
    const Client& client = party(words).client.value();
    Lines out;
    for (const storage::Message& it : client.latest(conversation(words.number())).items) out.push_back(line_of(it));
    return out;
  };
}

Lines Player::pump() {
  Lines out;
  for (bool has_moved = true; has_moved;) {
    has_moved = false;
    const auto moves = [&](const char* direction, const Party& it, ByteView frame) {
      has_moved = true;
      out.push_back(direction + it.name + " " + to_hex(frame));
    };
    for (Party* it : clients_) {
      if (!it->connection) continue;
      for (const Bytes& frame : it->client->outgoing()) {
        moves("> ", *it, frame);
        server_->relay.receive(*it->connection, frame);
      }
    }
    server_->relay.flush();
    for (Party* it : clients_) {
      if (!it->connection) continue;
      for (const Bytes& frame : server_->relay.take(*it->connection)) {
        moves("< ", *it, frame);
        it->client->receive(frame);
      }
    }
  }
  return out;
}

}  // namespace anochat::transcript
