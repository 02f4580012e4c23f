#include "driver/core.hpp"

#include <anochat/framing/relay_frames.hpp>
#include <anochat/net/web_socket_transport.hpp>

#include <algorithm>
#include <utility>

namespace anochat {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGoodConnection{10'000};  // one that lasted so long was good
constexpr milliseconds kLongestSleep{30'000};    // until the clock is looked at again: it may have been set
constexpr milliseconds kShortestSleep{10};
constexpr milliseconds kStoreRest{2'000};  // after an error of the store
constexpr int kQuietPings = 4;             // periods of keep_alive without a frame, until the relay gets a Ping
constexpr std::uint64_t kPingRequest = UINT64_MAX;  // the client counts from 1

std::string text_of(const Goodbye& goodbye) {
  switch (goodbye.code) {
    case Errc::already_exists:
      return "another connection of this device has taken over";
    case Errc::unauthorised:
      return "the relay refuses the login, or is not the one that was asked for";
    case Errc::rate_limited:
      return "the relay asks to come back later";
    default:
      return "the relay has ended the connection: " + std::string(message_of(goodbye.code));
  }
}

Random& random_of(const DriverOptions& options, std::optional<SystemRandom>& system) {
  return options.random != nullptr ? *options.random : system.emplace();
}

}  // namespace

ClientDriver::Core::Core(Client&& client, DriverOptions options)
    : options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : static_cast<const Clock&>(system_clock_)),
      log_(options_.log != nullptr ? *options_.log : static_cast<Log&>(null_log_)),
      back_off_(options_.back_off, random_of(options_, system_random_)) {
  const bool is_good = options_.most_events >= 1 && options_.connect_timeout.count() > 0 &&
                       options_.login_timeout.count() > 0 && options_.keep_alive.count() > 0 &&
                       options_.close_timeout.count() > 0;
  if (!is_good) throw Error(Errc::invalid_argument, "driver.options");
  loop_ = options_.loop ? options_.loop : make_io_thread();
  if (!options_.make_transport) static_cast<void>(make_transport());  // finds out whether the options are any good
  client_.emplace(std::move(client));  // last, so that a caller whose options are refused keeps it
}

void ClientDriver::Core::start() { post(&Core::connect); }

std::unique_ptr<Transport> ClientDriver::Core::make_transport() {
  if (options_.make_transport) return options_.make_transport(loop_);
  WebSocketOptions options;
  options.url = options_.relay;
  options.ca_file = options_.ca_file;
  options.pins = options_.pins;
  options.allow_plain = options_.allow_plain;
  options.proxy = options_.proxy;
  options.connect_timeout = options_.connect_timeout;
  options.keep_alive = options_.keep_alive;
  options.close_timeout = options_.close_timeout;
  return make_web_socket_transport(loop_, options);
}

// --- any thread ---

void ClientDriver::Core::post(void (Core::*work)()) {
  std::shared_ptr<IoLoop> loop;
  {
    const Lock lock(mutex_);
    loop = loop_;
  }
  if (!loop) return;
  loop->post([weak = weak_from_this(), work] {
    if (const auto self = weak.lock()) ((*self).*work)();
  });
}

void ClientDriver::Core::lock_client() {
  mutex_.lock();
  if (!is_stopping_) return;
  mutex_.unlock();
  throw Error(Errc::wrong_state, "driver.with");
}

void ClientDriver::Core::unlock_client() noexcept {
  collect_events();
  mutex_.unlock();
  try {
    post(&Core::pump);
  } catch (...) {  // no memory: the next tick sends it
  }
}

std::vector<Event> ClientDriver::Core::take_events(Lock& lock, std::size_t most) {
  const std::size_t count = std::min(most, events_.size());
  const auto last = events_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Event> out(std::make_move_iterator(events_.begin()), std::make_move_iterator(last));
  events_.erase(events_.begin(), last);
  if (client_) collect_events();
  signal_.set(!events_.empty());
  const bool may_read = is_paused_ && events_.size() <= options_.most_events / 2;
  lock.unlock();
  if (may_read) post(&Core::pump);
  return out;
}

std::vector<Event> ClientDriver::Core::take_events(std::size_t most) {
  Lock lock(mutex_);
  return take_events(lock, most);
}

std::vector<Event> ClientDriver::Core::wait_events(milliseconds timeout, std::size_t most) {
  Lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return !events_.empty() || is_stopping_; });
  return take_events(lock, most);
}

ConnectionState ClientDriver::Core::state() const {
  const Lock lock(mutex_);
  ConnectionState out = state_;
  if (out.phase == Phase::waiting && loop_) {
    const auto left = std::chrono::ceil<milliseconds>(next_attempt_ - loop_->now());
    out.next_attempt = std::max(left, milliseconds(0));
  }
  return out;
}

bool ClientDriver::Core::wait_until_online(milliseconds timeout) {
  Lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return state_.phase == Phase::online || is_stopping_; });
  return state_.phase == Phase::online && !is_stopping_;
}

void ClientDriver::Core::reconnect() { post(&Core::connect); }

void ClientDriver::Core::stop() noexcept {
  try {
    {
      const Lock lock(mutex_);
      if (std::exchange(is_stopping_, true)) return;
    }
    changed_.notify_all();
    post(&Core::shut);
    std::shared_ptr<IoLoop> loop;
    std::optional<Client> client;
    {
      Lock lock(mutex_);
      // A loop of the application's that does not run any more can close nothing.
      changed_.wait_for(lock, 2 * options_.close_timeout + std::chrono::seconds(5), [this] { return is_shut_; });
      is_shut_ = true;
      state_.phase = Phase::stopped;
      client.swap(client_);
      loop.swap(loop_);
    }
    loop.reset();    // joins the thread, if it is ours
    client.reset();  // closes the store
    changed_.notify_all();
  } catch (...) {  // no memory: the destructors do the same, less politely
  }
}

// --- with the lock ---

void ClientDriver::Core::collect_events() noexcept {
  try {
    while (events_.size() < options_.most_events) {
      std::optional<Event> next = client_->poll_event();
      if (!next) break;
      events_.push_back(*std::move(next));
    }
  } catch (...) {  // no memory: the others wait in the client
  }
  if (events_.empty()) return;
  signal_.set(true);
  changed_.notify_all();
}

void ClientDriver::Core::set_phase(Phase phase) {
  state_.phase = phase;
  changed_.notify_all();
}

void ClientDriver::Core::note_goodbye() {
  goodbye_ = client_->goodbye();
  if (goodbye_) own_reason_ = ConnectionFailure{goodbye_->code, text_of(*goodbye_)};
}

// --- the loop: the connection ---

void ClientDriver::Core::connect() {
  {
    const Lock lock(mutex_);
    if (is_stopping_ || transport_) return;
    ++state_.attempts;
    goodbye_.reset();
    set_phase(Phase::connecting);
  }
  if (attempt_timer_ != 0) loop_->cancel(std::exchange(attempt_timer_, 0));
  own_reason_.reset();
  is_open_ = was_online_ = false;
  try {
    transport_ = make_transport();
    transport_->start(*this);
  } catch (const Error& error) {
    transport_.reset();
    on_closed({error.code(), "the connection cannot be made: " + std::string(message_of(error.code()))});
  }
  look_later();
}

void ClientDriver::Core::on_open() {
  is_open_ = true;
  opened_ = last_sent_ = loop_->now();
  {
    const Lock lock(mutex_);
    set_phase(Phase::logging_in);
    client_->connected();
    is_paused_ = false;
  }
  look_later();
}

void ClientDriver::Core::on_frame(ByteView frame) {
  bool is_new = false;
  {
    const Lock lock(mutex_);
    if (is_shut_ || own_reason_) return;
    try {
      client_->receive(frame);
    } catch (const Error& error) {
      // Not a frame, or the store did not take it: the relay keeps what was not acknowledged and says it again.
      own_reason_ = {error.code(), error.what()};
    } catch (const std::bad_alloc&) {
      own_reason_ = {Errc::out_of_memory, std::string(message_of(Errc::out_of_memory))};
    }
    if (!own_reason_) note_goodbye();
    is_new = client_->is_online() && !was_online_;
    if (is_new) {
      state_.failure.reset();
      set_phase(Phase::online);
    }
    collect_events();
  }
  if (is_new) {
    was_online_ = true;
    online_since_ = loop_->now();
    log_.info("driver.online");
  }
  if (own_reason_) return transport_->close();
  pump();
}

void ClientDriver::Core::on_closed(const ConnectionFailure& why) {
  const ConnectionFailure reason = own_reason_.value_or(why);
  is_open_ = false;
  transport_.reset();
  unsent_.clear();  // the client sends again what was not answered
  bool is_stopping = false;
  {
    const Lock lock(mutex_);
    is_stopping = is_stopping_;
    if (client_) {
      client_->disconnected();
      collect_events();
    }
    if (!is_stopping) state_.failure = reason;
  }
  if (is_stopping) return shut();
  log_.info("driver.offline", {{"code", static_cast<std::int64_t>(reason.code)}});
  if (was_online_ && loop_->now() - online_since_ >= kGoodConnection) back_off_.reset();
  wait_for(pause_after(reason.code));
}

milliseconds ClientDriver::Core::pause_after(Errc code) {
  try {
    if (!goodbye_ || code == Errc::timed_out) return back_off_.next();
    if (goodbye_->retry_after.count() > 0) return back_off_.not_before(goodbye_->retry_after);
    return back_off_.longest();  // another attempt would hardly help
  } catch (const Error&) {       // no randomness for the jitter
    return options_.back_off.longest;
  }
}

void ClientDriver::Core::wait_for(milliseconds pause) {
  {
    const Lock lock(mutex_);
    if (was_online_) state_.attempts = 0;
    next_attempt_ = loop_->now() + pause;
    set_phase(Phase::waiting);
  }
  attempt_timer_ = loop_->call_after(pause, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->attempt_timer_ = 0;
    self->connect();
  });
}

void ClientDriver::Core::drop(ConnectionFailure why) {
  if (own_reason_ || !transport_) return;
  own_reason_ = std::move(why);
  transport_->close();
}

void ClientDriver::Core::shut() {
  {
    const Lock lock(mutex_);
    if (is_shut_) return;
  }
  if (transport_) {
    if (!own_reason_) send_frames();
    own_reason_ = ConnectionFailure{Errc::wrong_state, "stopped"};
    return transport_->close();  // on_closed() comes back here
  }
  for (IoLoop::Timer* timer : {&attempt_timer_, &tick_timer_}) {
    if (*timer != 0) loop_->cancel(std::exchange(*timer, 0));
  }
  const Lock lock(mutex_);
  is_shut_ = true;
  changed_.notify_all();
}

// --- the loop: frames and time ---

void ClientDriver::Core::pump() {
  {
    const Lock lock(mutex_);
    if (is_shut_ || is_stopping_) return;
    collect_events();
    const bool is_full = events_.size() >= options_.most_events;
    const bool is_empty_enough = events_.size() <= options_.most_events / 2;
    const bool was_paused = is_paused_;
    if (is_full) is_paused_ = true;
    if (is_empty_enough) is_paused_ = false;
    if (is_open_ && is_paused_ != was_paused) transport_->set_reading(!is_paused_);
  }
  if (is_open_ && !own_reason_) send_frames();
  look_later();
}

// Frames leave in the order in which the client made them: only this takes them.
void ClientDriver::Core::send_frames() {
  if (!is_open_) return;
  for (;;) {
    for (; !unsent_.empty(); unsent_.pop_front()) {
      if (!transport_->send(unsent_.front())) return;  // on_writable() goes on
      last_sent_ = loop_->now();
    }
    const Lock lock(mutex_);
    if (!client_ || loop_->now() < store_rests_until_) return;
    try {
      for (Bytes& frame : client_->outgoing()) unsent_.push_back(std::move(frame));
    } catch (...) {
      return let_store_rest();
    }
    if (unsent_.empty()) return;
  }
}

// Called where an exception of the client is caught: the store's, or no memory.
void ClientDriver::Core::let_store_rest() noexcept {
  Errc code = Errc::out_of_memory;
  try {
    throw;
  } catch (const Error& error) {
    code = error.code();
  } catch (...) {  // std::bad_alloc
  }
  store_rests_until_ = loop_->now() + kStoreRest;
  log_.warning("driver.store_failed", {{"code", static_cast<std::int64_t>(code)}});
}

// A relay and the proxies before it count frames, not the pings below them.
void ClientDriver::Core::ping_relay(Time now) {
  if (!was_online_ || !is_open_ || !unsent_.empty() || now - last_sent_ < kQuietPings * options_.keep_alive) return;
  Bytes frame = encode(ClientFrame{kPingRequest, Ping{}});
  if (transport_->send(frame)) last_sent_ = now;
}

void ClientDriver::Core::tick() {
  {
    const Lock lock(mutex_);
    if (is_shut_ || is_stopping_) return;
    const Time now = loop_->now();
    try {
      if (now >= store_rests_until_ && client_->next_timer().value_or(UnixTime::max()) <= clock_.now()) client_->tick();
    } catch (...) {
      let_store_rest();
    }
    collect_events();
  }
  const Time now = loop_->now();
  if (is_open_ && !was_online_ && now - opened_ >= options_.login_timeout) {
    drop({Errc::timed_out, "the relay has not answered the login in time"});
  }
  ping_relay(now);
  pump();
}

void ClientDriver::Core::look_later() {
  if (tick_timer_ != 0) loop_->cancel(std::exchange(tick_timer_, 0));
  milliseconds pause = kLongestSleep;
  {
    const Lock lock(mutex_);
    if (is_shut_ || is_stopping_) return;
    const Time now = loop_->now();
    try {
      if (const auto at = client_->next_timer()) {
        pause = std::min(pause, std::chrono::ceil<milliseconds>(*at - clock_.now()));
      }
    } catch (...) {  // the store's error, or no memory
      pause = kStoreRest;
    }
    if (now < store_rests_until_) pause = std::chrono::ceil<milliseconds>(store_rests_until_ - now);
  }
  if (is_open_) {
    const Time due = was_online_ ? last_sent_ + kQuietPings * options_.keep_alive : opened_ + options_.login_timeout;
    pause = std::min(pause, std::chrono::ceil<milliseconds>(due - loop_->now()));
  }
  tick_timer_ = loop_->call_after(std::max(pause, kShortestSleep), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->tick_timer_ = 0;
    self->tick();
  });
}

}  // namespace anochat
