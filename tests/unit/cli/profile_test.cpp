#include "profile.hpp"

#include "exit_code.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

using namespace cli;
using anochat::testing::TemporaryFolder;

namespace {

struct Home {
  Home() {
    ::setenv("XDG_DATA_HOME", folder.file("data").c_str(), 1);
    ::setenv("XDG_CONFIG_HOME", folder.file("config").c_str(), 1);
  }
  ~Home() {
    ::unsetenv("XDG_DATA_HOME");
    ::unsetenv("XDG_CONFIG_HOME");
  }
  TemporaryFolder folder;
};

unsigned mode_of(const std::filesystem::path& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777u;
}

}  // namespace

TEST_CASE("the folders of a profile are private, also when they were not before") {
  const Home home;
  std::filesystem::create_directories(home.folder.file("data") + "/anochat");
  ::chmod((home.folder.file("data") + "/anochat").c_str(), 0755);
  const Profile profile("work");
  CHECK_FALSE(profile.open_to_others().empty());
  profile.make_folders();
  for (const auto& path : {profile.data(), profile.data().parent_path(), profile.settings_file().parent_path()}) {
    CHECK(mode_of(path) == 0700);
  }
  CHECK(profile.open_to_others().empty());
  CHECK_FALSE(profile.exists());
}

TEST_CASE("settings are read back, and what is no setting is skipped") {
  const Home home;
  const Profile profile("default");
  CHECK(profile.load_settings().relay.empty());
  profile.make_folders();
  profile.save_settings({"wss://relay.example", "/etc/ca.pem"});
  CHECK(profile.load_settings().relay == "wss://relay.example");
  CHECK(profile.load_settings().ca_file == "/etc/ca.pem");
  std::ofstream(profile.settings_file())
      << "# relay = no\n\n  \nnonsense\n relay =  ws://127.0.0.1:1 \r\ncolour = blue\n=\n";
  CHECK(profile.load_settings().relay == "ws://127.0.0.1:1");
}

TEST_CASE("a profile's name cannot lead out of its folder") {
  for (const std::string& name :
       {std::string(), std::string(".."), std::string("a/b"), std::string("/etc"), std::string("a b"),
        std::string("a.b"), std::string("\u00fc"), std::string(33, 'x')}) {
    CAPTURE(name);
    CHECK_THROWS_AS(Profile{name}, Failure);
  }
}
