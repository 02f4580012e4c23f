#include "storage/memory_file.hpp"

#include <algorithm>

namespace anochat::storage {

int MemoryFile::read(MutableByteView out, std::int64_t offset) {
  const auto start = std::min(static_cast<std::size_t>(offset), bytes_.size());
  const std::size_t length = std::min(out.size(), bytes_.size() - start);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(start), length, out.begin());
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(length), out.end(), std::uint8_t{0});
  return length == out.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int MemoryFile::write(ByteView bytes, std::int64_t offset) {
  const auto start = static_cast<std::size_t>(offset);
  if (bytes_.size() < start + bytes.size()) {
    // Grow in powers of two: resize() alone may take exactly what is asked for, and copy every time.
    if (bytes_.capacity() < start + bytes.size()) bytes_.reserve(std::max(start + bytes.size(), bytes_.capacity() * 2));
    bytes_.resize(start + bytes.size());
  }
  std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(start));
  return SQLITE_OK;
}

int MemoryFile::truncate(std::int64_t size) {
  const auto kept = static_cast<std::size_t>(size);
  if (kept < bytes_.size()) {
    wipe(MutableByteView(bytes_).subspan(kept));
    bytes_.resize(kept);
  }
  return SQLITE_OK;
}

int MemoryFile::size(std::int64_t& out) {
  out = static_cast<std::int64_t>(bytes_.size());
  return SQLITE_OK;
}

}  // namespace anochat::storage
