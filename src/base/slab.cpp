#include <anochat/base/slab.hpp>

#include <anochat/base/error.hpp>
#include "base/sodium_ready.hpp"

#include <sodium.h>
#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace anochat {

struct SecretSlab::State {
  mutable std::mutex mutex;
  std::uint8_t* region = nullptr;
  std::size_t slot_size = 0;
  std::vector<std::uint32_t> free_slots;
  bool is_locked = false;
};

SecretSlab::SecretSlab(std::size_t slot_size, std::size_t slot_count) : state_(std::make_unique<State>()) {
  constexpr std::size_t kMost = 65'536;
  if (slot_size == 0 || slot_size > kMost || slot_count == 0 || slot_count > kMost) {
    throw Error(Errc::invalid_argument, "slab.create");
  }
  detail::require_sodium("slab.create");
  state_->slot_size = slot_size;
  state_->free_slots.reserve(slot_count);
  for (std::size_t i = slot_count; i > 0; --i) state_->free_slots.push_back(static_cast<std::uint32_t>(i - 1));
  state_->region = static_cast<std::uint8_t*>(sodium_malloc(slot_size * slot_count));
  if (state_->region == nullptr) throw Error(Errc::out_of_memory, "slab.create");
  std::fill_n(state_->region, slot_size * slot_count, std::uint8_t{0});
  state_->is_locked = sodium_mlock(state_->region, slot_size * slot_count) == 0;
}

SecretSlab::~SecretSlab() { sodium_free(state_->region); }  // wipes, unlocks and checks the guard bytes

SecretSlab::Slot SecretSlab::take() {
  const std::lock_guard lock(state_->mutex);
  if (state_->free_slots.empty()) throw Error(Errc::out_of_memory, "slab.take");
  const std::size_t index = state_->free_slots.back();
  state_->free_slots.pop_back();
  return {this, {state_->region + index * state_->slot_size, state_->slot_size}};
}

std::size_t SecretSlab::free_count() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return state_->free_slots.size();
}

bool SecretSlab::is_locked() const noexcept { return state_->is_locked; }

void SecretSlab::give_back(MutableByteView bytes) noexcept {
  wipe(bytes);
  const auto offset = static_cast<std::size_t>(bytes.data() - state_->region);
  const std::lock_guard lock(state_->mutex);
  state_->free_slots.push_back(static_cast<std::uint32_t>(offset / state_->slot_size));  // room was reserved
}

SecretSlab::Slot::Slot(Slot&& other) noexcept
    : slab_(std::exchange(other.slab_, nullptr)), bytes_(std::exchange(other.bytes_, {})) {}

SecretSlab::Slot& SecretSlab::Slot::operator=(Slot&& other) noexcept {
  std::swap(slab_, other.slab_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

SecretSlab::Slot::~Slot() {
  if (slab_ != nullptr) slab_->give_back(bytes_);
}

}  // namespace anochat
