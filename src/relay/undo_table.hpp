// relay/undo_table.hpp - maps in memory whose changes can be taken back together.
#pragma once

#include <cstddef>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace anochat::relay {

/// What a log can ask of its tables.
class Undoable {
 public:
  virtual ~Undoable() = default;
  virtual void forget() noexcept = 0;
  virtual void undo() noexcept = 0;
};

/// The changes since the last commit. Each table knows its own; what happened in another does not matter to it.
class UndoLog {
 public:
  void join(Undoable& table) { tables_.push_back(&table); }
  void note() noexcept { is_empty_ = false; }
  [[nodiscard]] bool is_empty() const noexcept { return is_empty_; }
  void forget() noexcept {
    for (Undoable* table : tables_) table->forget();
    is_empty_ = true;
  }
  void run() noexcept {
    for (Undoable* table : tables_) table->undo();
    is_empty_ = true;
  }

 private:
  std::vector<Undoable*> tables_;
  bool is_empty_ = true;
};

template <class Key, class Row>
class UndoTable final : public Undoable {
 public:
  using Rows = std::map<Key, Row>;

  explicit UndoTable(UndoLog& log) : log_(log) { log_.join(*this); }
  UndoTable(const UndoTable&) = delete;
  UndoTable& operator=(const UndoTable&) = delete;

  [[nodiscard]] const Rows& rows() const noexcept { return rows_; }
  [[nodiscard]] const Row* find(const Key& key) const {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &found->second;
  }
  void put(const Key& key, Row row) {
    auto at = rows_.lower_bound(key);
    Step& step = add_step(key);
    if (at != rows_.end() && at->first == key) {
      const auto next = std::next(at);
      step.old = rows_.extract(at);
      at = next;
    }
    rows_.emplace_hint(at, key, std::move(row));
  }
  bool erase(const Key& key) {
    const auto found = rows_.find(key);
    if (found == rows_.end()) return false;
    Step& step = add_step(key);
    step.old = rows_.extract(found);
    return true;
  }

  void forget() noexcept override { steps_.clear(); }
  void undo() noexcept override {  // allocates nothing
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
      rows_.erase(step->key);
      if (!step->old.empty()) rows_.insert(std::move(step->old));
    }
    steps_.clear();
  }

 private:
  struct Step {
    Key key;
    typename Rows::node_type old;  ///< what the key had before, filled when nothing can fail any more
  };
  // Before anything changes, so that a change that fails for want of memory can be undone as well.
  Step& add_step(const Key& key) {
    Step& step = steps_.emplace_back(Step{key, {}});
    log_.note();
    return step;
  }

  Rows rows_;
  std::vector<Step> steps_;
  UndoLog& log_;
};

}  // namespace anochat::relay
