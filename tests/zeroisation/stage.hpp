// tests/zeroisation/stage.hpp - where an operation says what was secret and when it must be gone.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/random.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace anochat::zeroisation {

/// Every operation runs twice, in processes of its own and with the same randomness. The first run says which bytes
/// were secret. The second one says nothing and stops at each check, so that somebody else can look through all of its
/// memory: a process that knows what to look for would find its own list.
class Stage {
 public:
  explicit Stage(bool is_telling) noexcept : is_telling_(is_telling) {}

  /// These bytes must be gone at the next check, and at every later one. At least 16 bytes.
  void secret(const char* label, ByteView bytes) const;
  /// From here on nothing of the secrets may be anywhere: heap, freed blocks, old stack frames, static memory.
  void check(const char* when) const;

 private:
  bool is_telling_;
};

struct Operation {
  const char* name;
  void (*run)(const Stage& stage);
  bool is_leaking = false;  ///< planted: its secret must be found
};

[[nodiscard]] std::vector<Operation> operations();

/// The same bytes in every run, and no copy of them in the generator or on the stack below it.
class TracelessRandom final : public Random {
 public:
  void fill(MutableByteView out) override;

 private:
  std::uint64_t call_ = 0;
};

}  // namespace anochat::zeroisation
