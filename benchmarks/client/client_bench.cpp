// client_bench.cpp - durable sends and receives per second through anochat::Client, and reading 100,000 messages.
//
//     anochat_client_bench [folder [messages]]     the folder lies on the disk to be measured; 100,000 messages to read
//
// Each send is the whole thing: content, padding, ratchet, message row with search index, outbox, resend log, commit and
// sync; each receive is decrypt, the same rows, inbox, receipt, commit and sync. "plain" is SQLite with the same rows and
// no cryptography. Both take turns, so that what else the machine does meets both alike.
#include <anochat/client/client.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plain_rows.hpp"

using namespace anochat;
namespace fs = std::filesystem;

namespace {

constexpr int kRounds = 25;

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

RawKey bench_key() {
  StoreKey key;
  key.expose_mutable()[0] = 1;
  return RawKey(std::move(key));
}

Client make_client(const fs::path& path) {
  RawKey key = bench_key();
  ClientOptions options;
  options.allow_strangers = true;
  options.one_time_prekeys = 5;
  return Client::create(Store::create(path, key), options);
}

/// Two clients in files and a relay. The frames for one of them can be held back.
class Pair {
 public:
  explicit Pair(const fs::path& folder) : alice(make_client(folder / "alice")), bob(make_client(folder / "bob")), relay_(clock_, random_) {
    relay_.set_recording(false);
    links_ = {relay_.connect(), relay_.connect()};
    alice.connected();
    bob.connected();
    pump();
    conversation = alice.conversation_with(bob.account());
    for (int i = 0; i < 3; ++i) {
      alice.send_text(conversation, "hello");
      pump();
      bob.send_text(bob.conversation_with(alice.account()), "hi");
      pump();
    }
  }

  void send(int count) {
    std::vector<OutgoingMessage> messages;
    for (int i = 0; i < count; ++i) {
      const std::string text = "message number " + std::to_string(next_++) + ", about as long as people write";
      messages.push_back({conversation, content::Text{text}});
    }
    static_cast<void>(alice.send_many(messages));
  }
  /// What Alice has written, up to the relay and on to where Bob could read it.
  std::vector<Bytes> frames_for_bob() {
    pass(alice, links_[0]);
    return relay_.take(links_[1]);
  }
  void pump() {
    for (bool is_moving = true; is_moving;) {
      is_moving = pass(alice, links_[0]);
      is_moving |= pass(bob, links_[1]);
    }
    static_cast<void>(alice.take_events(100'000));
    static_cast<void>(bob.take_events(100'000));
  }

  Client alice;
  Client bob;
  ConversationHandle conversation{};

 private:
  bool pass(Client& client, testing::MemoryRelay::Connection link) {
    bool is_moving = false;
    for (const Bytes& frame : relay_.take(link)) {
      client.receive(frame);
      is_moving = true;
    }
    for (const Bytes& frame : client.outgoing()) {
      relay_.receive(link, frame);
      is_moving = true;
    }
    return is_moving;
  }

  SystemClock clock_;
  SystemRandom random_;
  testing::MemoryRelay relay_;
  std::vector<testing::MemoryRelay::Connection> links_;
  int next_ = 1;
};

void print(const char* what, int group, const std::vector<double>& client, const std::vector<double>& plain) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < client.size(); ++i) ratios.push_back(client[i] / plain[i]);
  std::printf("%-8s %5d %12.0f /s %12.0f /s %8.2f\n", what, group, group / median(client), group / median(plain), median(ratios));
  std::fflush(stdout);
}

void measure(const fs::path& folder, int group) {
  fs::create_directories(folder);
  Pair pair(folder);
  bench::PlainRows plain((folder / "plain").string());
  std::vector<double> send, plain_send, receive, plain_receive;
  for (int round = 0; round < kRounds; ++round) {
    send.push_back(seconds([&] { pair.send(group); }));
    plain_send.push_back(seconds([&] { plain.send(group); }));
    const std::vector<Bytes> frames = pair.frames_for_bob();
    receive.push_back(seconds([&] {
      for (const Bytes& frame : frames) pair.bob.receive(frame);
    }));
    plain_receive.push_back(seconds([&] { plain.receive(group); }));
    pair.pump();
    plain.clear_outbox();
  }
  print("send", group, send, plain_send);
  print("receive", group, receive, plain_receive);
}

void read(const fs::path& folder, int messages) {
  fs::create_directories(folder);
  Client client = make_client(folder / "store");
  const ConversationHandle notes = client.conversation_with(client.account());
  const UnixTime start = SystemClock().now();
  static constexpr const char* kWords[] = {"harbour", "lantern", "meadow", "orchid", "pebble", "quarry", "ribbon", "saddle"};
  const auto insert = [&](storage::Records& records, int i) {
    storage::NewMessage message;
    message.conversation = notes;
    for (int byte = 0; byte < 4; ++byte) message.uid[static_cast<std::size_t>(byte)] = static_cast<std::uint8_t>(i >> (8 * byte));
    message.sender = client.address();
    std::string body = "message number " + std::to_string(i) + " about the";
    for (int word = 0; word < 6; ++word) body += std::string(" ") + kWords[(i >> word) % 8];
    message.body = body;
    message.sent_at = message.received_at = start + Milliseconds{i};
    records.messages.insert(message);
  };
  for (int i = 0; i < messages; i += 1'000) {
    client.store().write([&](storage::Records& records) {
      for (int j = i; j < std::min(i + 1'000, messages); ++j) insert(records, j);
    });
  }
  const auto time = [](const char* what, const std::function<void(int)>& work) {
    std::vector<double> times;
    for (int i = 0; i < 200; ++i) times.push_back(seconds([&] { work(i); }));
    std::sort(times.begin(), times.end());
    std::printf("%-40s %9.2f ms %9.2f ms\n", what, times[100] * 1e3, times[190] * 1e3);
  };
  std::printf("\n%d messages in one conversation             median    95th of 100\n", messages);
  time("search: one rare word (a number)", [&](int i) {
    const std::string text = std::to_string(1'000 + (i * 487) % (messages - 1'000));
    if (client.search({.text = text, .limit = 20}).items.empty()) std::abort();
  });
  time("search: two frequent words, newest 20", [&](int i) {
    const std::string text = std::string(kWords[i % 8]) + " " + kWords[(i / 8) % 8];
    static_cast<void>(client.search({.text = text, .limit = 20}));
  });
  time("latest 50", [&](int) {
    if (client.latest(notes, 50).items.size() != 50) std::abort();
  });
  std::optional<storage::Cursor> at;
  time("50 older ones, page after page", [&](int) {
    const auto page = at ? client.before(notes, *at, 50) : client.latest(notes, 50);
    at = page.older;
  });
  time("50 around a search hit", [&](int i) {
    const auto hit = client.search({.text = std::to_string(1'000 + (i * 487) % (messages - 1'000)), .limit = 1});
    static_cast<void>(client.around(hit.items.at(0).message.id, 50));
  });
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = fs::path(argc > 1 ? argv[1] : ".") / "anochat-client-bench";
  fs::remove_all(folder);
  std::printf("durable     group       client           plain    time ratio\n");
  for (const int group : {1, 10, 100}) measure(folder / std::to_string(group), group);
  read(folder / "read", argc > 2 ? std::max(2'000, std::atoi(argv[2])) : 100'000);
  fs::remove_all(folder);
  return 0;
}
