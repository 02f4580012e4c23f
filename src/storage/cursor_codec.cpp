#include "storage/cursor_codec.hpp"

#include <anochat/base/error.hpp>
#include <sodium.h>
#include <algorithm>

#include "base/byte_io.hpp"

namespace anochat::storage::detail {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kBody = 28;
constexpr std::size_t kCheck = 8;
constexpr std::string_view kWhere = "storage.cursor";

void write_check(ByteView body, MutableByteView out) {
  ByteArray<crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), body.data(), body.size(), nullptr, 0);
  std::copy_n(hash.begin(), kCheck, out.begin());
}

}  // namespace

Cursor encode_cursor(CursorKind kind, const CursorValue& value) {
  ByteArray<kBody + kCheck> bytes{};
  bytes[0] = kVersion;
  bytes[1] = static_cast<std::uint8_t>(kind);
  const MutableByteView out(bytes);
  store_be(out, 4, static_cast<std::uint64_t>(value.a));
  store_be(out, 12, static_cast<std::uint64_t>(value.b));
  store_be(out, 20, static_cast<std::uint64_t>(value.c));
  write_check(ByteView(bytes).first(kBody), out.last(kCheck));
  return to_hex(bytes);
}

CursorValue decode_cursor(CursorKind kind, const Cursor& text) {
  if (text.size() != 2 * (kBody + kCheck)) throw Error(Errc::invalid_argument, kWhere);
  const auto bytes = from_hex(text);
  if (!bytes || (*bytes)[0] != kVersion || (*bytes)[1] != static_cast<std::uint8_t>(kind)) {
    throw Error(Errc::invalid_argument, kWhere);
  }
  const ByteView view(*bytes);
  ByteArray<kCheck> check{};
  write_check(view.first(kBody), check);
  if (!std::ranges::equal(check, view.last(kCheck))) throw Error(Errc::invalid_argument, kWhere);
  return {load_be<std::int64_t>(view, 4), load_be<std::int64_t>(view, 12), load_be<std::int64_t>(view, 20)};
}

void require_limit(int limit, int most) {
  if (limit < 1 || limit > most) throw Error(Errc::invalid_argument, "storage.limit");
}

}  // namespace anochat::storage::detail
