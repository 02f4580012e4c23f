// A program outside the tree, as a user would write it: it is built and run against the installed package.
#include <anochat/anochat.hpp>
#include <cstdio>
#include <string>

int main() {
  const anochat::Bytes hello = anochat::to_bytes("hello");
  const std::string hex = anochat::to_hex(hello);
  if (hex != "68656c6c6f" || anochat::from_hex(hex) != hello) return 1;

  anochat::SystemRandom random;  // libsodium is linked and works
  if (random.array<32>() == random.array<32>()) return 1;

  try {
    throw anochat::Error(anochat::Errc::bad_message, "consumer");
  } catch (const anochat::Error& error) {
    if (error.code() != anochat::Errc::bad_message) return 1;
  }
  std::printf("anochat %s\n", std::string(anochat::kVersion).c_str());
  return 0;
}
