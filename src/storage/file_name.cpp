#include "storage/file_name.hpp"

#include <anochat/base/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/store_lock.hpp"

namespace anochat::storage::detail {
namespace {

bool is_taken(const std::filesystem::path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

void sync_path(const std::filesystem::path& path, int flags) noexcept {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

bool means_no_links(int error) noexcept {
  constexpr std::array kErrors = {EPERM, ENOTSUP, EOPNOTSUPP};  // the last two are one number, or two
  return std::find(kErrors.begin(), kErrors.end(), error) != kErrors.end();
}

PartialName::PartialName(const std::filesystem::path& final_path, std::string_view where)
    : final_(std::filesystem::absolute(final_path)), partial_(final_), where_(where) {
  partial_ += ".partial";
  if (is_taken(final_)) throw Error(Errc::already_exists, where_);
  if (!std::filesystem::is_directory(final_.parent_path())) throw Error(Errc::not_found, where_);
  remove();
}

PartialName::~PartialName() { remove(); }

void PartialName::remove() noexcept {
  ::unlink(partial_.c_str());
  ::unlink((partial_.string() + "-wal").c_str());
}

void PartialName::publish() {
  sync_path(partial_, O_RDONLY);
  if (::link(partial_.c_str(), final_.c_str()) != 0) {
    // Some file systems have no links. There the test and the renaming are two steps.
    if (!means_no_links(errno)) throw_errno(errno, where_);
    if (is_taken(final_)) throw Error(Errc::already_exists, where_);
    if (::rename(partial_.c_str(), final_.c_str()) != 0) throw_errno(errno, where_);
  }
  ::unlink(partial_.c_str());
  sync_path(final_.parent_path(), O_RDONLY | O_DIRECTORY);
}

}  // namespace anochat::storage::detail
