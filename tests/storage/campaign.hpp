// tests/storage/campaign.hpp - long tests of the encrypted file; each prints one line and says whether it passed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "storage/encrypted_database.hpp"

namespace anochat::storage::test {

struct CampaignOptions {
  std::filesystem::path folder;  ///< emptied and used
  std::uint32_t seed = 1;
  Cipher cipher = Cipher::aegis256;
};

/// A writing process is killed at a random moment, `rounds` times, always on the same store.
[[nodiscard]] bool run_kill(const CampaignOptions& options, int rounds);

/// Power fails at `points` moments: writes that were not synced are dropped, reordered or torn.
[[nodiscard]] bool run_power(const CampaignOptions& options, int points);

/// The n-th call of each kind fails, once and for good, for n = 1, 1 + stride, ... until the call is never reached.
/// @param kind  a name such as "write", "malloc" or "connect" (allocations of starting and connecting), or "all"
/// @param stride  of the frequent kinds; with "all" memory fails in every (97 stride)-th allocation only
[[nodiscard]] bool run_faults(const CampaignOptions& options, const std::string& kind, int stride);

/// Random SQL on a plain and on an encrypted database gives equal answers.
[[nodiscard]] bool run_differential(const CampaignOptions& options, int statements);

/// A store of more than `megabytes`, with the lock-byte page in the middle when that is more than 1,024.
[[nodiscard]] bool run_big(const CampaignOptions& options, int megabytes);

/// For run_faults: the n-th allocation from now on fails (0: none). Defined with operator new in campaign_main.cpp.
void fail_allocation(std::int64_t n, bool is_sticky);
[[nodiscard]] bool has_allocation_failed();

}  // namespace anochat::storage::test
