#include "allocations.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

// One thread does all the work, so these need not be atomic.
std::size_t calls = 0;
std::size_t bytes = 0;

void* allocate(std::size_t size) {
  void* const pointer = std::malloc(size == 0 ? 1 : size);
  if (pointer == nullptr) throw std::bad_alloc();
  ++calls;
  bytes += malloc_usable_size(pointer);
  return pointer;
}

void release(void* pointer) noexcept {
  if (pointer != nullptr) bytes -= malloc_usable_size(pointer);
  std::free(pointer);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* pointer) noexcept { release(pointer); }
void operator delete[](void* pointer) noexcept { release(pointer); }
void operator delete(void* pointer, std::size_t /*size*/) noexcept { release(pointer); }
void operator delete[](void* pointer, std::size_t /*size*/) noexcept { release(pointer); }

namespace bench {

std::size_t allocation_count() noexcept { return calls; }
std::size_t heap_bytes() noexcept { return bytes; }

}  // namespace bench
