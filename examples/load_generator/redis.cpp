#include "redis.hpp"

#include "stream.hpp"

#include <charconv>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace load {
namespace {

/// One answer: its kind, and all its strings in the order in which they stand.
struct Answer {
  char kind = 0;  ///< of the outermost value
  std::vector<std::string_view> strings;
};

/// Reads one value from the front of the text. @return its length; 0 when it is not all there
std::size_t read_value(std::string_view text, Answer& answer) {
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) return 0;
  const char kind = text[0];
  if (answer.kind == 0) answer.kind = kind;
  std::size_t length = end + 2;
  if (kind != '*' && kind != '$') {
    answer.strings.push_back(text.substr(1, end - 1));
    return length;
  }
  long count = 0;
  std::from_chars(text.data() + 1, text.data() + end, count);
  if (count < 0) return length;
  const auto size = static_cast<std::size_t>(count);
  if (kind == '$') {
    if (text.size() < length + size + 2) return 0;
    answer.strings.push_back(text.substr(length, size));
    return length + size + 2;
  }
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t part = read_value(text.substr(length), answer);
    if (part == 0) return 0;
    length += part;
  }
  return length;
}

class RedisConnection {
 public:
  RedisConnection(IoContext& io, std::uint16_t port, std::function<void(const Answer&)> use, LaneHandler& handler)
      : use_(std::move(use)),
        handler_(handler),
        stream_(io, port,
                {[this](ByteView bytes) { return take(bytes); },
                 [this](const std::string& why) { handler_.on_failed(why); }}) {}
  void add_count(std::size_t words) { stream_.add("*" + std::to_string(words) + "\r\n"); }
  void add_word(std::string_view word) {
    stream_.add("$" + std::to_string(word.size()) + "\r\n");
    stream_.add(word);
    stream_.add(std::string_view("\r\n"));
  }
  void add(std::initializer_list<std::string_view> words) {
    add_count(words.size());
    for (const std::string_view word : words) add_word(word);
  }
  void flush() { stream_.flush(); }

 private:
  std::size_t take(ByteView bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size()) {
      Answer answer;
      const std::size_t length = read_value(anochat::as_text(bytes.subspan(taken)), answer);
      if (length == 0) break;
      taken += length;
      if (answer.kind == '-') {
        handler_.on_failed("redis-server: " + std::string(answer.strings.at(0)));
        break;
      }
      use_(answer);
    }
    return taken;
  }

  std::function<void(const Answer&)> use_;
  LaneHandler& handler_;
  Stream stream_;
};

/// Reads a stream from its beginning, up to 64 messages at a time.
class StreamReader final : public Idle {
 public:
  StreamReader(IoContext& io, std::uint16_t port, std::size_t lane, LaneHandler& handler)
      : handler_(handler),
        lane_(lane),
        key_("lane" + std::to_string(lane)),
        connection_(
            io, port, [this](const Answer& answer) { hear(answer); }, handler) {
    connection_.add({"XGROUP", "CREATE", key_, "readers", "$", "MKSTREAM"});
    connection_.flush();
  }

 private:
  void hear(const Answer& answer) {
    if (answer.kind == ':') return;  // of XACK and XDEL
    if (answer.kind == '+') {
      handler_.on_ready(lane_);
    } else {
      take(answer.strings);
    }
    connection_.add({"XREADGROUP", "GROUP", "readers", "one", "COUNT", "64", "BLOCK", "0", "STREAMS", key_, ">"});
    connection_.flush();
  }
  // The stream's name; then for each message its id, the name "m" and the message.
  void take(const std::vector<std::string_view>& strings) {
    std::vector<std::string_view> ids;
    for (std::size_t i = 1; i + 2 < strings.size(); i += 3) {
      ids.push_back(strings[i]);
      handler_.on_delivered(lane_, anochat::as_bytes(strings[i + 2]));
    }
    if (ids.empty()) return;
    connection_.add_count(3 + ids.size());
    for (const std::string_view word :
         {std::string_view("XACK"), std::string_view(key_), std::string_view("readers")}) {
      connection_.add_word(word);
    }
    for (const std::string_view id : ids) connection_.add_word(id);
    connection_.add_count(2 + ids.size());
    connection_.add_word("XDEL");
    connection_.add_word(key_);
    for (const std::string_view id : ids) connection_.add_word(id);
  }

  LaneHandler& handler_;
  std::size_t lane_;
  std::string key_;
  RedisConnection connection_;
};

class RedisLane final : public Lane {
 public:
  RedisLane(IoContext& io, std::uint16_t port, std::size_t lane, LaneHandler& handler)
      : key_("lane" + std::to_string(lane)),
        sender_(
            io, port, [&handler, lane](const Answer&) { handler.on_accepted(lane, 1); }, handler),
        receiver_(io, port, lane, handler) {}
  void send(ByteView payloads, std::size_t size) override {
    for (std::size_t i = 0; i < payloads.size() / size; ++i) {
      sender_.add({"XADD", key_, "*", "m", anochat::as_text(payloads.subspan(i * size, size))});
    }
    sender_.flush();
  }

 private:
  std::string key_;
  RedisConnection sender_;
  StreamReader receiver_;
};

class RedisParty final : public Party {
 public:
  RedisParty(IoContext& io, Kept kept, const std::filesystem::path& folder)
      : io_(io), kept_(kept), port_(free_port()), process_(command(kept, port_, folder)) {}
  std::string name() const override { return "Redis streams"; }
  Kept kept() const override { return kept_; }
  ServerProcess& process() override { return process_; }
  std::unique_ptr<Lane> make_lane(std::size_t lane, LaneHandler& handler) override {
    return std::make_unique<RedisLane>(io_, port_, lane, handler);
  }
  std::unique_ptr<Idle> make_idle(std::size_t number, LaneHandler& handler) override {
    return std::make_unique<StreamReader>(io_, port_, number, handler);
  }

 private:
  static std::vector<std::string> command(Kept kept, std::uint16_t port, const std::filesystem::path& folder) {
    std::vector<std::string> words{"redis-server", "--bind", "127.0.0.1", "--port", std::to_string(port)};
    words.insert(words.end(), {"--dir", folder.string(), "--logfile", (folder / "redis.log").string(), "--save", ""});
    words.insert(words.end(), {"--appendonly", kept == Kept::disk ? "yes" : "no", "--appendfsync", "always"});
    return words;
  }

  IoContext& io_;
  Kept kept_;
  std::uint16_t port_;
  ServerProcess process_;
};

}  // namespace

std::unique_ptr<Party> make_redis(IoContext& io, Kept kept, const std::filesystem::path& folder) {
  return std::make_unique<RedisParty>(io, kept, folder);
}

}  // namespace load
