// options.hpp - the command line.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct Options {
  std::string mode;
  std::string relay;
  std::string store;
  std::string key_file;
  std::string ca_file;
  std::string identity;
  std::string to;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::vector<std::string> texts;
};

inline bool set_option(Options& out, std::string_view name, std::string_view value) {
  if (name == "--port") {
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, out.port);
    return error == std::errc() && stop == end;
  }
  std::string* const place = name == "--relay"      ? &out.relay
                             : name == "--store"    ? &out.store
                             : name == "--key-file" ? &out.key_file
                             : name == "--ca-file"  ? &out.ca_file
                             : name == "--identity" ? &out.identity
                             : name == "--to"       ? &out.to
                             : name == "--address"  ? &out.address
                                                    : nullptr;
  if (place != nullptr) *place = value;
  return place != nullptr;
}

/// Nothing when the command line makes no sense.
inline std::optional<Options> read_options(int argc, char** argv) {
  if (argc < 2) return std::nullopt;
  Options out;
  out.mode = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("--")) {
      out.texts.emplace_back(word);
    } else if (++i == argc || !set_option(out, word, argv[i])) {
      return std::nullopt;
    }
  }
  const bool is_relay = out.mode == "relay" && !out.relay.empty() && !out.store.empty() && !out.key_file.empty();
  const bool is_listen = out.mode == "listen" && !out.identity.empty();
  const bool is_ask = out.mode == "ask" && !out.to.empty() && out.port != 0 && !out.texts.empty();
  return is_relay || is_listen || is_ask ? std::optional(out) : std::nullopt;
}
