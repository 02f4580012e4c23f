// Keys that pass through the encoding leave no copy in freed memory, and nothing is left unfreed. Every block that this
// program frees is looked into.
#include <anochat/base/error.hpp>
#include <anochat/framing/content.hpp>

#include "content_examples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>

using namespace anochat;
using namespace anochat::testing;

namespace {

bool is_watching = false;
std::size_t made = 0;   // blocks
std::size_t freed = 0;  // blocks
std::size_t found = 0;  // of them with a piece of the key

constexpr std::array<std::uint8_t, 8> kPiece{0x5e, 0xc2, 0xe7, 0x11, 0x5e, 0xc2, 0xe7, 0x22};

Bytes secret_key() {
  Bytes key;
  for (int i = 0; i < 4; ++i) key.insert(key.end(), kPiece.begin(), kPiece.end());
  return key;
}

void look_into(void* block) noexcept {
  if (!is_watching || block == nullptr) return;
  ++freed;
  const auto* const bytes = static_cast<const std::uint8_t*>(block);
  const auto* const end = bytes + malloc_usable_size(block);
  if (std::search(bytes, end, kPiece.begin(), kPiece.end()) != end) ++found;
}

template <class Action>
void watch(Action action) {
  made = freed = found = 0;
  is_watching = true;
  action();
  is_watching = false;
}

}  // namespace

// Zeroed, so that nothing is found which an earlier owner left behind.
void* operator new(std::size_t size) {
  if (is_watching) ++made;
  if (void* const block = std::calloc(1, size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  look_into(block);
  std::free(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept { operator delete(block); }

TEST_CASE("the search for keys in freed memory finds one") {
  const Bytes key = secret_key();
  watch([&key] { const Bytes copy = key; });
  CHECK(freed == 1);
  CHECK(found == 1);
}

TEST_CASE("the key of a file leaves no copy in freed memory") {
  const Bytes key = secret_key();
  const Bytes wire =
      common_wire()
          .message(21, Wire().text(1, "blob").bytes(3, filled(32, 0x80)).bytes(4, key).text(11, "caption"))
          .get();
  watch([&wire] {
    const Content content = decode_content(wire);
    const SecretBytes again = encode_content(content);
    is_watching = is_watching && again.size() == wire.size();
  });
  CHECK(freed > 4);
  CHECK(found == 0);

  // Nor when it is refused half-way: the name comes after the key.
  const Bytes refused =
      common_wire().message(21, Wire().text(1, "b").bytes(3, filled(32, 1)).bytes(4, key).text(6, "/")).get();
  watch([&refused] { CHECK_THROWS_AS(static_cast<void>(decode_content(refused)), Error); });
  CHECK(freed > 4);
  CHECK(found == 0);
}

TEST_CASE("a copy for own devices leaves no copy in freed memory") {
  const Bytes wire = common_wire().message(29, Wire().text(1, "to").bytes(2, secret_key())).get();
  watch([&wire] { const SecretBytes again = encode_content(decode_content(wire)); });
  CHECK(freed > 4);
  CHECK(found == 0);
}

TEST_CASE("what decoding and encoding take from memory they give back") {
  const std::vector<ContentExample> examples = content_examples();
  for (const ContentExample& example : examples) {
    watch([&example] { const SecretBytes again = encode_content(decode_content(example.wire.get())); });
    CHECK(made > 1);
    CHECK(freed == made);
  }
  // Also what is refused: a text that is too long for a text, but not for its string.
  const Bytes refused = common_wire().message(16, Wire().text(1, std::string(kMaxTextLen + 1, 'x'))).get();
  bool is_refused = false;
  watch([&] {
    try {
      static_cast<void>(decode_content(refused));
    } catch (const Error&) {
      is_refused = true;
    }
  });
  CHECK(is_refused);
  CHECK(made > 1);
  CHECK(freed == made);
}

#endif
