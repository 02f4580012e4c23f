// relay/undo_table.hpp - maps in memory whose changes can be taken back together.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace anochat::relay {

/// What it takes to go back to the last commit, newest step last. No step allocates.
class UndoLog {
 public:
  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }
  [[nodiscard]] bool is_empty() const noexcept { return steps_.empty(); }
  void forget() noexcept { steps_.clear(); }
  void run() noexcept {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) (*step)();
    steps_.clear();
  }

 private:
  std::vector<std::function<void()>> steps_;
};

template <class Key, class Row>
class UndoTable {
 public:
  using Rows = std::map<Key, Row>;

  explicit UndoTable(UndoLog& undo) noexcept : undo_(undo) {}
  UndoTable(const UndoTable&) = delete;
  UndoTable& operator=(const UndoTable&) = delete;

  [[nodiscard]] const Rows& rows() const noexcept { return rows_; }
  [[nodiscard]] const Row* find(const Key& key) const {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &found->second;
  }
  void put(const Key& key, Row row) {
    erase(key);
    undo_.add([this, key] { rows_.erase(key); });
    rows_.emplace(key, std::move(row));
  }
  bool erase(const Key& key) {
    const auto found = rows_.find(key);
    if (found == rows_.end()) return false;
    auto old = std::make_shared<typename Rows::node_type>();  // filled last, when nothing can fail any more
    undo_.add([this, old] {
      if (!old->empty()) rows_.insert(std::move(*old));
    });
    *old = rows_.extract(found);
    return true;
  }

 private:
  Rows rows_;
  UndoLog& undo_;
};

}  // namespace anochat::relay
