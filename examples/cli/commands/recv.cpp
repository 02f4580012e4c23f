// recv - shows what is new, once or as it comes.
#include "../contact_book.hpp"
#include "../message_view.hpp"
#include "../online.hpp"
#include "../stop_signal.hpp"
#include "../unread.hpp"
#include "commands.hpp"

#include <map>

namespace cli {

using namespace anochat;

namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kQuiet{1'500};  // a mailbox has no end mark; this long without news is the end

class Receiver {
 public:
  Receiver(const Context& context, Online& online) : context_(context), online_(online) {}

  void show_unread() {
    online_.driver().with([this](Client& client) {
      for (const MessageHandle message : unread_messages(client)) show(client, message);
    });
  }
  void take(const Event& event) {
    if (const auto* received = std::get_if<event::MessageReceived>(&event)) {
      online_.driver().with([&](Client& client) { show(client, received->message); });
    } else if (const auto* request = std::get_if<event::ContactRequest>(&event)) {
      tell_request(request->account);
    } else if (const auto* failure = std::get_if<event::DecryptFailure>(&event)) {
      const std::string reason(anochat::name_of(failure->reason));
      context_.out.row(Json().add("type", "unopened").add("reason", reason));
      context_.out.note("A message could not be opened (" + reason + "). \"anochat doctor\" tells more.");
    } else if (const auto* changed = std::get_if<event::IdentityChanged>(&event)) {
      tell_changed(changed->device.account);
    }
  }

  /// One mark, and one receipt, for all that was shown since the last one.
  void mark_shown() {
    if (shown_.empty()) return;
    online_.driver().with([this](Client& client) {
      for (const auto& [conversation, message] : shown_) client.mark_read(conversation, message);
    });
    shown_.clear();
  }

  [[nodiscard]] bool has_enough() const { return context_.args.count && total_ >= *context_.args.count; }
  [[nodiscard]] bool is_quiet() const { return SteadyClock::now() - last_ > kQuiet; }
  void restart_quiet() { last_ = SteadyClock::now(); }

 private:
  void show(Client& client, MessageHandle handle) {
    if (has_enough()) return;
    const storage::Snapshot now = client.snapshot();
    const auto message = now->messages.find(handle);
    if (!message) return;  // it has disappeared already
    show_message(*now, *message, client.account(), context_.out);
    last_ = SteadyClock::now();
    if (message->is_outgoing) return;  // from another device of this account
    ++total_;
    shown_[message->conversation] = handle;
  }
  void tell_request(const AccountId& account) {
    context_.out.row(Json().add("type", "contact_request").add("contact", account_text(account)));
    context_.out.note("Somebody new writes: " + account_text(account));
    context_.out.note("  anochat contacts allow ADDRESS lets them in, deny or block keeps them out.");
  }
  void tell_changed(const AccountId& account) {
    const std::string name = online_.driver().with([&](const Client& client) { return name_of(client, account); });
    context_.out.row(Json().add("type", "keys_changed").add("contact", account_text(account)).add("name", name));
    context_.out.note("Careful: the keys of " + name + " have changed. Compare the safety number: anochat verify.");
  }

  const Context& context_;
  Online& online_;
  std::map<ConversationHandle, MessageHandle> shown_;
  std::int64_t total_ = 0;
  SteadyClock::time_point last_ = SteadyClock::now();
};

bool is_online(Online& online) { return online.driver().state().phase == ConnectionState::Phase::online; }

}  // namespace

ExitCode run_recv(const Context& context) {
  ClientOptions options;
  options.send_read_receipts = !context.args.quiet_receipts;
  Client client = context.open(std::move(options));
  catch_stop_signals();
  Online online(context, std::move(client));
  Receiver receiver(context, online);
  receiver.show_unread();
  const auto take = [&](const Event& event) { receiver.take(event); };

  if (context.args.follow || context.args.count) {
    const auto is_done = [&] {
      receiver.mark_shown();  // once for each batch of events
      return receiver.has_enough();
    };
    const auto patience =
        context.args.follow ? std::chrono::milliseconds(std::chrono::years(1)) : context.args.patience();
    const auto end = online.run(patience, is_done, take);
    if (end != Online::End::timed_out) return ExitCode::success;
    if (!is_online(online)) throw online.why_offline();
    throw Failure(ExitCode::network, "Fewer messages than asked for have come in time.", "Give it a longer --timeout.");
  }
  bool was_online = false;
  const auto is_done = [&] {
    receiver.mark_shown();
    if (!std::exchange(was_online, was_online || is_online(online)) && was_online) receiver.restart_quiet();
    return was_online && receiver.is_quiet();
  };
  if (online.run(context.args.patience(), is_done, take) == Online::End::timed_out && !was_online)
    throw online.why_offline();
  return ExitCode::success;
}

}  // namespace cli
