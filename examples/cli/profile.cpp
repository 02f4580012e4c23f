#include "profile.hpp"

#include "exit_code.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sys/stat.h>

namespace cli {
namespace {

namespace fs = std::filesystem;

fs::path base_folder(const char* variable, const char* below_home) {
  // The XDG specification: a relative path is to be ignored.
  if (const char* set = std::getenv(variable); set != nullptr && fs::path(set).is_absolute())
    return fs::path(set) / "anochat";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    throw Failure(ExitCode::usage, "There is no home folder.", std::string("Set HOME or ") + variable + ".");
  }
  return fs::path(home) / below_home / "anochat";
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  });
}

constexpr auto kOthers = fs::perms::group_all | fs::perms::others_all;

bool is_open_to_others(const fs::path& path) {
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  return fs::exists(status) && (status.permissions() & kOthers) != fs::perms::none;
}

void make_private(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder.parent_path(), failed);
  if (::mkdir(folder.c_str(), 0700) == 0) return;
  fs::permissions(folder, kOthers, fs::perm_options::remove, failed);
  if (failed || !fs::is_directory(folder)) {
    throw Failure(ExitCode::store, "The folder " + folder.string() + " cannot be made private.",
                  "Check who owns it: it must be yours.");
  }
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

}  // namespace

Profile::Profile(std::string_view name) : name_(name) {
  if (!is_name(name)) {
    throw Failure(ExitCode::usage, "This is no name for a profile.", "Take 1 to 32 letters, digits, - and _.");
  }
  data_ = base_folder("XDG_DATA_HOME", ".local/share") / name_;
  config_ = base_folder("XDG_CONFIG_HOME", ".config") / name_;
}

bool Profile::exists() const { return fs::exists(store()); }

void Profile::make_folders() const {
  for (const fs::path& folder : {data_, config_}) {
    make_private(folder.parent_path());
    make_private(folder);
  }
}

std::vector<fs::path> Profile::open_to_others() const {
  std::vector<fs::path> out;
  for (const fs::path& path : {data_.parent_path(), data_, config_.parent_path(), config_, store(), settings_file()}) {
    if (is_open_to_others(path)) out.push_back(path);
  }
  return out;
}

Settings Profile::load_settings() const {
  Settings out;
  std::ifstream file(settings_file());
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || trimmed(line).front() == '#') continue;
    const std::string key = trimmed(line.substr(0, equals));
    if (key == "relay") out.relay = trimmed(line.substr(equals + 1));
    if (key == "ca_file") out.ca_file = trimmed(line.substr(equals + 1));
  }
  return out;
}

void Profile::save_settings(const Settings& settings) const {
  const fs::path fresh = settings_file().string() + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << "# Settings of anochat, profile " << name_
       << ". Nothing here is secret; names and messages are in the store.\n"
       << "relay = " << settings.relay << "\nca_file = " << settings.ca_file << '\n';
  file.close();
  if (!file)
    throw Failure(ExitCode::store, "The settings could not be written to " + fresh.string() + ".", "Is the disk full?");
  fs::rename(fresh, settings_file());
}

}  // namespace cli
