// anochat/base/slab.hpp - guarded, locked memory for many long-lived keys.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstddef>
#include <memory>

namespace anochat {

/// Fixed-size slots for long-lived secrets inside ONE guarded allocation.
///
/// The region has inaccessible pages on both sides, is locked into memory where the limits allow, left out of core
/// dumps, and wiped when freed. One allocation serves all slots because libsodium's guarded allocation costs about
/// 13 us and four mappings each, and Linux allows only 65,530 mappings per process.
///
/// Safe to use from any thread. Every slot must be released before the slab is destroyed.
class SecretSlab {
 public:
  /// One slot: wiped and given back when destroyed. Movable, not copyable; one thread at a time.
  class Slot {
   public:
    Slot() noexcept = default;
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&& other) noexcept;
    ~Slot();
    [[nodiscard]] bool is_empty() const noexcept { return slab_ == nullptr; }
    [[nodiscard]] MutableByteView expose() const noexcept { return bytes_; }

   private:
    friend class SecretSlab;
    Slot(SecretSlab* slab, MutableByteView bytes) noexcept : slab_(slab), bytes_(bytes) {}
    SecretSlab* slab_ = nullptr;
    MutableByteView bytes_;
  };

  /// @param slot_size   bytes per slot, 1 to 65,536
  /// @param slot_count  slots, 1 to 65,536
  /// @throws Error{Errc::invalid_argument}  a size out of range
  /// @throws Error{Errc::out_of_memory}     the region could not be mapped
  SecretSlab(std::size_t slot_size, std::size_t slot_count);
  ~SecretSlab();
  SecretSlab(const SecretSlab&) = delete;
  SecretSlab& operator=(const SecretSlab&) = delete;

  /// An all-zero slot.
  /// @throws Error{Errc::out_of_memory}  every slot is taken
  [[nodiscard]] Slot take();

  [[nodiscard]] std::size_t free_count() const noexcept;

  /// Whether the operating system agreed to keep the region out of swap (RLIMIT_MEMLOCK is 8 MiB on many systems).
  [[nodiscard]] bool is_locked() const noexcept;

 private:
  struct State;
  void give_back(MutableByteView bytes) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace anochat
