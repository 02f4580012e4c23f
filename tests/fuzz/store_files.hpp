// tests/fuzz/store_files.hpp - a folder for the fuzz targets that need files, and the key of their stores.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/storage/key_provider.hpp>

#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <unistd.h>
#include <utility>

namespace anochat::fuzz {

/// Goes away with the object. In memory where there is such a place: nothing here waits for a disk.
class Folder {
 public:
  explicit Folder(const std::string& name) {
    const bool has_memory = ::access("/dev/shm", W_OK) == 0;
    path_ = has_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    path_ /= "anochat-fuzz-" + name + "-" + std::to_string(::getpid());
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

inline RawKey store_key() {
  StoreKey key;
  key.expose_mutable()[0] = 7;
  return RawKey(std::move(key));
}

inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  Bytes bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

inline void write_file(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace anochat::fuzz
