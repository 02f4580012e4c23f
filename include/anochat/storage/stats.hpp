// anochat/storage/stats.hpp - figures that never leave this device.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <chrono>
#include <optional>
#include <vector>

namespace anochat::storage {

enum class Metric : std::uint8_t { sent = 0, received = 1, decrypt_failures = 2, calls = 3, reactions = 4 };

struct DailyFigure {
  std::chrono::sys_days day;
  std::int64_t value = 0;
};

struct StoreTotals {
  std::int64_t conversations = 0;
  std::int64_t messages = 0;
  std::int64_t contacts = 0;
  std::int64_t attachments = 0;
  std::int64_t outbox = 0;
  std::int64_t pages = 0;       ///< of the database
  std::int64_t free_pages = 0;  ///< what compact() would give back
};

class Stats : public Repository {
 public:
  using Repository::Repository;
  void add(Metric metric, ConversationId conversation, UnixTime at, std::int64_t by = 1);
  /// One entry per day that has something, oldest first.
  [[nodiscard]] std::vector<DailyFigure> daily(Metric metric, std::optional<ConversationId> conversation,
                                               std::chrono::sys_days from, std::chrono::sys_days until) const;
  /// The conversations with the most of `metric` since `from`, greatest first.
  [[nodiscard]] std::vector<std::pair<ConversationId, std::int64_t>> top(Metric metric, std::chrono::sys_days from,
                                                                         int limit) const;
  [[nodiscard]] StoreTotals totals() const;
};

}  // namespace anochat::storage
