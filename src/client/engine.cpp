#include "client/engine.hpp"

#include <anochat/base/error.hpp>
#include <anochat/framing/relay_frames.hpp>

#include <algorithm>
#include <new>

namespace anochat::client {
namespace {

constexpr const char* kGeneration = "generation";

}  // namespace

Engine::Engine(Store opened, ClientOptions chosen, Device own)
    : options(std::move(chosen)),
      clock(options.clock ? options.clock : &system_clock),
      random(options.random),
      log(options.log ? options.log : &null_log),
      store(std::move(opened)),
      device(std::move(own)),
      address(device.address()),
      book(options.most_sessions),
      events(options.most_events) {
  if (!random) random = &system_random.emplace();
  generation = static_cast<std::uint64_t>(store.snapshot()->meta.number(kGeneration).value_or(0));
}

void Engine::notify() {
  if (was_notified || !notifier || (events.is_empty() && !courier.has_work())) return;
  was_notified = true;
  notifier();
}

Unit::Unit(Engine& of, bool saves_late) : engine(of), now(of.now()), tx_(of.store.begin()), saves_late_(saves_late) {}

Unit::~Unit() {
  if (is_committed_) return;
  for (const storage::SessionRow row : touched_) engine.book.forget_changed(row);
}

void Unit::go_back(const Marks& to) noexcept {
  for (std::size_t i = to.touched; i < touched_.size(); ++i) {
    const BookedSession* const session = engine.book.find(touched_[i]);
    must_redo_ |= session != nullptr && session->is_unsaved;
    engine.book.forget_changed(touched_[i]);
  }
  events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(to.events), events_.end());
  outbox_.erase(outbox_.begin() + static_cast<std::ptrdiff_t>(to.outbox), outbox_.end());
  wanted_.erase(wanted_.begin() + static_cast<std::ptrdiff_t>(to.wanted), wanted_.end());
  counted_.erase(counted_.begin() + static_cast<std::ptrdiff_t>(to.counted), counted_.end());
  actions_.erase(actions_.begin() + static_cast<std::ptrdiff_t>(to.actions), actions_.end());
  // touched_ stays as it is: what was read again may be undone once more with the whole.
}

void Unit::save(BookedSession& session, bool has_opened) {
  if (has_opened) save_skipped(records(), session, now);
  if (!saves_late_) return save_session(records(), session, now);
  if (session.is_unsaved) return;
  unsaved_.push_back(session.row);
  session.is_unsaved = true;
}

void Unit::write_sessions() {
  for (const storage::SessionRow row : unsaved_) {
    BookedSession* const session = engine.book.find(row);
    if (session == nullptr) continue;  // removed since
    save_session(records(), *session, now);
    session->is_unsaved = false;
  }
  unsaved_.clear();
}

void Unit::write_counts() {
  std::sort(counted_.begin(), counted_.end());
  for (auto at = counted_.begin(); at != counted_.end();) {
    const auto end = std::upper_bound(at, counted_.end(), *at);
    records().stats.add(at->first, at->second, now, end - at);
    at = end;
  }
}

std::uint64_t Unit::next_generation() const noexcept {
  if (generation_) return *generation_;
  return touched_.empty() ? engine.generation : std::min(engine.generation + 1, kMaxGeneration);
}

void Unit::commit() {
  write_sessions();
  write_counts();
  const std::uint64_t generation = next_generation();
  if (generation != engine.generation) tx_->meta.set_number(kGeneration, static_cast<std::int64_t>(generation));
  for (const auto& [account, is_list_only] : wanted_) {  // a wish too many does no harm
    is_list_only ? engine.courier.want_list(account) : engine.courier.want(account);
  }
  tx_.commit();
  is_committed_ = true;  // from here on nothing throws: the caller must not believe that it failed
  engine.generation = generation;
  engine.is_timer_stale = true;
  for (Event& event : events_) engine.events.push(std::move(event));
  for (storage::OutboxEntry& entry : outbox_) engine.courier.add(std::move(entry));
  for (const auto& action : actions_) {
    try {
      action(engine);
    } catch (const std::bad_alloc&) {  // they put off or hurry what happens anyway
    }
  }
  engine.notify();
}

bool is_fatal(Errc code) noexcept {
  switch (code) {
    case Errc::out_of_memory:
    case Errc::internal:
    case Errc::random_failed:
    case Errc::wrong_state:
    case Errc::store_corrupt:
    case Errc::store_busy:
    case Errc::io_failed:
    case Errc::disk_full:
    case Errc::read_only:
      return true;
    default:
      return false;
  }
}

}  // namespace anochat::client
