// Memory for SQLite in libFuzzer programs where AddressSanitizer's allocator, with a stack trace for every block, would
// take most of the time. AddressSanitizer knows these blocks as well: there are poisoned bytes before and behind each,
// and a freed block stays poisoned until all of its size that were freed before it have been used again. Leaks of
// SQLite and the traces are left to the replay of the seeds in the tests.
#include "fuzz/fuzz.hpp"

#include <sanitizer/asan_interface.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <mutex>
#include <sys/mman.h>

namespace {

constexpr std::size_t kRegionLen = std::size_t{1} << 34U;  // bytes of addresses; memory is only what was used
constexpr std::size_t kLeastGap = 8;                       // bytes behind a block; the header stands before it

struct Header {
  std::size_t len;  // bytes that were asked for
  Header* next;     // freed after this one
};

/// 64, 96, 128, 192, 256, ... bytes
std::size_t room_of(std::size_t size_class) { return (size_class % 2 == 0 ? 64U : 96U) << size_class / 2; }

std::size_t class_of(std::size_t len) {
  const std::size_t need = sizeof(Header) + len + kLeastGap;
  if (need <= 64) return 0;
  const auto power = static_cast<std::size_t>(std::bit_width(need - 1)) - 6;  // room_of(2 * power) is enough
  return need <= room_of(2 * power - 1) ? 2 * power - 1 : 2 * power;
}

class Pool {
 public:
  /// @return nullptr: there is no more
  void* take(std::size_t len) {
    const std::lock_guard lock(mutex_);
    const std::size_t size_class = class_of(len);
    Header* header = reuse(free_[size_class]);
    if (header == nullptr) header = carve(room_of(size_class));
    if (header == nullptr) return nullptr;
    *header = {len, nullptr};
    __asan_unpoison_memory_region(header + 1, len);
    return header + 1;
  }
  void give_back(void* block) {
    const std::lock_guard lock(mutex_);
    Header* const header = static_cast<Header*>(block) - 1;
    const std::size_t len = length(block);
    __asan_poison_memory_region(block, len);
    Row& row = free_[class_of(len)];
    if (row.first == nullptr) {
      row.first = header;
    } else {
      row.last->next = header;
    }
    row.last = header;
  }
  static std::size_t length(const void* block) { return (static_cast<const Header*>(block) - 1)->len; }

 private:
  struct Row {  // the oldest first
    Header* first = nullptr;
    Header* last = nullptr;
  };
  static Header* reuse(Row& row) {
    Header* const header = row.first;
    if (header != nullptr) row.first = header->next;
    return header;
  }
  Header* carve(std::size_t room) {
    if (begin_ == nullptr) {
      void* const region =
          ::mmap(nullptr, kRegionLen, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      anochat::fuzz::require(region != MAP_FAILED, "addresses for SQLite");
      begin_ = static_cast<char*>(region);
    }
    if (room > kRegionLen - used_) return nullptr;
    char* const at = begin_ + used_;
    used_ += room;
    __asan_poison_memory_region(at, room);
    return reinterpret_cast<Header*>(at);
  }

  std::mutex mutex_;
  std::array<Row, 64> free_{};
  char* begin_ = nullptr;
  std::size_t used_ = 0;
};

Pool pool;

void* sqlite_malloc(int len) { return pool.take(static_cast<std::size_t>(len)); }
void sqlite_free(void* block) {
  if (block != nullptr) pool.give_back(block);
}
void* sqlite_realloc(void* block, int len) {
  void* const moved = pool.take(static_cast<std::size_t>(len));
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(Pool::length(block), static_cast<std::size_t>(len)));
  pool.give_back(block);
  return moved;
}
int sqlite_size(void* block) { return block == nullptr ? 0 : static_cast<int>(Pool::length(block)); }
int sqlite_round_up(int len) { return (len + 7) & ~7; }
int sqlite_begin(void* /*data*/) { return SQLITE_OK; }
void sqlite_end(void* /*data*/) {}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  static const sqlite3_mem_methods methods{sqlite_malloc,   sqlite_free,  sqlite_realloc, sqlite_size,
                                           sqlite_round_up, sqlite_begin, sqlite_end,     nullptr};
  const bool is_set = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK &&
                      sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
  anochat::fuzz::require(is_set, "SQLite takes this memory before it has begun");
  return 0;
}
