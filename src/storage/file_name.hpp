// storage/file_name.hpp - a file that is made under a passing name and gets its own when it is complete.
#pragma once

#include <filesystem>
#include <string_view>

namespace anochat::storage::detail {

/// Whether link() says so because the file system has none.
[[nodiscard]] bool means_no_links(int error) noexcept;

/// Owns the name `<final>.partial`; whatever lies there is removed at both ends of the object's life.
class PartialName {
 public:
  /// @throws Error{Errc::already_exists}  there is something of the final name; it is left alone
  PartialName(const std::filesystem::path& final_path, std::string_view where);
  ~PartialName();
  PartialName(const PartialName&) = delete;
  PartialName& operator=(const PartialName&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return partial_; }

  /// Gives the finished file its name, durably, and never over another file.
  /// @throws Error{Errc::already_exists}, Error{Errc::io_failed}
  void publish();

 private:
  void remove() noexcept;
  std::filesystem::path final_;
  std::filesystem::path partial_;
  std::string_view where_;
};

}  // namespace anochat::storage::detail
