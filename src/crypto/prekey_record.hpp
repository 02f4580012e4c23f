// crypto/prekey_record.hpp - prekey records as bytes, and what their signatures cover (docs/protocol.md, section 3).
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/crypto/prekeys.hpp>

#include "base/byte_io.hpp"
#include "crypto/unix_seconds.hpp"

#include <string_view>

namespace anochat::crypto {

inline constexpr std::string_view kSignedLabel = "AnoChat/1/signed-prekey";
inline constexpr std::string_view kOneTimeLabel = "AnoChat/1/one-time-prekey";

[[nodiscard]] constexpr std::string_view label_of(KemKind kind) noexcept {
  return kind == KemKind::one_time ? "AnoChat/1/kem-one-time-prekey" : "AnoChat/1/kem-last-resort-prekey";
}

inline constexpr std::size_t kSignatureLen = 64;  ///< bytes, at the end of every record

/// All of a record but its signature.
template <std::size_t N, class Vector>
void write_unsigned(detail::ByteWriter<Vector>& out, const PreKeyRecord<N>& record) {
  out.be32(record.id).be64(to_unix_seconds(record.created)).be64(to_unix_seconds(record.expires)).bytes(record.key);
}

template <std::size_t N, class Vector>
void write_record(detail::ByteWriter<Vector>& out, const PreKeyRecord<N>& record) {
  write_unsigned(out, record);
  out.bytes(record.signature);
}

/// `encoded` has PreKeyRecord<N>::kEncodedLen bytes; nothing is checked.
template <std::size_t N>
[[nodiscard]] PreKeyRecord<N> read_record(ByteView encoded) {
  detail::ByteReader in(encoded, Errc::bad_bundle, "prekey.decode");
  PreKeyRecord<N> record;
  record.id = in.be32();
  record.created = from_unix_seconds(in.be64());
  record.expires = from_unix_seconds(in.be64());
  in.copy_to(record.key);
  in.copy_to(record.signature);
  in.expect_end();
  return record;
}

}  // namespace anochat::crypto
