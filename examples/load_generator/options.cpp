#include "options.hpp"

#include <charconv>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

namespace load {
namespace {

double number(const std::string& name, const std::string& text, double least, double most) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || !(value >= least && value <= most)) {
    std::ostringstream why;
    why << name << " wants a number from " << least << " to " << most;
    throw std::invalid_argument(why.str());
  }
  return value;
}

std::size_t count(const std::string& name, const std::string& text, double least, double most) {
  return static_cast<std::size_t>(number(name, text, least, most));
}

std::vector<std::size_t> counts(const std::string& name, const std::string& text, double least, double most) {
  std::vector<std::size_t> list;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one, ',');) list.push_back(count(name, one, least, most));
  if (list.empty() || list.size() > 8) throw std::invalid_argument(name + " wants one to eight numbers");
  return list;
}

}  // namespace

const char* usage() noexcept {
  return R"(usage: anochat_load_generator [options]

Measures a relay with real connections, beside a plain forwarder and, where they are installed, nats-server and
redis-server. All of them run on this machine's loopback as processes of this program and end with it.

  --seconds N       for each figure, 0.1 to 60 (default 3)
  --pairs A,B       senders with a receiver each, 1 to 256 (default 1,16)
  --sizes A,B       bytes of a message, 16 to 65536 (default 256,1024)
  --frames A,B      messages in one frame or write, 1 to 256 (default 1,64)
  --in-flight N     messages under way, 1 to 65536 (default 4096)
  --rate N          messages a second while the time to deliver is measured, 1 to 100000 (default 2000)
  --idle N          idle connections, 1 to 10000 (default 2000)
  --folder PATH     where servers keep their files (default: the system's folder for temporary files)
  --only NAME       servers whose name begins like this
  --no-peers        the relay and the forwarder only
)";
}

Options parse_options(const std::vector<std::string>& words) {
  Options options;
  using Use = std::function<void(const std::string&)>;
  const std::map<std::string, Use> known{
      {"--serve", [&](const std::string& text) { options.serve = text; }},
      {"--store", [&](const std::string& text) { options.store = text; }},
      {"--only", [&](const std::string& text) { options.only = text; }},
      {"--folder", [&](const std::string& text) { options.folder = text; }},
      {"--seconds", [&](const std::string& text) { options.seconds = number("--seconds", text, 0.1, 60); }},
      {"--pairs", [&](const std::string& text) { options.pairs = counts("--pairs", text, 1, 256); }},
      {"--sizes", [&](const std::string& text) { options.sizes = counts("--sizes", text, 16, 65'536); }},
      {"--frames", [&](const std::string& text) { options.frames = counts("--frames", text, 1, 256); }},
      {"--in-flight", [&](const std::string& text) { options.in_flight = count("--in-flight", text, 1, 65'536); }},
      {"--rate", [&](const std::string& text) { options.rate = number("--rate", text, 1, 100'000); }},
      {"--idle", [&](const std::string& text) { options.idle = count("--idle", text, 1, 10'000); }},
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--no-peers") {
      options.with_peers = false;
      continue;
    }
    const auto use = known.find(words[i]);
    if (use == known.end()) throw std::invalid_argument("unknown option " + words[i]);
    if (i + 1 == words.size()) throw std::invalid_argument(words[i] + " wants a value");
    use->second(words[++i]);
  }
  return options;
}

}  // namespace load
