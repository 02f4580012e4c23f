// conversation.hpp - 200 messages both ways through the pipe, a restart in the middle, and the books about all of it.
#pragma once

#include "people.hpp"
#include "pipe.hpp"
#include "screen.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

class Conversation {
 public:
  static constexpr std::size_t kMessages = 200;

  Conversation(World& world, Person& alice, Person& bob, std::uint64_t pipe_seed)
      : world_(world), alice_(alice), bob_(bob), pipe_(pipe_seed) {}

  void run() {
    bool is_alices_turn = true;
    while (sent_.size() < kMessages) {
      if (pipe_.roll(3) == 0) is_alices_turn = !is_alices_turn;
      send(is_alices_turn);
      deliver(pipe_.tick());
      if (sent_.size() == kMessages / 2) restart(bob_);
    }
    while (!pipe_.is_empty()) deliver(pipe_.tick());
    draw();
    check_the_books();
  }

 private:
  struct Sent {
    bool is_from_alice = false;
    std::string text;
    std::uint64_t pq_epoch = 0;
    Fate fate = Fate::carried;
    int times_read = 0;
    bool was_overtaken = false;
  };

  void send(bool is_from_alice) {
    Person& from = is_from_alice ? alice_ : bob_;
    Sent message;
    message.is_from_alice = is_from_alice;
    message.text = "message " + std::to_string(sent_.size() + 1) + ", from " + from.name;
    const anochat::Bytes sealed = from.session->encrypt(anochat::as_bytes(message.text), world_.random);
    message.pq_epoch = from.session->pq_epoch();
    message.fate = pipe_.put({sent_.size(), sealed});
    sent_.push_back(std::move(message));
  }

  void deliver(const std::vector<Packet>& packets) {
    for (const Packet& packet : packets) {
      Sent& message = sent_[packet.number];
      anochat::Session& session = *(message.is_from_alice ? bob_ : alice_).session;
      std::size_t& newest = message.is_from_alice ? newest_of_alice_ : newest_of_bob_;
      const auto refused = refusal([&] {
        const anochat::SecretBytes content = session.decrypt(packet.bytes, world_.now());
        if (anochat::as_text(content) == message.text) ++message.times_read;
      });
      if (!refused && packet.number < newest) message.was_overtaken = true;
      newest = std::max(newest, packet.number);
      // Once a chain and all its keys are gone, a copy of one of its messages cannot be told from noise.
      if (refused == anochat::Errc::replayed) ++refused_as_replayed_;
      if (refused == anochat::Errc::bad_message) ++refused_as_noise_;
    }
  }

  /// The device saves its session, loses power, and comes back with what it had saved.
  void restart(Person& person) {
    const anochat::Bytes saved = person.session->seal(person.state_key, world_.random);
    person.session.reset();
    person.session = anochat::Session::open(person.state_key, saved);
    restart_text_ = person.name + " restarts here, from " + screen::number(saved.size()) + " sealed bytes";
  }

  void draw() const {
    constexpr std::size_t kRow = 50;
    screen::line("", ". read  ~ read, though overtaken  2 came twice  x lost");
    std::uint64_t epoch = 0;
    for (std::size_t begin = 0; begin < kMessages; begin += kRow) {
      std::string who;
      std::string marks;
      std::string epochs;
      for (std::size_t i = begin; i < begin + kRow; ++i) {
        who += sent_[i].is_from_alice ? '>' : '<';
        marks += mark_of(sent_[i]);
        if (epochs.size() > i - begin) continue;  // a number of two digits still stands here
        epochs += sent_[i].pq_epoch > epoch ? std::to_string(epoch = sent_[i].pq_epoch) : " ";
      }
      if (begin == kMessages / 2) screen::line("", screen::paint(screen::Colour::bold, restart_text_));
      screen::line("> Alice, < Bob", screen::paint(screen::Colour::dim, who));
      screen::line(std::to_string(begin + 1) + " to " + std::to_string(begin + kRow), marks);
      screen::line("PQ epoch", epochs);
    }
  }

  [[nodiscard]] static char mark_of(const Sent& message) {
    if (message.fate == Fate::lost) return 'x';
    if (message.fate == Fate::doubled) return '2';
    return message.was_overtaken ? '~' : '.';
  }

  void check_the_books() {
    const auto count = [this](auto what) {
      return static_cast<std::size_t>(std::count_if(sent_.begin(), sent_.end(), what));
    };
    const std::size_t lost = count([](const Sent& message) { return message.fate == Fate::lost; });
    const std::size_t doubled = count([](const Sent& message) { return message.fate == Fate::doubled; });
    const std::size_t read_once =
        count([](const Sent& message) { return message.fate != Fate::lost && message.times_read == 1; });
    world_.promise(read_once + lost == kMessages, "sent",
                   screen::number(kMessages) + ": " + screen::number(lost) + " lost on purpose, " +
                       screen::number(read_once) + " read, each once and unchanged");
    world_.promise(refused_as_replayed_ + refused_as_noise_ == doubled, "refused",
                   screen::number(doubled) + " second copies: " + screen::number(refused_as_replayed_) + " replayed, " +
                       screen::number(refused_as_noise_) + " of chains long gone");
    const std::uint64_t epoch = std::min(alice_.session->pq_epoch(), bob_.session->pq_epoch());
    world_.promise(epoch >= 2, "rekeyed", screen::number(epoch) + " fresh ML-KEM secrets since the handshake");
  }

  World& world_;
  Person& alice_;
  Person& bob_;
  Pipe pipe_;
  std::vector<Sent> sent_;
  std::size_t newest_of_alice_ = 0;
  std::size_t newest_of_bob_ = 0;
  std::size_t refused_as_replayed_ = 0;
  std::size_t refused_as_noise_ = 0;
  std::string restart_text_;
};
