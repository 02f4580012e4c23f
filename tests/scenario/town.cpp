#include "town.hpp"

#include <utility>

namespace scenario {

namespace fs = std::filesystem;
using namespace anochat::testing;

namespace {

StoreKey raw_store_key() {
  StoreKey key;
  for (std::uint8_t& byte : key.expose_mutable()) byte = 0x5a;
  return key;
}

void copy_files(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    fs::copy_file(entry.path(), to / entry.path().filename(), fs::copy_options::overwrite_existing);
  }
}

}  // namespace

RawKey store_key() { return RawKey(raw_store_key()); }

std::size_t pick(Random& random, std::size_t end) {
  const auto bytes = random.array<4>();
  std::size_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value % end;
}

// ----- Person -----

Person::Person(Town& town, std::uint64_t seed, Habits habits)
    : town_(town), habits_(std::move(habits)), seeded_(seed), random_(seeded_, points_), clock_(town.clock, points_) {
  habits_.options.clock = &clock_;
  habits_.options.random = &random_;
  if (habits_.options.log == nullptr) habits_.options.log = &town.log;
  open(/*is_new=*/true);
}

Person::~Person() {
  points_.disarm();
  if (is_running()) stop();
}

void Person::open(bool is_new) {
  StoreOptions options;
  options.clock = &clock_;
  options.random = &random_;
  options.log = habits_.options.log;
  if (habits_.file.empty()) {
    client_.emplace(Client::create(Store::in_memory(options), habits_.options));
  } else {
    options.accept_rolled_back = true;
    CallbackKey with = key();
    client_.emplace(is_new ? Client::create(Store::create(habits_.file, with, options), habits_.options)
                           : Client::open(Store::open(habits_.file, with, options), habits_.options));
  }
  address_ = client_->address();
  account_ = client_->account();
  plain_ = std::make_unique<EndpointOf<Client>>(*client_);
  end_ = std::make_unique<CrashingEndpoint>(*plain_, points_);
  if (std::exchange(was_attached_, true)) {
    town_.network.attach(id_, *end_);
  } else {
    id_ = town_.network.attach(*end_);
  }
}

CallbackKey Person::key() {
  KeychainHooks hooks{.load_key = raw_store_key, .load_counter = {}, .save_counter = {}};
  if (habits_.has_keychain) {
    hooks.load_counter = [this] { return counter_; };
    hooks.save_counter = [this](std::uint64_t value) { counter_ = value; };
  }
  return CallbackKey(std::move(hooks));
}

MessageHandle Person::say(const Person& to, std::string_view text) {
  return client_->send_text(client_->conversation_with(to.account()), text);
}

void Person::stop() {
  if (was_attached_ && end_ != nullptr) town_.network.detach(id_);
  end_.reset();
  plain_.reset();
  client_.reset();
}

void Person::start() { open(/*is_new=*/false); }

void Person::copy_store(const fs::path& folder) const { copy_files(habits_.file.parent_path(), folder); }

void Person::restore_store(const fs::path& folder) const {
  for (const auto& entry : fs::directory_iterator(habits_.file.parent_path())) fs::remove(entry.path());
  copy_files(folder, habits_.file.parent_path());
}

void Person::collect() {
  if (!client_) return;
  for (std::vector<Event> events = client_->take_events(); !events.empty(); events = client_->take_events()) {
    for (Event& event : events) {
      if (const auto* message = std::get_if<event::MessageReceived>(&event)) {
        const auto stored = client_->message(message->message);
        const std::string text = stored ? stored->body : "(gone)";
        ++received[text];
        received_in_order.push_back(text);
      } else if (!std::holds_alternative<event::MessageStatus>(event)) {
        seen.push_back(std::move(event));
      }
    }
  }
}

std::string Person::missing(const std::map<std::string, int>& expected) const {
  std::string out;
  const auto compare = [&](const std::map<std::string, int>& found, const char* where) {
    for (const auto& [text, count] : expected) {
      if (!found.contains(text)) out += text + " is not " + where + "; ";
    }
    for (const auto& [text, count] : found) {
      const auto wanted = expected.find(text);
      if (wanted == expected.end() || wanted->second != count) out += text + " is " + where + " " + std::to_string(count) + " times; ";
    }
  };
  compare(received, "announced");
  compare(history(), "stored");
  for (const auto& failure : events<event::DecryptFailure>()) out += "could not open: " + std::string(name_of(failure.reason)) + "; ";
  return out;
}

std::map<std::string, int> Person::history() const {
  std::map<std::string, int> texts;
  std::optional<storage::Cursor> after;
  while (true) {
    const auto page = client_->conversations(after);
    for (const auto& conversation : page.items) {
      std::optional<storage::MessagePage> messages = client_->latest(conversation.id, 500);
      while (messages) {
        for (const storage::Message& message : messages->items) {
          if (!message.is_outgoing) ++texts[message.body];
        }
        if (!messages->older) break;
        messages = client_->before(conversation.id, *messages->older, 500);
      }
    }
    if (!page.next) return texts;
    after = page.next;
  }
}

storage::MessageStatus Person::status(MessageHandle message) const { return client_->message(message).value().status; }

storage::Hash Person::active_session(const Person& with) const {
  const auto session = client_->snapshot()->sessions.active(with.address());
  return session ? session->session_id : storage::Hash{};
}

// ----- Town -----

Town::Town(LinkConditions conditions, std::uint64_t seed)
    : relay_random(seed * 1'000'003), network_random(seed * 1'000'003 + 1), relay(clock, relay_random),
      network(relay, clock, network_random, conditions), next_seed_(seed * 1'000'003 + 2) {
  relay.set_recording(false);
  network.set_tap([this](LossyNetwork::EndpointId, ByteView frame) { wire.see(frame); });
}

ClientOptions Town::default_options() {
  ClientOptions options;
  options.allow_strangers = true;
  options.one_time_prekeys = 4;
  return options;
}

Person& Town::add(std::string_view file_name, ClientOptions options, bool has_keychain) {
  fs::path file;
  if (!file_name.empty()) {
    fs::create_directories(folder / file_name);
    file = folder / file_name / "store";
  }
  return *people.emplace_back(std::make_unique<Person>(*this, next_seed_++, Person::Habits{file, std::move(options), has_keychain}));
}

void Town::collect() {
  for (const auto& person : people) person->collect();
}

bool Town::settle(std::size_t most_steps) {
  const bool is_quiet = network.run_until_quiet(most_steps, std::chrono::minutes(10));
  collect();
  return is_quiet;
}

}  // namespace scenario
