#include "storage/lower_file.hpp"

#include <anochat/base/error.hpp>

#include <utility>

namespace anochat::storage {

VfsFilename::VfsFilename(const std::string& path)
    : name_(const_cast<char*>(sqlite3_create_filename(path.c_str(), "", "", 0, nullptr))) {
  if (name_ == nullptr) throw Error(Errc::out_of_memory, "store.file");
}

int LowerFile::open(sqlite3_vfs& vfs, sqlite3_filename name, int flags, int* flags_out) {
  close();
  const auto units = static_cast<std::size_t>(vfs.szOsFile) / sizeof(std::max_align_t) + 1;
  memory_ = std::make_unique<std::max_align_t[]>(units);  // all zero: pMethods says "not open"
  const int code = vfs.xOpen(&vfs, name, file(), flags, flags_out);
  if (code != SQLITE_OK) close();  // a VFS may leave a half-open file that wants closing
  return code;
}

int LowerFile::close() noexcept {
  const int code = is_open() ? methods().xClose(file()) : SQLITE_OK;
  memory_.reset();
  return code;
}

int LowerFile::size(std::int64_t& out) const noexcept {
  sqlite3_int64 size = 0;
  const int code = methods().xFileSize(file(), &size);
  out = size;
  return code;
}

}  // namespace anochat::storage
