// Long tests of the encrypted file.
//
//   anochat_storage_campaign [--seed n] [--cipher aegis|xchacha] [--folder path]
//                            [--kill rounds] [--power points] [--faults kind|all [--stride n]]
//                            [--differential statements] [--big megabytes]
//
// The command of docs/storage-format.md, "How it is tested":
//   anochat_storage_campaign --kill 200 --power 2000 --faults all --differential 20000 --big 1100
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <unistd.h>

#include "campaign.hpp"

#include <sqlite3.h>

namespace anochat::storage::test {
namespace {

std::atomic<std::int64_t> allocations_left{0};
std::atomic<bool> is_sticky_failure{false}, is_counting{false}, has_failed{false};

/// Whether this allocation is the one that shall fail. Counts SQLite's and ours alike.
bool fails_now() {
  if (!is_counting) return false;
  const std::int64_t left = --allocations_left;
  if (left > 0 || (left < 0 && !is_sticky_failure)) return false;
  has_failed = true;
  return true;
}

sqlite3_mem_methods real_methods;
void* sqlite_malloc(int size) { return fails_now() ? nullptr : real_methods.xMalloc(size); }
void* sqlite_realloc(void* old, int size) { return fails_now() ? nullptr : real_methods.xRealloc(old, size); }

void watch_sqlite() {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_methods);
  sqlite3_mem_methods methods = real_methods;
  methods.xMalloc = sqlite_malloc;
  methods.xRealloc = sqlite_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

struct Arguments {
  CampaignOptions options;
  std::string faults;
  int kill = 0, power = 0, stride = 1, differential = 0, big = 0;
};

bool parse(int count, char** words, Arguments& out) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (i + 1 == count) return false;
    const char* const value = words[++i];
    if (word == "--seed") out.options.seed = static_cast<std::uint32_t>(std::atol(value));
    else if (word == "--cipher") out.options.cipher = std::strcmp(value, "xchacha") == 0 ? Cipher::xchacha20 : Cipher::aegis256;
    else if (word == "--folder") out.options.folder = value;
    else if (word == "--kill") out.kill = std::atoi(value);
    else if (word == "--power") out.power = std::atoi(value);
    else if (word == "--faults") out.faults = value;
    else if (word == "--stride") out.stride = std::atoi(value);
    else if (word == "--differential") out.differential = std::atoi(value);
    else if (word == "--big") out.big = std::atoi(value);
    else return false;
  }
  return count > 1;
}

}  // namespace

void fail_allocation(std::int64_t n, bool is_sticky) {
  is_counting = false;
  allocations_left = n;
  is_sticky_failure = is_sticky;
  if (n > 0) has_failed = false;
  is_counting = n > 0;
}

bool has_allocation_failed() { return has_failed; }

int run(int count, char** words) {
  Arguments arguments;
  arguments.options.folder = std::filesystem::temp_directory_path() / ("anochat-campaign-" + std::to_string(::getpid()));
  if (!parse(count, words, arguments)) {
    std::fprintf(stderr, "see the top of tests/storage/campaign_main.cpp\n");
    return 2;
  }
  watch_sqlite();
  bool is_ok = true;
  if (arguments.kill > 0) is_ok &= run_kill(arguments.options, arguments.kill);
  if (arguments.power > 0) is_ok &= run_power(arguments.options, arguments.power);
  if (!arguments.faults.empty()) is_ok &= run_faults(arguments.options, arguments.faults, arguments.stride);
  if (arguments.differential > 0) is_ok &= run_differential(arguments.options, arguments.differential);
  if (arguments.big > 0) is_ok &= run_big(arguments.options, arguments.big);
  std::filesystem::remove_all(arguments.options.folder);
  std::printf(is_ok ? "passed\n" : "FAILED\n");
  return is_ok ? 0 : 1;
}

}  // namespace anochat::storage::test

void* operator new(std::size_t size) {
  void* const memory = anochat::storage::test::fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

int main(int count, char** words) { return anochat::storage::test::run(count, words); }
