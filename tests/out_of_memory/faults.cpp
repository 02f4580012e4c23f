#include "faults.hpp"

#include <anochat/base/error.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

namespace {

std::atomic<std::int64_t> left{0};  // allocations until the one that fails
std::atomic<bool> is_armed{false}, is_sticky{false}, has_failed{false};
std::uint64_t failures = 0;

bool fails_now() noexcept {
  if (!is_armed) return false;
  const std::int64_t now = --left;
  if (now > 0 || (now < 0 && !is_sticky)) return false;
  has_failed = true;
  return true;
}

void* allocate(std::size_t size) {
  if (!fails_now()) {
    if (void* pointer = std::malloc(size == 0 ? 1 : size)) return pointer;  // NOLINT(cppcoreguidelines-no-malloc)
  }
  throw std::bad_alloc();
}

sqlite3_mem_methods real_methods;
void* sqlite_allocate(int size) { return fails_now() ? nullptr : real_methods.xMalloc(size); }
void* sqlite_reallocate(void* old, int size) { return fails_now() ? nullptr : real_methods.xRealloc(old, size); }

/// SQLite's allocations count and fail like ours.
const bool watches_sqlite = [] {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_methods);
  sqlite3_mem_methods methods = real_methods;
  methods.xMalloc = sqlite_allocate;
  methods.xRealloc = sqlite_reallocate;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK;
}();

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-no-malloc)
void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* pointer) noexcept { std::free(pointer); }
void operator delete[](void* pointer) noexcept { std::free(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { std::free(pointer); }
void operator delete[](void* pointer, std::size_t) noexcept { std::free(pointer); }
void operator delete(void* pointer, const std::nothrow_t& /*tag*/) noexcept { std::free(pointer); }
// NOLINTEND(cppcoreguidelines-no-malloc)

#if defined(__SANITIZE_ADDRESS__)
/// A protobuf message that memory ran out under is leaked on purpose: see WireMessage.
extern "C" const char* __lsan_default_suppressions() { return "leak:google::protobuf\n"; }
#endif

namespace anochat::oom {
namespace {

std::int64_t stride() {
  const char* const text = std::getenv("ANOCHAT_OOM_STRIDE");
  const long value = text == nullptr ? 23 : std::strtol(text, nullptr, 10);
  return value < 1 ? 1 : value;
}

constexpr std::int64_t kTriedAll = 24;  // small operations are tried whole

enum class Outcome { done, no_memory, other };

Outcome attempt(const Trial& trial, std::int64_t k, bool sticky, std::string& what) {
  Outcome outcome = Outcome::done;
  left = k;
  is_sticky = sticky;
  has_failed = false;
  is_armed = true;
  try {
    trial.run();
  } catch (const std::bad_alloc&) {
    outcome = Outcome::no_memory;
  } catch (const Error& error) {
    is_armed = false;
    outcome = error.code() == Errc::out_of_memory ? Outcome::no_memory : Outcome::other;
    what = error.what();
  } catch (const std::exception& error) {
    is_armed = false;
    outcome = Outcome::other;
    what = error.what();
  }
  is_armed = false;
  return outcome;
}

}  // namespace

std::uint64_t injected() noexcept { return failures; }

void fail_every_allocation(const char* name, const std::function<Trial()>& make) {
  REQUIRE(watches_sqlite);
  const std::uint64_t before_all = failures;
  for (const bool sticky : {false, true}) {
    for (std::int64_t k = 1;; k += k < kTriedAll ? 1 : stride()) {
      const Trial trial = make();
      const Bytes before = trial.state ? trial.state() : Bytes{};
      std::string what;
      const Outcome outcome = attempt(trial, k, sticky, what);
      const bool was_reached = has_failed;
      failures += was_reached ? 1 : 0;
      INFO(std::string(name) << ", allocation " << k << std::string(sticky ? " and all later ones" : "") << ": "
                             << what);
      REQUIRE(outcome != Outcome::other);
      if (outcome == Outcome::no_memory) {
        if (trial.state) REQUIRE(trial.state() == before);
        REQUIRE_NOTHROW(trial.run());
      }
      if (trial.check) trial.check();
      if (!was_reached) break;
    }
  }
  std::printf("%-32s %6llu failures\n", name, static_cast<unsigned long long>(failures - before_all));
}

}  // namespace anochat::oom
