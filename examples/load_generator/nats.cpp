#include "nats.hpp"

#include "stream.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace load {
namespace {

struct NatsMessage {
  std::string_view subject;
  std::string_view reply;
  ByteView payload;
};

/// One client connection. Understands MSG, PING, PONG, INFO and -ERR.
class NatsConnection {
 public:
  struct Handler {
    std::function<void(const NatsMessage&)> message;
    std::function<void()> pong;
    std::function<void(const std::string&)> failed;
  };

  NatsConnection(IoContext& io, std::uint16_t port, Handler handler)
      : handler_(std::move(handler)),
        stream_(io, port,
                {[this](ByteView bytes) { return take(bytes); },
                 [this](const std::string& why) { handler_.failed(why); }}) {
    stream_.send("CONNECT {\"verbose\":false,\"pedantic\":false}\r\n");
  }
  void subscribe(const std::string& subject) {
    stream_.send("SUB " + subject + " " + std::to_string(++subscriptions_) + "\r\n");
  }
  void ping() { stream_.send("PING\r\n"); }
  void add(std::string_view subject, std::string_view reply, ByteView payload) {
    stream_.add(std::string_view("PUB "));
    stream_.add(subject);
    if (!reply.empty()) stream_.add(std::string_view(" "));
    stream_.add(reply);
    stream_.add(" " + std::to_string(payload.size()) + "\r\n");
    stream_.add(payload);
    stream_.add(std::string_view("\r\n"));
  }
  void flush() { stream_.flush(); }

 private:
  std::size_t take(ByteView bytes) {
    const std::string_view text = anochat::as_text(bytes);
    std::size_t taken = 0;
    for (;;) {
      const std::size_t end = text.find("\r\n", taken);
      if (end == std::string_view::npos) break;
      const std::string_view line = text.substr(taken, end - taken);
      const std::size_t begin = end + 2;
      if (line.substr(0, 4) != "MSG ") {
        control(line);
        taken = begin;
        continue;
      }
      const std::size_t size = size_at_end(line);
      if (text.size() - begin < size + 2) break;
      handler_.message(split(line, bytes.subspan(begin, size)));
      taken = begin + size + 2;
    }
    stream_.flush();  // what the messages made us say
    return taken;
  }
  void control(std::string_view line) {
    if (line == "PING") stream_.send("PONG\r\n");
    if (line == "PONG" && handler_.pong) handler_.pong();
    if (line.substr(0, 4) == "-ERR") handler_.failed("nats-server: " + std::string(line));
  }
  static std::size_t size_at_end(std::string_view line) {
    const std::string_view digits = line.substr(line.rfind(' ') + 1);
    std::size_t size = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
    return size;
  }
  // MSG <subject> <subscription> [reply] <size>
  static NatsMessage split(std::string_view line, ByteView payload) {
    const std::size_t subject_end = line.find(' ', 4);
    const std::size_t id_end = line.find(' ', subject_end + 1);
    const std::size_t last = line.rfind(' ');
    const std::string_view reply = id_end < last ? line.substr(id_end + 1, last - id_end - 1) : std::string_view{};
    return {line.substr(4, subject_end - 4), reply, payload};
  }

  Handler handler_;
  std::size_t subscriptions_ = 0;
  Stream stream_;
};

// --- core: publish and subscribe ---

class CoreReceiver final : public Idle {
 public:
  CoreReceiver(IoContext& io, std::uint16_t port, std::size_t number, LaneHandler& handler)
      : connection_(io, port,
                    {[&handler, number](const NatsMessage& message) { handler.on_delivered(number, message.payload); },
                     [&handler, number] { handler.on_ready(number); },
                     [&handler](const std::string& why) { handler.on_failed(why); }}) {
    connection_.subscribe("lane." + std::to_string(number));
    connection_.ping();  // its answer comes after the subscription
  }

 private:
  NatsConnection connection_;
};

class CoreLane final : public Lane {
 public:
  CoreLane(IoContext& io, std::uint16_t port, std::size_t lane, LaneHandler& handler)
      : handler_(handler),
        lane_(lane),
        subject_("lane." + std::to_string(lane)),
        sender_(io, port, {[](const NatsMessage&) {}, {}, [this](const std::string& why) { handler_.on_failed(why); }}),
        receiver_(io, port, lane, handler) {}
  void send(ByteView payloads, std::size_t size) override {
    const std::size_t count = payloads.size() / size;
    for (std::size_t i = 0; i < count; ++i) sender_.add(subject_, {}, payloads.subspan(i * size, size));
    sender_.flush();
    handler_.on_accepted(lane_, count);  // it confirms nothing
  }

 private:
  LaneHandler& handler_;
  std::size_t lane_;
  std::string subject_;
  NatsConnection sender_;
  CoreReceiver receiver_;
};

// --- JetStream: stored until acknowledged ---

class StreamLane final : public Lane {
 public:
  StreamLane(IoContext& io, std::uint16_t port, Kept kept, std::size_t lane, LaneHandler& handler)
      : handler_(handler),
        lane_(lane),
        subject_("lane." + std::to_string(lane)),
        inbox_("accepted." + std::to_string(lane)),
        answers_("answers." + std::to_string(lane)),
        mail_("mail." + std::to_string(lane)),
        stream_("LANE" + std::to_string(lane)),
        storage_(kept == Kept::memory ? "memory" : "file"),
        sender_(io, port,
                {[this](const NatsMessage& message) { accept(message); }, [this] { prepare(); },
                 [this](const std::string& why) { handler_.on_failed(why); }}),
        receiver_(io, port,
                  {[this](const NatsMessage& message) { receive(message); },
                   {},
                   [this](const std::string& why) { handler_.on_failed(why); }}) {
    sender_.subscribe(inbox_);
    sender_.ping();
  }
  void send(ByteView payloads, std::size_t size) override {
    for (std::size_t i = 0; i < payloads.size() / size; ++i) {
      sender_.add(subject_, inbox_, payloads.subspan(i * size, size));
    }
    sender_.flush();
  }

 private:
  void prepare() {
    receiver_.subscribe(answers_);
    receiver_.subscribe(mail_);  // JetStream looks for this very name, and overlooks one with a wildcard
    ask("STREAM.CREATE." + stream_, "{\"name\":\"" + stream_ + "\",\"subjects\":[\"" + subject_ +
                                        "\"],\"retention\":\"workqueue\",\"storage\":\"" + storage_ +
                                        "\",\"discard\":\"old\",\"num_replicas\":1}");
  }
  void make_consumer() {
    ask("CONSUMER.DURABLE.CREATE." + stream_ + ".reader",
        "{\"stream_name\":\"" + stream_ + "\",\"config\":{\"durable_name\":\"reader\",\"deliver_subject\":\"" + mail_ +
            "\",\"ack_policy\":\"explicit\",\"max_ack_pending\":100000}}");
  }
  void ask(const std::string& what, const std::string& with) {
    receiver_.add("$JS.API." + what, answers_, anochat::as_bytes(with));
    receiver_.flush();
  }
  void receive(const NatsMessage& message) {
    if (message.reply.empty()) return hear_answer(message);
    handler_.on_delivered(lane_, message.payload);
    receiver_.add(message.reply, {}, anochat::as_bytes("+ACK"));
  }
  void hear_answer(const NatsMessage& message) {
    if (is_error(message)) return;
    if (++answers_heard_ == 1) return make_consumer();
    handler_.on_ready(lane_);
  }
  void accept(const NatsMessage& message) {
    if (!is_error(message)) handler_.on_accepted(lane_, 1);
  }
  bool is_error(const NatsMessage& message) {
    const std::string_view text = anochat::as_text(message.payload);
    if (text.find("\"error\"") == std::string_view::npos) return false;
    handler_.on_failed("nats-server: " + std::string(text));
    return true;
  }

  LaneHandler& handler_;
  std::size_t lane_;
  std::string subject_, inbox_, answers_, mail_, stream_, storage_;
  int answers_heard_ = 0;
  NatsConnection sender_;
  NatsConnection receiver_;
};

class NatsParty final : public Party {
 public:
  NatsParty(IoContext& io, Kept kept, const std::filesystem::path& folder)
      : io_(io), kept_(kept), port_(free_port()), process_(command(kept, port_, folder)) {}
  std::string name() const override { return kept_ == Kept::nowhere ? "NATS core" : "NATS JetStream"; }
  Kept kept() const override { return kept_; }
  ServerProcess& process() override { return process_; }
  std::unique_ptr<Lane> make_lane(std::size_t lane, LaneHandler& handler) override {
    if (kept_ == Kept::nowhere) return std::make_unique<CoreLane>(io_, port_, lane, handler);
    return std::make_unique<StreamLane>(io_, port_, kept_, lane, handler);
  }
  std::unique_ptr<Idle> make_idle(std::size_t number, LaneHandler& handler) override {
    return std::make_unique<CoreReceiver>(io_, port_, number, handler);
  }

 private:
  static std::vector<std::string> command(Kept kept, std::uint16_t port, const std::filesystem::path& folder) {
    std::vector<std::string> words{
        "nats-server", "-a", "127.0.0.1", "-p", std::to_string(port), "-l", (folder / "nats.log").string()};
    if (kept != Kept::nowhere) words.insert(words.end(), {"-js", "-sd", (folder / "nats").string()});
    return words;
  }

  IoContext& io_;
  Kept kept_;
  std::uint16_t port_;
  ServerProcess process_;
};

}  // namespace

std::unique_ptr<Party> make_nats(IoContext& io, Kept kept, const std::filesystem::path& folder) {
  return std::make_unique<NatsParty>(io, kept, folder);
}

}  // namespace load
