// storage/group_commit.hpp - the writer thread: many small jobs, one sync.
#pragma once

#include <anochat/storage/transaction.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/connection.hpp"
#include "storage/ticket.hpp"
#include "storage/writer_gate.hpp"

namespace anochat::storage::detail {

/// Runs submitted jobs in order on a thread of its own. It commits as soon as nothing waits, so a lone job is not
/// delayed; under load the sync of one group is the time in which the next one gathers.
class GroupCommit {
 public:
  static constexpr std::size_t kMostJobs = 64;                   ///< per commit
  static constexpr std::chrono::milliseconds kMostTime{20};      ///< of work per commit
  static constexpr std::size_t kQueue = 1'024;                   ///< jobs

  GroupCommit(WriterGate& gate, Connection& writer);
  ~GroupCommit();  ///< finishes what was submitted
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  [[nodiscard]] Ticket submit(std::function<void(Records&)> job);

 private:
  struct Job {
    std::function<void(Records&)> work;
    std::shared_ptr<TicketState> ticket;
  };
  void loop();
  void run_group();
  static std::vector<Job> room_for_group();
  [[nodiscard]] bool take(Job& job, bool wait);

  WriterGate& gate_;
  Connection& writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool is_stopping_ = false;
  std::vector<Job> group_;  ///< of the thread: the jobs of one commit
  std::thread thread_;
};

}  // namespace anochat::storage::detail
