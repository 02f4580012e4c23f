#include "client/skipped_rows.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>
#include <utility>

#include "base/byte_io.hpp"

namespace anochat::client {
namespace {

template <class Vector>
void append_id(Vector& out, const SkippedKeyId& id) {
  detail::ByteWriter<Vector>(out).u8(static_cast<std::uint8_t>(id.kind)).be64(id.chain).be32(id.n);
}

SkippedKeyRecord read_row(ByteView row) {
  detail::ByteReader in(row, Errc::bad_state, "client.load_session");
  SkippedKeyRecord record;
  const std::uint8_t kind = in.u8();
  in.require(kind == 1 || kind == 2);
  record.id = {static_cast<SkippedKeyId::Kind>(kind), in.be64(), in.be32()};
  const std::uint64_t since = in.be64();
  in.require(since < std::uint64_t{1} << 40);
  record.since = std::chrono::sys_seconds(std::chrono::seconds(since));
  in.copy_to(record.key.expose_mutable());
  in.expect_end();
  return record;
}

}  // namespace

SkippedRows skipped_rows(const SkippedKeyChanges& changes) {
  SkippedRows rows;
  for (const SkippedKeyId& id : changes.removed) {
    Bytes bytes;
    append_id(bytes, id);
    storage::SkippedId& row = rows.removed.emplace_back();
    std::copy(bytes.begin(), bytes.end(), row.begin());
  }
  for (const SkippedKeyRecord& record : changes.added) {
    const bool is_gone_again =
        std::find(changes.removed.begin(), changes.removed.end(), record.id) != changes.removed.end();
    if (is_gone_again) continue;
    SecretBytes row;
    row.reserve(53);
    append_id(row, record.id);
    detail::ByteWriter<SecretBytes>(row)
        .be64(static_cast<std::uint64_t>(record.since.time_since_epoch().count()))
        .bytes(record.key.expose());
    rows.added.push_back(std::move(row));
  }
  return rows;
}

std::vector<SkippedKeyRecord> read_skipped(const std::vector<SecretBytes>& rows) {
  std::vector<SkippedKeyRecord> records;
  records.reserve(rows.size());
  for (const SecretBytes& row : rows) records.push_back(read_row(row));
  return records;
}

}  // namespace anochat::client
