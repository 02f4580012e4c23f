// Makes tests/vectors/*.json from fixed seeds: `anochat_make_vectors FOLDER`. The same seeds give the same bytes; a test
// compares them with the files in the repository, so that no change of the protocol goes unnoticed.
#include "vectors/make_vectors.hpp"

#include <anochat/base/random.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>

int main(int argc, char** argv) {
  using namespace anochat::vectors;
  if (argc != 2) {
    std::fputs("usage: anochat_make_vectors FOLDER\n", stderr);
    return 2;
  }
  try {
    const anochat::SystemRandom initialise_libsodium;
    const std::filesystem::path folder = argv[1];
    const Writer write = [&folder](std::string_view name, std::string_view about, const std::vector<Json>& cases) {
      std::ofstream out(folder / (std::string(name) + ".json"), std::ios::binary);
      out << "{\"description\": \"" << about << "\",\n \"protocol\": \"AnoChat 1 suite 1\",\n \"cases\": "
          << Json::array(cases, ",\n  ").text() << "}\n";
      if (!out.flush()) throw std::runtime_error("cannot write " + std::string(name) + ".json");
    };
    make_identity_vectors(write);
    make_handshake_vectors(write);
    make_conversation_vectors(write);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
