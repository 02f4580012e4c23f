#include "storage/group_commit.hpp"

#include <anochat/base/error.hpp>
#include <utility>

namespace anochat::storage::detail {

GroupCommit::GroupCommit(WriterGate& gate, Connection& writer)
    : gate_(gate), writer_(writer), thread_([this] { loop(); }) {}

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
  Job job{std::move(work), {}};
  Ticket ticket(job.done.get_future());
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
  std::vector<Job> group;
  while (take(job, /*wait=*/true)) {
    group.clear();
    try {
      run_group(group, std::move(job));
    } catch (...) {  // begin or commit failed, or SQLite gave up the transaction: nobody's work is there
      for (Job& lost : group) lost.done.set_exception(std::current_exception());
      continue;
    }
    for (Job& kept : group) kept.done.set_value();
  }
}

/// Leaves in `group` the jobs whose fate is that of the commit. A job that throws is told at once and left out.
void GroupCommit::run_group(std::vector<Job>& group, Job first) {
  group.reserve(kMostJobs);
  group.push_back(std::move(first));
  const GatePass pass(gate_, "store.submit");
  WriteScope scope(writer_, "store.submit");
  Records records(writer_);
  const auto until = std::chrono::steady_clock::now() + kMostTime;
  for (std::size_t ran = 1;; ++ran) {
    scope.savepoint();
    try {
      group.back().work(records);
      scope.release();
    } catch (...) {
      const std::exception_ptr reason = std::current_exception();
      Job failed = std::move(group.back());
      group.pop_back();
      const bool others_are_safe = scope.roll_back_to_savepoint();
      failed.done.set_exception(reason);
      if (!others_are_safe) std::rethrow_exception(reason);
    }
    Job next;
    if (ran >= kMostJobs || std::chrono::steady_clock::now() >= until || !take(next, /*wait=*/false)) break;
    group.push_back(std::move(next));
  }
  scope.commit();
}

}  // namespace anochat::storage::detail
