// A host program that links the system's libsodium, of whatever version, beside ours: each calls its own.
#include <anochat/anochat.hpp>
#include <cstdio>

extern "C" int sodium_init(void);
extern "C" const char* sodium_version_string(void);
extern "C" void randombytes_buf(void* buffer, std::size_t size);

int main() {
  if (sodium_init() < 0) return 1;
  anochat::SystemRandom random;
  const auto ours = random.array<32>();
  anochat::ByteArray<32> theirs{};
  randombytes_buf(theirs.data(), theirs.size());
  if (ours == theirs) return 1;
  std::printf("the host's libsodium is %s\n", sodium_version_string());
  return 0;
}
