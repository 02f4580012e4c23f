// base/stack_wipe.hpp - removes what called functions have left on the stack.
//
// A Secret wipes itself, but libsodium's BLAKE2b writes its result to a local array first, and the compiler keeps
// pieces of keys in places of its own. They would stay until other calls happen to cover them.
#pragma once

#include <cstddef>

namespace anochat::detail {

/// Overwrites the stack below the caller.
void wipe_stack_4k() noexcept;
void wipe_stack_32k() noexcept;

/// The first object of a function whose callees handle long-lived keys: wipes what they left when it returns or throws.
template <void (*Wipe)() noexcept>
struct StackWipe {
  StackWipe() noexcept = default;
  StackWipe(const StackWipe&) = delete;
  StackWipe& operator=(const StackWipe&) = delete;
  ~StackWipe() { Wipe(); }
};

using ShallowStackWipe = StackWipe<wipe_stack_4k>;  ///< hashes and ciphers; about 50 ns
using DeepStackWipe = StackWipe<wipe_stack_32k>;    ///< X25519, Ed25519, ML-KEM; about 0.5 us

}  // namespace anochat::detail
