#include "storage/group_commit.hpp"

#include <anochat/base/error.hpp>
#include <new>
#include <optional>
#include <utility>

namespace anochat::storage::detail {

GroupCommit::GroupCommit(WriterGate& gate, Connection& writer)
    : gate_(gate), writer_(writer), group_(room_for_group()), thread_([this] { loop(); }) {}

// A job that is taken must end in a finished ticket, so nothing may fail between the two.
std::vector<GroupCommit::Job> GroupCommit::room_for_group() {
  std::vector<Job> out;
  out.reserve(kMostJobs);
  return out;
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Ticket GroupCommit::submit(std::function<void(Records&)> work) {
  if (!work) throw Error(Errc::invalid_argument, "store.submit");
  Ticket ticket;
  ticket.state_ = std::make_shared<TicketState>();
  Job job{std::move(work), ticket.state_};
  {
    std::unique_lock lock(mutex_);
    const auto has_room = [this] { return queue_.size() < kQueue; };
    if (!has_room() && std::this_thread::get_id() == thread_.get_id()) {
      throw Error(Errc::wrong_state, "store.submit");  // a job that waits for its own thread
    }
    changed_.wait(lock, has_room);
    queue_.push_back(std::move(job));
  }
  changed_.notify_all();
  return ticket;
}

bool GroupCommit::take(Job& job, bool wait) {
  std::unique_lock lock(mutex_);
  if (wait) changed_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
  if (queue_.empty()) return false;
  job = std::move(queue_.front());
  queue_.pop_front();
  changed_.notify_all();
  return true;
}

void GroupCommit::loop() {
  Job job;
  while (take(job, /*wait=*/true)) {
    group_.push_back(std::move(job));
    std::optional<Error> lost;  // begin or commit failed, or SQLite gave up the transaction: nobody's work is there
    bool has_memory = true;
    try {
      run_group();
    } catch (const Error& error) {
      lost = error;
    } catch (const std::bad_alloc&) {
      has_memory = false;  // not even for an Error's text
    }
    for (Job& done : group_) {  // each waiting thread gets an exception of its own
      if (!has_memory) {
        done.ticket->finish(std::make_exception_ptr(std::bad_alloc()));
      } else {
        done.ticket->finish(lost ? std::make_exception_ptr(*lost) : nullptr);
      }
    }
    group_.clear();
  }
}

namespace {

/// Nothing, or what was thrown. The catch is left before anybody else hears of it.
std::exception_ptr run_job(const std::function<void(Records&)>& work, Records& records, WriteScope& scope) {
  try {
    scope.savepoint();
    work(records);
    scope.release();
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

Errc code_of(const std::exception_ptr& reason) {
  try {
    std::rethrow_exception(reason);
  } catch (const Error& error) {
    return error.code();
  } catch (...) {
    return Errc::io_failed;
  }
}

}  // namespace

/// Leaves in group_ the jobs whose fate is that of the commit. A job that throws is told at once and left out.
void GroupCommit::run_group() {
  const GatePass pass(gate_, "store.submit");
  WriteScope scope(writer_, "store.submit");
  Records records(writer_);
  const auto until = std::chrono::steady_clock::now() + kMostTime;
  for (std::size_t ran = 1;; ++ran) {
    if (std::exception_ptr reason = run_job(group_.back().work, records, scope)) {
      Job failed = std::move(group_.back());
      group_.pop_back();
      const Errc code = code_of(reason);
      const bool others_are_safe = scope.roll_back_to_savepoint();
      failed.ticket->finish(std::move(reason));
      if (!others_are_safe) throw Error(code, "store.submit");
    }
    Job next;
    if (ran >= kMostJobs || std::chrono::steady_clock::now() >= until || !take(next, /*wait=*/false)) break;
    group_.push_back(std::move(next));
  }
  scope.commit();
}

}  // namespace anochat::storage::detail
