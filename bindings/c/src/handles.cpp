#include "handles.hpp"

#include <limits>
#include <utility>

namespace anochat::c {

namespace {

constexpr int kBits = std::numeric_limits<std::uintptr_t>::digits;
constexpr int kIndexBits = kBits >= 64 ? 24 : 14;
constexpr int kKindBits = 4;
constexpr int kTagBits = kBits - kIndexBits - kKindBits;
constexpr std::size_t kMostSlots = std::size_t{1} << kIndexBits;
constexpr std::uint64_t kSpread = 0x9e37'79b9'7f4a'7c15;  // odd, so no two of 2^kTagBits tags in a row are equal

std::uintptr_t encode(std::size_t index, Kind kind, std::uint64_t count) {
  const auto tag = static_cast<std::uintptr_t>((count * kSpread) >> (64 - kTagBits));
  return (tag << kKindBits | static_cast<std::uintptr_t>(kind)) << kIndexBits | static_cast<std::uintptr_t>(index);
}

std::size_t index_of(std::uintptr_t handle) { return handle & (kMostSlots - 1); }
Kind kind_of(std::uintptr_t handle) {
  return static_cast<Kind>(handle >> kIndexBits & ((std::uintptr_t{1} << kKindBits) - 1));
}

}  // namespace

HandleTable& HandleTable::instance() {
  static auto* const table = new HandleTable;  // never destroyed: a host may free handles while it exits
  return *table;
}

const HandleTable::Slot* HandleTable::slot_of(Kind kind, std::uintptr_t handle) const {
  const std::size_t index = index_of(handle);
  if (handle == 0 || kind_of(handle) != kind || index >= slots_.size()) return nullptr;
  return slots_[index].handle == handle ? &slots_[index] : nullptr;
}

std::uintptr_t HandleTable::add(Kind kind, std::shared_ptr<Object> object) {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    if (slots_.size() == kMostSlots) throw Error(Errc::out_of_memory, "too many handles are alive");
    slots_.emplace_back();
    free_.push_back(slots_.size() - 1);
  }
  const std::size_t index = free_.front();
  free_.pop_front();
  slots_[index] = {encode(index, kind, ++tags_), std::move(object)};
  return slots_[index].handle;
}

std::shared_ptr<Object> HandleTable::find(Kind kind, std::uintptr_t handle) const {
  const std::lock_guard lock(mutex_);
  const Slot* slot = slot_of(kind, handle);
  return slot == nullptr ? nullptr : slot->object;
}

std::shared_ptr<Object> HandleTable::remove(Kind kind, std::uintptr_t handle) {
  const std::lock_guard lock(mutex_);
  const Slot* slot = slot_of(kind, handle);
  if (slot == nullptr) return nullptr;
  const std::size_t index = index_of(handle);
  free_.push_back(index);
  return std::exchange(slots_[index], Slot{}).object;
}

}  // namespace anochat::c
