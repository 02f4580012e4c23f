// main.cpp - times the session layer beside the raw primitives. Never fails on time, only on wrong behaviour.
#include "measure.hpp"
#include "primitives.hpp"
#include "report.hpp"
#include "sizes.hpp"
#include "workloads.hpp"

#include <sodium.h>

#include <charconv>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

namespace {

using namespace bench;

constexpr std::string_view kUsage =
    "usage: anochat_bench [--rounds N] [--only TEXT] [--json FILE]\n"
    "  --rounds N    how often every workload is timed (41); the medians are reported\n"
    "  --only TEXT   only workloads whose name holds TEXT, and no sizes\n"
    "  --json FILE   write the figures to FILE as well\n";

struct Options {
  std::size_t rounds = 41;
  std::string only;
  std::string json_file;
  bool is_understood = true;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--rounds") {
      const auto end = std::from_chars(value.data(), value.data() + value.size(), options.rounds).ptr;
      options.is_understood &= end == value.data() + value.size() && options.rounds > 0;
    } else if (name == "--only") {
      options.only = value;
    } else if (name == "--json") {
      options.json_file = value;
    } else {
      options.is_understood = false;
    }
    options.is_understood &= !value.empty();
  }
  return options;
}

int run(const Options& options) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium could not be initialised");
  pin_to_one_processor();
  Report report;
  report.rounds = options.rounds;
  report.primitives = {x25519(),     x25519_keygen(), ed25519_verify(150), kem_keygen(),
                       kem_encaps(), kem_decaps(),    seal(256, 116),      seal(2'048, 116),
                       kdf(),        message_keys(),  aegis_seal(2'048),   random32()};
  report.workloads = make_workloads(options.only);
  report.timings = measure(report.primitives, report.workloads, options.rounds);
  if (options.only.empty()) report.sizes = all_sizes();
  print_tables(report, std::cout);
  if (!options.json_file.empty()) {
    std::ofstream file(options.json_file);
    print_json(report, file);
    if (!file.flush()) throw std::runtime_error("cannot write " + options.json_file);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (!options.is_understood) {
    std::cerr << kUsage;
    return 2;
  }
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::cerr << "anochat_bench: " << error.what() << '\n';
    return 1;
  }
}
