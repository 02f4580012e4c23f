// tests/constant_time/harness.hpp - secrets that valgrind watches.
//
// Memcheck complains when a branch or an address depends on undefined bytes. So a harness declares its secrets
// undefined and runs the code: what it complains about is what an attacker with a clock or a shared cache can see.
// Facts that are public by design (a tag was right or wrong) are declared defined again in public_facts.cpp and nowhere
// else.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/secret.hpp>

#include <valgrind/memcheck.h>

#include <string>
#include <vector>

namespace anochat::constant_time {

inline void make_secret(ByteView bytes) noexcept { VALGRIND_MAKE_MEM_UNDEFINED(bytes.data(), bytes.size()); }
inline void make_public(MutableByteView bytes) noexcept { VALGRIND_MAKE_MEM_DEFINED(bytes.data(), bytes.size()); }

template <class Role, std::size_t N>
void make_secret(Secret<Role, N>& secret) noexcept {
  make_secret(secret.expose_mutable());
}
template <class Value>
void make_public_value(Value& value) noexcept {
  VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
}

/// Runs one piece of the library with secrets. With `leak`, it also makes the mistake that the harness must notice, on
/// the same secret bytes.
struct Harness {
  std::string name;
  void (*run)(bool leak);
};

// What a planted leak does to a secret.
void leak_by_branch(ByteView secret);  ///< compares and stops at the first difference
void leak_by_table(ByteView secret);   ///< looks a letter up by a secret index

[[nodiscard]] std::vector<Harness> base_harnesses();
[[nodiscard]] std::vector<Harness> session_harnesses();
[[nodiscard]] std::vector<Harness> storage_harnesses();

}  // namespace anochat::constant_time
