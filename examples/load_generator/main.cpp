// main.cpp - how many messages a relay passes on, how fast, and what a connection costs, beside other servers.
//
// docs/benchmarks.md, "Relay over sockets", says what is measured and how to read it.
#include "forwarder.hpp"
#include "nats.hpp"
#include "options.hpp"
#include "redis.hpp"
#include "relay.hpp"
#include "report.hpp"
#include "workload.hpp"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace {

using namespace load;

constexpr std::size_t kLatencyPairs = 16;

struct Contestant {
  std::string name;
  std::string program;  ///< that must be installed; empty: none
  bool has_idle = true;
  std::function<std::unique_ptr<Party>(IoContext&, const std::filesystem::path&)> make;
};

std::vector<Contestant> contestants(const Options& options) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<Contestant> list;
  for (const Kept kept : {Kept::memory, Kept::disk}) {
    list.push_back({"relay", "", kept == Kept::memory, [=](IoContext& io, const std::filesystem::path& folder) {
                      return make_relay(io, kept, self, folder);
                    }});
  }
  list.push_back(
      {"forwarder", "", true, [=](IoContext& io, const std::filesystem::path&) { return make_forwarder(io, self); }});
  if (!options.with_peers) return list;
  for (const Kept kept : {Kept::nowhere, Kept::memory, Kept::file}) {
    list.push_back({"nats", "nats-server", kept == Kept::nowhere,
                    [=](IoContext& io, const std::filesystem::path& folder) { return make_nats(io, kept, folder); }});
  }
  for (const Kept kept : {Kept::memory, Kept::disk}) {
    list.push_back({"redis", "redis-server", kept == Kept::memory,
                    [=](IoContext& io, const std::filesystem::path& folder) { return make_redis(io, kept, folder); }});
  }
  return list;
}

/// Each figure has a fresh server with empty files.
template <class Measure>
auto with_server(const Options& options, const Contestant& contestant, Measure measure) {
  const TempFolder folder(options.folder);
  IoContext io(1);
  const std::unique_ptr<Party> party = contestant.make(io, folder.path());
  return measure(io, *party);
}

PartyReport measure(const Options& options, const Contestant& contestant) {
  PartyReport report;
  with_server(options, contestant, [&](IoContext& io, Party& party) {
    report.name = party.name();
    report.kept = party.kept();
    std::fprintf(stderr, "%s, kept in: %s\n", report.name.c_str(), text_of(report.kept));
    report.latency = measure_latency(
        io, party, {options.sizes.front(), kLatencyPairs, options.rate, options.time() / 6, options.time()});
  });
  for (const std::size_t pairs : options.pairs) {
    PartyReport::Row row{pairs, {}};
    for (const std::size_t size : options.sizes) {
      for (const std::size_t frame : options.frames) {
        const Throughput work{size, frame, pairs, options.in_flight, options.time() / 6, options.time()};
        row.figures.push_back(with_server(
            options, contestant, [&](IoContext& io, Party& party) { return measure_throughput(io, party, work); }));
      }
    }
    report.rows.push_back(std::move(row));
  }
  if (!contestant.has_idle) return report;
  report.idle_bytes = with_server(options, contestant,
                                  [&](IoContext& io, Party& party) { return measure_idle(io, party, options.idle); });
  return report;
}

// Every connection is a descriptor here and one in the server, which inherits the limit.
void raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted) {
    throw std::runtime_error("so many connections need `ulimit -n " + std::to_string(wanted) + "`");
  }
}

int run(Options options) {
  if (options.folder.empty()) options.folder = std::filesystem::temp_directory_path().string();
  raise_descriptor_limit(options.idle + 1'000);
  if (!is_on_disk(options.folder)) {
    std::fprintf(stderr, "note: %s is memory, so nothing is durable; choose another with --folder\n",
                 options.folder.c_str());
  }
  std::vector<PartyReport> reports;
  for (const Contestant& contestant : contestants(options)) {
    if (contestant.name.rfind(options.only, 0) != 0) continue;
    if (!contestant.program.empty() && !is_installed(contestant.program)) {
      std::fprintf(stderr, "SKIPPED: %s is not installed (benchmarks/relay/compare.sh --install)\n",
                   contestant.program.c_str());
      continue;
    }
    reports.push_back(measure(options, contestant));
  }
  std::fputs(table(options, reports).c_str(), stdout);
  return reports.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
      std::fputs(usage(), stdout);
      return 0;
    }
    const Options options = parse_options(words);
    if (options.serve.empty()) return run(options);
    if (options.serve == "relay") {
      serve_relay(options.store);
    } else if (options.serve == "forwarder") {
      serve_forwarder();
    } else {
      throw std::invalid_argument("--serve wants relay or forwarder");
    }
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "load_generator: %s\n%s", error.what(), usage());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load_generator: %s\n", error.what());
    return 1;
  }
}
