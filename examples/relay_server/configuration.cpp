#include "configuration.hpp"

#include <toml++/toml.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <string_view>
#include <type_traits>
#include <utility>

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

[[noreturn]] void fail(const std::string& key, const std::string& expected) {
  throw BadConfiguration(key + ": expected " + expected);
}

/// One [section]. Keys are taken out as they are read; what is left at the end is a mistake.
class Section {
 public:
  Section(toml::table& file, std::string name) : name_(std::move(name)) {
    const toml::node* found = file.get(name_);
    if (found == nullptr) return;
    if (!found->is_table()) fail(name_, "a section");
    table_ = *found->as_table();
    file.erase(name_);
  }
  void finish() const {
    if (!table_.empty()) throw BadConfiguration(where(std::string(table_.begin()->first.str())) + ": there is no such key");
  }

  void read(const char* key, std::string& out) {
    take(key, [&](const toml::node& node) {
      if (!node.is_string()) fail(where(key), "a text in quotes");
      out = node.as_string()->get();
    });
  }
  void read(const char* key, bool& out) {
    take(key, [&](const toml::node& node) {
      if (!node.is_boolean()) fail(where(key), "true or false");
      out = node.as_boolean()->get();
    });
  }
  template <class Number>
  requires std::is_unsigned_v<Number>
  void read(const char* key, Number& out) {
    take(key, [&](const toml::node& node) {
      const auto value = node.value_exact<std::int64_t>().value_or(-1);
      if (value < 0 || !std::in_range<Number>(value)) fail(where(key), "a whole number that is not negative");
      out = static_cast<Number>(value);
    });
  }
  template <class Rep, class Period>
  void read(const char* key, std::chrono::duration<Rep, Period>& out) {
    take(key, [&](const toml::node& node) { out = duration_cast<std::decay_t<decltype(out)>>(duration(key, node)); });
  }
  /// [how many at once, how many a second]
  void read(const char* key, anochat::Rate& out) {
    take(key, [&](const toml::node& node) {
      const toml::array* pair = node.as_array();
      if (pair == nullptr || pair->size() != 2) fail(where(key), "[at once, per second]");
      const double burst = pair->get(0)->value<double>().value_or(0);
      const double per_second = pair->get(1)->value<double>().value_or(0);
      if (!(burst >= 1 && per_second > 0 && burst < 1e15 && per_second < 1e15)) {
        fail(where(key), "[at once, per second], both above 0");
      }
      out = {burst, per_second};
    });
  }
  template <class Value>
  void read(const char* key, Value& out, std::initializer_list<std::pair<std::string_view, Value>> words) {
    std::string word;
    read(key, word);
    if (word.empty()) return;
    std::string known;
    for (const auto& [name, value] : words) {
      if (name == word) {
        out = value;
        return;
      }
      known += (known.empty() ? "\"" : ", \"") + std::string(name) + "\"";
    }
    fail(where(key), "one of " + known);
  }

 private:
  [[nodiscard]] std::string where(const std::string& key) const { return name_ + "." + key; }

  template <class Use>
  void take(const char* key, Use use) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    use(*node);
    table_.erase(key);
  }
  /// "250ms", "30s", "5m", "72h" or "31d"
  [[nodiscard]] milliseconds duration(const char* key, const toml::node& node) const {
    const std::string text = node.value_exact<std::string>().value_or("");
    std::size_t end = 0;
    unsigned long long count = 0;
    try {
      if (!text.empty() && text[0] >= '0' && text[0] <= '9') count = std::stoull(text, &end);
    } catch (const std::out_of_range&) {
      end = 0;
    }
    const std::string unit = text.substr(end);
    const std::pair<const char*, unsigned long long> units[] = {
        {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
    for (const auto& [name, factor] : units) {
      constexpr unsigned long long kMost = 100ULL * 365 * 86'400'000;  // a hundred years
      if (end > 0 && unit == name && count <= kMost / factor) return milliseconds(count * factor);
    }
    fail(where(key), "a time such as \"250ms\", \"30s\", \"5m\", \"72h\" or \"31d\"");
  }

  std::string name_;
  toml::table table_;
};

void read_server(Section section, anochat::RelayServerOptions& out) {
  section.read("address", out.listen.address);
  section.read("port", out.listen.port);
  section.read("certificate", out.listen.certificate_file);
  section.read("key", out.listen.key_file);
  section.read("allow_plain", out.allow_plain);
  using anochat::MetricsAccess;
  section.read("metrics", out.metrics,
               {{"nobody", MetricsAccess::nobody},
                {"loopback", MetricsAccess::loopback},
                {"everybody", MetricsAccess::everybody}});
  section.finish();
}

void read_relay(Section section, anochat::RelayOptions& out) {
  section.read("name", out.name);
  section.read("registration_open", out.registration_open);
  section.read("anonymous_submission", out.anonymous_submission);
  section.finish();
}

void read_store(Section section, anochat::RelayServerOptions& out) {
  section.read("file", out.store_file);
  section.read("files", out.blob_file);
  section.read("files_total_bytes", out.blob_limits.total_bytes);
  section.read("file_bytes", out.blob_limits.blob_bytes);
  section.read("mailbox_envelopes", out.relay.mailbox.envelopes);
  section.read("mailbox_bytes", out.relay.mailbox.bytes);
  section.read("lifetime", out.relay.lifetime);
  section.finish();
}

void read_limits(Section section, anochat::RelayServerOptions& out) {
  anochat::RelayOptions& relay = out.relay;
  section.read("connections", relay.connections);
  section.read("handshakes", out.listen.handshakes);
  section.read("handshake_deadline", out.listen.handshake_deadline);
  section.read("login_deadline", relay.login_deadline);
  section.read("idle_deadline", relay.idle_deadline);
  section.read("frames", relay.frames);
  section.read("bytes", relay.bytes);
  section.read("submissions", relay.submissions);
  section.read("account_submissions", relay.account_submissions);
  section.read("address_connections", relay.address_connections);
  section.read("address_registrations", relay.address_registrations);
  section.read("logins", relay.logins);
  section.finish();
}

void read_drain(Section section, Configuration& out) {
  section.read("come_back", out.come_back);
  section.read("deadline", out.drain_deadline);
  section.finish();
}

void read_log(Section section, Configuration& out) {
  using anochat::LogLevel;
  section.read("level", out.log_level,
               {{"debug", LogLevel::debug},
                {"info", LogLevel::info},
                {"warning", LogLevel::warning},
                {"error", LogLevel::error}});
  section.finish();
}

template <class Parse>
void read_all(Parse parse, const std::string& name, Configuration& out) {
  toml::table file;
  try {
    file = parse();
  } catch (const toml::parse_error& error) {
    std::ostringstream text;
    text << name << ":" << error.source().begin.line << ": " << error.description();
    throw BadConfiguration(text.str());
  }
  try {
    read_server({file, "server"}, out.server);
    read_relay({file, "relay"}, out.server.relay);
    read_store({file, "store"}, out.server);
    read_limits({file, "limits"}, out.server);
    read_drain({file, "drain"}, out);
    read_log({file, "log"}, out);
    if (!file.empty()) throw BadConfiguration(std::string(file.begin()->first.str()) + ": there is no such section");
  } catch (const BadConfiguration& error) {
    throw BadConfiguration(name + ": " + error.what());
  }
}

}  // namespace

void read_configuration(const std::string& path, Configuration& out) {
  read_all([&] { return toml::parse_file(path); }, path, out);
}

void read_configuration_text(std::string_view text, const std::string& name, Configuration& out) {
  read_all([&] { return toml::parse(text); }, name, out);
}
