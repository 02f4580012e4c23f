// tests/out_of_memory/faults.hpp - the k-th allocation fails, for every k.
#pragma once

#include <anochat/base/bytes.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace anochat::oom {

/// One operation and the little world that it happens in. Every attempt gets a fresh one.
struct Trial {
  std::shared_ptr<void> world;
  std::function<void()> run;          ///< the operation; allocations fail in here only
  std::function<Bytes()> state = {};  ///< what must be as before when run() has failed; nothing: there is no state
  std::function<void()> check = {};   ///< looks at the end: run() has now succeeded, at the first try or the second
};

/// Lets allocation k fail for k = 1, 2, ... until run() is through without meeting it; first that one alone, then it
/// and all later ones. A failure must be std::bad_alloc or Errc::out_of_memory, leave the state as it was, and be
/// forgotten: the next run() succeeds. ANOCHAT_OOM_STRIDE=1 tries every k; ctest tries the first 24 and then every 23rd.
void fail_every_allocation(const char* name, const std::function<Trial()>& make);

/// Failures injected so far.
[[nodiscard]] std::uint64_t injected() noexcept;

}  // namespace anochat::oom
