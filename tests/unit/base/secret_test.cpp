#include <anochat/base/secret.hpp>
#include <doctest/doctest.h>
#include <cstdlib>
#include <new>
#include <sstream>
#include <type_traits>
#include <utility>

using namespace anochat;

namespace {

using RootKey = Secret<struct RootKeyRole, 32>;
using ChainKey = Secret<struct ChainKeyRole, 32>;

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };

static_assert(!std::is_copy_constructible_v<RootKey> && !std::is_copy_assignable_v<RootKey>);
static_assert(std::is_nothrow_move_constructible_v<RootKey> && std::is_nothrow_move_assignable_v<RootKey>);
static_assert(!std::is_convertible_v<RootKey, ChainKey> && !std::is_assignable_v<ChainKey&, RootKey>);
static_assert(!Printable<RootKey> && !Comparable<RootKey>);

RootKey key_of(std::uint8_t fill) {
  ByteArray<32> bytes;
  bytes.fill(fill);
  return RootKey(std::span<std::uint8_t, 32>(bytes));
}

bool is_all(ByteView bytes, std::uint8_t value) {
  for (const std::uint8_t byte : bytes) {
    if (byte != value) return false;
  }
  return true;
}

// The block that the test below watches is looked at in the moment in which it is freed: later would be undefined.
const void* watched = nullptr;
bool was_wiped = false;

void look_and_free(void* block) noexcept {
  if (block != nullptr && block == watched) {
    watched = nullptr;
    was_wiped = is_all({static_cast<const std::uint8_t*>(block), 48}, 0);
  }
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { look_and_free(block); }
void operator delete(void* block, std::size_t /*size*/) noexcept { look_and_free(block); }

TEST_CASE("a secret takes its source over and wipes it") {
  ByteArray<32> source;
  source.fill(7);
  const RootKey key{std::span<std::uint8_t, 32>(source)};
  CHECK(is_all(source, 0));
  CHECK(is_all(key.expose(), 7));
}

TEST_CASE("a moved-from secret is wiped") {
  RootKey first = key_of(1);
  RootKey second = std::move(first);
  CHECK(is_all(first.expose(), 0));  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(is_all(second.expose(), 1));
  RootKey third = key_of(3);
  third = std::move(second);
  CHECK(is_all(second.expose(), 0));  // NOLINT(bugprone-use-after-move)
  CHECK(is_all(third.expose(), 1));
}

TEST_CASE("a destroyed secret leaves nothing behind") {
  alignas(RootKey) std::uint8_t storage[sizeof(RootKey)];
  auto* key = new (storage) RootKey(key_of(9));
  CHECK(is_all(storage, 9));
  key->~RootKey();
  CHECK(is_all(storage, 0));
}

TEST_CASE("a growing secret vector wipes the block it leaves") {
  SecretBytes bytes(48, 0x5a);
  watched = bytes.data();
  bytes.resize(4096, 0x5a);
  CHECK(watched == nullptr);  // the block was given back
  CHECK(was_wiped);
  CHECK(is_all(bytes, 0x5a));
}
