// conversation.hpp - what happens in a chat: lines and events in, lines for the prompt out.
#pragma once

#include <anochat/client/client.hpp>

#include "online.hpp"
#include "prompt.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace cli {

class Conversation {
 public:
  Conversation(const Context& context, Online& online, Prompt& prompt, const anochat::AccountId& contact);

  void begin();  ///< the last messages, and how to leave
  void take_line(const std::string& line);
  void take_event(const anochat::Event& event);
  void tick();  ///< after every turn: status, typing, receipts
  void end();   ///< says what is still queued

  [[nodiscard]] bool is_over() const noexcept { return is_over_; }

 private:
  using Clock = std::chrono::steady_clock;

  void on(const anochat::event::MessageReceived& received);
  void on(const anochat::event::MessageStatus& moved);
  void on(const anochat::event::MessageEdited& edited);
  void on(const anochat::event::MessageDeleted& deleted);
  void on(const anochat::event::ReactionsChanged& reacted);
  void on(const anochat::event::Typing& typing);
  void on(const anochat::event::IdentityChanged& changed);
  void on(const anochat::event::DecryptFailure& failure);
  template <class Other>
  void on(const Other& /*of no matter here*/) {}

  // the words that begin with a slash: conversation_words.cpp
  void command(std::string_view word, const std::string& rest);
  void help();
  void show_history(const std::string& count);
  void show_hits(const std::string& words);
  void show_number();
  void react(const std::string& emoji);
  void edit(const std::string& text);
  void take_back();

  void send(const std::string& text);
  void show(const anochat::Client& client, const anochat::storage::Message& message);
  void show_latest(int count);
  void say(std::string_view text);  ///< about the conversation, not of it
  void set_typing(bool is_typing);
  [[nodiscard]] std::string status() const;
  template <class Use>
  decltype(auto) with(const Use& use) const {
    return online_.driver().with(use);
  }

  const Context& context_;
  Online& online_;
  Prompt& prompt_;
  anochat::AccountId contact_;
  anochat::ConversationHandle conversation_{};
  std::string name_;
  anochat::TrustState trust_{};
  std::optional<anochat::MessageHandle> last_sent_;
  std::optional<anochat::MessageHandle> last_received_;
  std::optional<anochat::MessageHandle> unread_through_;
  std::optional<anochat::storage::MessageStatus> last_status_;
  bool is_peer_typing_ = false;
  bool is_typing_ = false;
  Clock::time_point typing_told_{};
  bool is_over_ = false;
};

}  // namespace cli
