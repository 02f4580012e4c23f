// profile.hpp - where an account of this machine lies, and the few settings that are no secret.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct Settings {
  std::string relay;    ///< URL
  std::string ca_file;  ///< PEM; empty: the system's CAs
};

/// $XDG_DATA_HOME/anochat/<name>/ and $XDG_CONFIG_HOME/anochat/<name>/, both for the user's eyes only.
class Profile {
 public:
  /// @throws Failure  the name is not 1 to 32 letters, digits, - and _; or there is no home folder
  explicit Profile(std::string_view name);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::filesystem::path store() const { return data_ / "store.anochat"; }
  [[nodiscard]] std::filesystem::path settings_file() const { return config_ / "settings"; }
  [[nodiscard]] const std::filesystem::path& data() const noexcept { return data_; }

  [[nodiscard]] bool exists() const;
  /// Makes the folders with mode 0700, and takes away from others what they may do in existing ones.
  void make_folders() const;
  /// The folders, the store and the settings that others than the user may read or write: there should be none.
  [[nodiscard]] std::vector<std::filesystem::path> open_to_others() const;

  [[nodiscard]] Settings load_settings() const;  ///< empty ones when there is no file
  void save_settings(const Settings& settings) const;

 private:
  std::string name_;
  std::filesystem::path data_;
  std::filesystem::path config_;
};

}  // namespace cli
