// What a C++ program can do wrong at the C interface that a C program cannot: exceptions out of its callbacks.
#include <anochat.h>
#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() { fs::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path path = fs::temp_directory_path() / ("anochat-border-" + std::to_string(::getpid()));
};

/// A keychain with a counter; one of its functions throws.
struct Keychain {
  const char* throws = "";
  std::uint64_t counter = 0;
  bool has_counter = false;

  void visit(const char* function) const {
    if (std::strcmp(function, throws) == 0) throw std::runtime_error("the application's own");
  }
  static anochat_status load_key(void* context, std::uint8_t key[32]) {
    static_cast<Keychain*>(context)->visit("load_key");
    std::memset(key, 7, 32);
    return ANOCHAT_OK;
  }
  static anochat_status load_counter(void* context, std::uint64_t* value, std::int32_t* has_value) {
    const auto* const it = static_cast<Keychain*>(context);
    it->visit("load_counter");
    *value = it->counter;
    *has_value = it->has_counter ? 1 : 0;
    return ANOCHAT_OK;
  }
  static anochat_status save_counter(void* context, std::uint64_t value) {
    auto* const it = static_cast<Keychain*>(context);
    it->visit("save_counter");
    it->counter = value;
    it->has_counter = true;
    return ANOCHAT_OK;
  }
  anochat_key key() {
    anochat_key out{};
    out.struct_size = sizeof out;
    out.kind = ANOCHAT_KEY_CALLBACK;
    out.load_key = load_key;
    out.load_counter = load_counter;
    out.save_counter = save_counter;
    out.context = this;
    return out;
  }
};

void throwing_log(void* context, std::int32_t /*level*/, const char* /*event*/, const char* /*fields*/) {
  ++*static_cast<int*>(context);
  throw std::runtime_error("the application's own");
}

}  // namespace

TEST_CASE("an exception that leaves a callback stops at the border, and nothing is half done") {
  const Folder folder;
  const std::string path = (folder.path / "store").string();
  Keychain chain;
  const anochat_key key = chain.key();
  anochat_client* client = nullptr;
  anochat_error error{};
  error.struct_size = sizeof error;

  chain.throws = "load_key";
  CHECK(anochat_client_create(path.c_str(), path.size(), &key, nullptr, &client, &error) == ANOCHAT_E_INTERNAL);
  CHECK(error.status == ANOCHAT_E_INTERNAL);
  CHECK(std::strstr(error.text, "own") == nullptr);
  CHECK(client == nullptr);
  CHECK_FALSE(fs::exists(path));

  chain.throws = "";
  REQUIRE(anochat_client_create(path.c_str(), path.size(), &key, nullptr, &client, &error) == ANOCHAT_OK);
  REQUIRE(anochat_client_free(client, nullptr) == ANOCHAT_OK);
  for (const char* const function : {"load_key", "load_counter", "save_counter"}) {
    client = nullptr;
    chain.throws = function;
    CHECK_MESSAGE(anochat_client_open(path.c_str(), path.size(), &key, nullptr, &client, &error) == ANOCHAT_E_INTERNAL,
                  function);
    CHECK(client == nullptr);
    chain.throws = "";
    REQUIRE(anochat_client_open(path.c_str(), path.size(), &key, nullptr, &client, &error) == ANOCHAT_OK);
    REQUIRE(anochat_client_free(client, nullptr) == ANOCHAT_OK);
  }
}

TEST_CASE("a log that throws disturbs nothing") {
  int lines = 0;
  anochat_client_options options{};
  options.struct_size = sizeof options;
  options.log = throwing_log;
  options.log_context = &lines;
  anochat_client* client = nullptr;
  REQUIRE(anochat_client_create(nullptr, 0, nullptr, &options, &client, nullptr) == ANOCHAT_OK);
  CHECK(lines > 0);  // a store in memory warns
  CHECK(anochat_client_tick(client, nullptr) == ANOCHAT_OK);
  CHECK(anochat_client_free(client, nullptr) == ANOCHAT_OK);
}
