// Clients whose stores are files: they can be closed, opened again, and set back to an older copy.
#pragma once

#include <anochat/storage/key_provider.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "support/temporary_folder.hpp"
#include "world.hpp"

namespace anochat::client::tests {

/// A client in a file, with the counter that a platform's keychain would hold.
class FileParty {
 public:
  FileParty(World& world, std::string name) : world_(world), source_(world.new_source()) {
    Client client = Client::create(Store::create(path(), key(), world.store_options(source_)), world.options(source_, std::move(name)));
    party_.emplace(std::move(client), source_);
  }
  ~FileParty() { close(); }
  FileParty(const FileParty&) = delete;
  FileParty& operator=(const FileParty&) = delete;

  Party& operator*() { return *party_; }
  Party* operator->() { return &*party_; }

  void close() {
    if (!party_) return;
    world_.disconnect(*party_);
    party_.reset();
  }
  void open(bool accept_rolled_back = false) {
    StoreOptions options = world_.store_options(source_);
    options.accept_rolled_back = accept_rolled_back;
    Client client = Client::open(Store::open(path(), key(), options), world_.options(source_));
    party_.emplace(std::move(client), source_);
  }
  void restart() {
    const bool was_online = party_ && party_->connection;
    close();
    open();
    if (was_online) world_.connect(*party_);
  }
  /// Closed: keeps or brings back a copy of all files.
  void keep_copy() { copy(folder_ / "store", folder_ / "copy"); }
  void bring_back() { copy(folder_ / "copy", folder_ / "store"); }

 private:
  [[nodiscard]] std::filesystem::path path() const {
    std::filesystem::create_directories(folder_ / "store");
    return folder_ / "store" / "client.anochat";
  }
  static void copy(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  }
  KeyProvider& key() {
    return key_.emplace(KeychainHooks{[] {
                                        ByteArray<32> bytes{};
                                        bytes.fill(7);
                                        return StoreKey(std::span<std::uint8_t, 32>(bytes));
                                      },
                                      [this] { return counter_; }, [this](std::uint64_t value) { counter_ = value; }});
  }

  World& world_;
  SeededRandom& source_;
  testing::TemporaryFolder folder_;
  std::optional<std::uint64_t> counter_;
  std::optional<CallbackKey> key_;
  std::optional<Party> party_;
};

}  // namespace anochat::client::tests
