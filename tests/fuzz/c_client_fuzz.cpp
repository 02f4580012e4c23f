// Two clients and a relay through the C interface: an input is a row of calls with whatever numbers, texts and cursors,
// some of them right. No call fails inside, and what one client shows from the other, the other has sent.
//
// A step is four bytes and a text: which call, who and to whom, a number, the length of the text.
#include "fuzz/fuzz.hpp"

#include <anochat_testing.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace {

using anochat::ByteView;
using anochat::fuzz::require;

constexpr std::size_t kMostSteps = 32;
constexpr std::int64_t kBegin = 1'893'456'000'000;  // ms since 1970

struct Step {
  std::uint8_t call;
  std::uint8_t who;
  std::uint8_t number;
  ByteView text;
};

struct User {
  anochat_client* client = nullptr;
  anochat_account_id account{};
  std::uint64_t connection = 0;
  std::array<std::int64_t, 3> conversations{};  // none, with the other, with oneself
  std::set<std::string> wrote;
};

class Scene {
 public:
  Scene() {
    must(anochat_testing_world_new(1, kBegin, &world_, nullptr));
    must(anochat_testing_relay_new(world_, nullptr, &relay_, nullptr));
    for (User& user : users_) {
      anochat_client_options options{};
      options.struct_size = sizeof options;
      options.one_time_prekeys = 1;
      options.allow_strangers = 1;
      must(anochat_testing_client_new(world_, &options, &user.client, nullptr));
      std::uint32_t device = 0;
      must(anochat_client_address(user.client, &user.account, &device, nullptr));
      connect(user);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      User& user = users_[i];
      must(anochat_client_conversation_with(user.client, &users_[1 - i].account, &user.conversations[1], nullptr));
      must(anochat_client_conversation_with(user.client, &user.account, &user.conversations[2], nullptr));
    }
  }
  ~Scene() {
    for (const User& user : users_) must(anochat_client_free(user.client, nullptr));
    must(anochat_relay_free(relay_, nullptr));
    must(anochat_testing_world_free(world_, nullptr));
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  void run(const Step& step) {
    me_ = &users_[step.who & 1U];
    other_ = &users_[1 - (step.who & 1U)];
    conversation_ = (step.who & 8U) != 0 ? step.number : me_->conversations[step.who >> 1U & 3U ? 1 : step.number % 3];
    text_ = std::string(anochat::as_text(step.text));
    const unsigned group = step.call % 5;
    if (group == 0) return write(step);
    if (group == 1) return change(step);
    if (group == 2) return read(step);
    if (group == 3) return decide(step);
    carry(step.number);
  }
  void check() {
    for (int round = 0; round < 3; ++round) carry(0);
    for (std::size_t i = 0; i < 2; ++i) {
      me_ = &users_[i];
      other_ = &users_[1 - i];
      anochat_list* list = nullptr;
      must(anochat_client_latest(me_->client, me_->conversations[1], 100, &list, nullptr));
      show(list);
    }
  }

 private:
  static void must(anochat_status status) { require(status == ANOCHAT_OK, "a call that cannot be wrong"); }
  bool is_fine(anochat_status status) {
    require(status <= 0 && status != ANOCHAT_E_INTERNAL && status != ANOCHAT_E_STORE_CORRUPT, "no call fails inside");
    require(error_.status == status && (error_.text[0] != '\0') == (status != ANOCHAT_OK), "the error says the same");
    return status == ANOCHAT_OK;
  }
  [[nodiscard]] anochat_client* client() const { return me_->client; }
  [[nodiscard]] const char* text() const { return text_.data(); }
  [[nodiscard]] const std::uint8_t* bytes() const { return reinterpret_cast<const std::uint8_t*>(text_.data()); }
  /// A message that there may be.
  [[nodiscard]] static std::int64_t message(const Step& step) { return step.number; }

  void connect(User& user) {
    const std::array<std::uint8_t, 4> here{127, 0, 0, 1};
    must(anochat_relay_open(relay_, here.data(), here.size(), &user.connection, nullptr));
    must(anochat_client_connected(user.client, nullptr));
  }

  void write(const Step& step) {
    std::int64_t made = 0;
    switch (step.call / 5 % 8) {
      case 0:
      case 1:
        if (is_fine(anochat_client_send_text(client(), conversation_, text(), text_.size(), &made, &error_))) {
          me_->wrote.insert(text_);
        }
        return;
      case 2:
        if (is_fine(anochat_client_reply(client(), message(step), text(), text_.size(), &made, &error_))) {
          me_->wrote.insert(text_);
        }
        return;
      case 3:
        if (is_fine(anochat_client_edit(client(), message(step), text(), text_.size(), &error_))) {
          me_->wrote.insert(text_);
        }
        return;
      case 4:
        is_fine(anochat_client_send_custom(client(), conversation_, "com.example/fuzz", 16, bytes(), text_.size(),
                                           &made, &error_));
        return;
      case 5:
        is_fine(anochat_client_react(client(), message(step), text(), text_.size(), step.who >> 4U & 1, &error_));
        return;
      case 6:
        return attach(step);
      default:
        is_fine(anochat_client_remove_for_all(client(), message(step), &error_));
        return;
    }
  }
  void attach(const Step& step) {
    anochat_attachment file{};
    file.struct_size = sizeof file;
    file.size = step.number;
    file.blob_id = bytes();
    file.blob_id_len = std::min<std::size_t>(text_.size(), 4);
    file.name = file.caption = text();
    file.name_len = file.caption_len = text_.size();
    std::int64_t made = 0;
    if (is_fine(anochat_client_send_attachment(client(), conversation_, &file, &made, &error_)))
      me_->wrote.insert(text_);
  }

  void change(const Step& step) {
    anochat_call_id call{};
    switch (step.call / 5 % 10) {
      case 0:
        is_fine(anochat_client_mark_read(client(), conversation_, message(step), &error_));
        return;
      case 1:
        is_fine(anochat_client_set_expire_timer(client(), conversation_, step.number, &error_));
        return;
      case 2:
        is_fine(anochat_client_set_profile(client(), text(), text_.size(), text(), text_.size(), bytes(), text_.size(),
                                           &error_));
        return;
      case 3:
        is_fine(anochat_client_set_typing(client(), conversation_, step.number % 3, &error_));
        return;
      case 4:
        is_fine(anochat_client_set_presence(client(), step.number % 5, &error_));
        return;
      case 5:
        is_fine(
            anochat_client_start_call(client(), conversation_, step.number % 4, bytes(), text_.size(), &call, &error_));
        return;
      case 6:
        std::copy_n(text_.begin(), std::min(text_.size(), sizeof call.bytes), call.bytes);
        is_fine(anochat_client_signal_call(client(), conversation_, &call, step.number % 7, bytes(), text_.size(),
                                           &error_));
        return;
      case 7:
        is_fine(anochat_client_set_muted_until(client(), conversation_, kBegin + step.number, &error_));
        return;
      case 8:
        is_fine(anochat_client_set_pinned(client(), conversation_, step.number % 3, &error_));
        is_fine(anochat_client_set_archived(client(), conversation_, step.number / 3 % 3, &error_));
        return;
      default:
        is_fine(anochat_client_set_draft(client(), conversation_, text(), text_.size(), &error_));
        return;
    }
  }

  void read(const Step& step) {
    anochat_list* list = nullptr;
    const std::int32_t limit = step.number;
    switch (step.call / 5 % 10) {
      case 0:
        if (is_fine(anochat_client_latest(client(), conversation_, limit, &list, &error_))) show(list);
        return;
      case 1:
        if (is_fine(anochat_client_before(client(), conversation_, text(), text_.size(), limit, &list, &error_)))
          show(list);
        return;
      case 2:
        if (is_fine(anochat_client_around(client(), message(step), 5, &list, &error_))) show(list);
        return;
      case 3:
        if (is_fine(anochat_client_message(client(), message(step), &list, &error_))) show(list);
        return;
      case 4:
        return search(step);
      case 5:
        if (is_fine(anochat_client_conversations(client(), text(), text_.size(), limit, &list, &error_))) drop(list);
        return;
      case 6:
        if (is_fine(anochat_client_contacts(client(), &list, &error_))) drop(list);
        if (is_fine(anochat_client_calls(client(), text(), text_.size(), limit, &list, &error_))) drop(list);
        return;
      case 7:
        if (is_fine(anochat_client_reactions(client(), message(step), &list, &error_))) drop(list);
        if (is_fine(anochat_client_attachments(client(), message(step), &list, &error_))) drop(list);
        return;
      case 8: {
        anochat_explanation why{};
        why.struct_size = sizeof why;
        is_fine(anochat_client_explain_message(client(), message(step), &why, &error_));
        is_fine(anochat_client_explain_failure(client(), message(step), &why, &error_));
        return;
      }
      default: {
        anochat_check_report report{};
        report.struct_size = sizeof report;
        require(is_fine(anochat_client_check(client(), step.number % 2, &report, &error_)) && report.is_good == 1,
                "the store is good");
        return;
      }
    }
  }
  void search(const Step& step) {
    anochat_search_query query{};
    query.struct_size = sizeof query;
    query.by_relevance = step.number & 1;
    query.conversation = (step.number & 2) != 0 ? conversation_ : 0;
    query.sender = (step.number & 4) != 0 ? &other_->account : nullptr;
    query.text = text();
    query.text_len = text_.size();
    anochat_list* list = nullptr;
    if (is_fine(anochat_client_search(client(), &query, &list, &error_))) show(list);
  }

  void decide(const Step& step) {
    std::int32_t answer = 0;
    switch (step.call / 5 % 7) {
      case 0:
        is_fine(anochat_client_allow(client(), &other_->account, &error_));
        return;
      case 1:
        is_fine(anochat_client_deny(client(), &other_->account, &error_));
        return;
      case 2:
        is_fine(anochat_client_block(client(), &other_->account, &error_));
        return;
      case 3:
        is_fine(anochat_client_trust(client(), &other_->account, &answer, &error_));
        is_fine(anochat_client_mark_verified(client(), &other_->account, &error_));
        return;
      case 4:
        is_fine(anochat_client_compare_code(client(), &other_->account, text(), text_.size(), &answer, &error_));
        return;
      case 5:
        is_fine(anochat_client_accept_identity(client(), &other_->account, &error_));
        return;
      default:
        must(anochat_relay_close(relay_, me_->connection, nullptr));
        must(anochat_client_disconnected(client(), nullptr));
        return connect(*me_);
    }
  }

  /// Some time passes, and every frame goes where it should.
  void carry(std::uint8_t minutes) {
    now_ms_ += std::int64_t{minutes} * minutes * 60'000 + 1'000;
    must(anochat_testing_world_set_time(world_, now_ms_, nullptr));
    for (const User& user : users_) is_fine(anochat_client_tick(user.client, &error_));
    must(anochat_relay_tick(relay_, nullptr));
    for (int round = 0; round < 3; ++round) {
      for (const User& user : users_) hand(user, false);
      must(anochat_relay_flush(relay_, nullptr));
      for (const User& user : users_) hand(user, true);
    }
  }
  void hand(const User& user, bool is_from_relay) {
    anochat_list* frames = nullptr;
    const anochat_status status = is_from_relay
                                      ? anochat_relay_take(relay_, user.connection, SIZE_MAX, &frames, &error_)
                                      : anochat_client_outgoing(user.client, &frames, &error_);
    if (!is_fine(status)) return;  // the relay has closed a connection that was silent
    const std::uint8_t* data = nullptr;
    std::size_t len = 0;
    for (std::size_t i = 0; anochat_list_bytes(frames, i, &data, &len, nullptr) == ANOCHAT_OK; ++i) {
      if (is_from_relay) {
        require(is_fine(anochat_client_receive(user.client, data, len, &error_)), "a good relay's frame is read");
      } else {
        is_fine(anochat_relay_receive(relay_, user.connection, data, len, &error_));
      }
    }
    drop(frames);
  }

  static void drop(anochat_list* list) { must(anochat_list_free(list, nullptr)); }
  void show(anochat_list* list) {
    anochat_message one{};
    one.struct_size = sizeof one;
    for (std::size_t i = 0; anochat_list_message(list, i, &one, nullptr) == ANOCHAT_OK; ++i) {
      const bool is_from_other =
          std::equal(std::begin(one.sender.bytes), std::end(one.sender.bytes), std::begin(other_->account.bytes));
      const std::string body(one.body, one.body_len);
      const bool is_known = body.empty() || other_->wrote.contains(body);
      require(!is_from_other || is_known || one.kind == ANOCHAT_KIND_CUSTOM || one.kind == ANOCHAT_KIND_TIMER_CHANGE,
              "what is shown was written");
    }
    drop(list);
  }

  anochat_error error_{sizeof(anochat_error), 0, ""};
  anochat_world* world_ = nullptr;
  anochat_relay* relay_ = nullptr;
  std::array<User, 2> users_;
  User* me_ = nullptr;
  User* other_ = nullptr;
  std::int64_t conversation_ = 0;
  std::int64_t now_ms_ = kBegin;
  std::string text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4'096) return 0;
  Scene scene;
  std::size_t steps = 0;
  for (ByteView input(data, size); input.size() >= 4 && steps < kMostSteps; ++steps) {
    const std::size_t length = std::min<std::size_t>(input[3], input.size() - 4);
    scene.run({input[0], input[1], input[2], input.subspan(4, length)});
    input = input.subspan(4 + length);
  }
  scene.check();
  return 0;
}
