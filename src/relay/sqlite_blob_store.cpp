#include <anochat/relay/blob_store.hpp>

#include "relay/blob_rules.hpp"
#include "relay/database.hpp"

namespace anochat {
namespace {

using relay::BlobHead;
using relay::BlobUse;
using relay::Query;

constexpr std::uint32_t kApplication = 0x416e5262;  // "AnRb"

// A piece is what one append brought; `start` is its offset in the blob.
constexpr const char* kSchema = R"(
CREATE TABLE blobs(
  id BLOB PRIMARY KEY,
  write_hash BLOB NOT NULL,
  read_hash BLOB NOT NULL,
  size INTEGER NOT NULL,
  received INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX blobs_by_expiry ON blobs(expires);
CREATE TABLE pieces(
  blob BLOB NOT NULL,
  start INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE(blob, start)
) STRICT;
)";

}  // namespace

struct SqliteBlobStore::State {
  State(const std::string& path, Random& with_random, BlobLimits with_limits)
      : database(path, kApplication, kSchema), random(with_random), limits(with_limits) {
    Query query = database.read("SELECT ifnull(sum(size), 0) FROM blobs");
    if (query.step()) total = query.as<std::uint64_t>(0);
  }

  relay::Database database;
  Random& random;
  BlobLimits limits;
  std::uint64_t total = 0;

  /// All of it is durable, or nothing has changed.
  template <class Change>
  void change(Change make) {
    try {
      make();
      database.commit();
    } catch (...) {
      database.roll_back();
      throw;
    }
  }
  BlobHead authorised(const BlobId& id, BlobUse use, const BlobCapability& shown, UnixTime now) {
    std::optional<BlobHead> head;
    Query query = database.read("SELECT write_hash, read_hash, size, received, expires FROM blobs WHERE id = ?");
    if (query.bind(id).step()) {
      head = BlobHead{query.array<32>(0), query.array<32>(1), query.as<std::uint64_t>(2), query.as<std::uint64_t>(3),
                      UnixTime{Milliseconds{query.i64(4)}}};
    }
    relay::check_capability(head, use, shown, now);
    return *head;
  }
  void erase(const BlobId& id) {
    database.write("DELETE FROM pieces WHERE blob = ?").bind(id).run();
    database.write("DELETE FROM blobs WHERE id = ?").bind(id).run();
  }
};

SqliteBlobStore::SqliteBlobStore(const std::string& path, Random& random, BlobLimits limits)
    : state_(std::make_unique<State>(path, random, limits)) {
  relay::prepare();
}
SqliteBlobStore::~SqliteBlobStore() = default;

BlobTicket SqliteBlobStore::begin(std::uint64_t size, std::chrono::hours lifetime, UnixTime now) {
  relay::check_begin(size, state_->total, state_->limits);
  const BlobTicket ticket = relay::make_ticket(state_->random);
  const BlobHead head = relay::make_head(ticket, size, lifetime, now, state_->limits);
  state_->change([&] {
    state_->database
        .write("INSERT INTO blobs(id, write_hash, read_hash, size, received, expires) VALUES(?, ?, ?, ?, 0, ?)")
        .bind(ticket.id, head.write, head.read, head.size, head.expires.time_since_epoch().count())
        .run();
  });
  state_->total += size;
  return ticket;
}

std::uint64_t SqliteBlobStore::append(const BlobId& id, const BlobCapability& write, std::uint64_t offset,
                                      ByteView bytes, UnixTime now) {
  const BlobHead head = state_->authorised(id, BlobUse::write, write, now);
  const ByteView fresh = relay::new_part(head, offset, bytes, state_->limits);
  if (fresh.empty()) return head.received;
  const std::uint64_t received = head.received + fresh.size();
  state_->change([&] {
    state_->database.write("INSERT INTO pieces(blob, start, bytes) VALUES(?, ?, ?)")
        .bind(id, head.received, fresh)
        .run();
    state_->database.write("UPDATE blobs SET received = ? WHERE id = ?").bind(received, id).run();
  });
  return received;
}

std::uint64_t SqliteBlobStore::status(const BlobId& id, const BlobCapability& write, UnixTime now) {
  return state_->authorised(id, BlobUse::write, write, now).received;
}

Bytes SqliteBlobStore::read(const BlobId& id, const BlobCapability& read, std::uint64_t offset, std::size_t size,
                            UnixTime now) {
  const BlobHead head = state_->authorised(id, BlobUse::read, read, now);
  const std::size_t len = relay::range_len(head, offset, size, state_->limits);
  Bytes range;
  range.reserve(len);
  if (len == 0) return range;
  // From the piece that the offset lies in.
  Query query = state_->database.read(
      "SELECT start, bytes FROM pieces WHERE blob = ?1 AND start < ?3 AND start >= "
      "(SELECT max(start) FROM pieces WHERE blob = ?1 AND start <= ?2) ORDER BY start");
  query.bind(id, offset, offset + len);
  while (range.size() < len && query.step()) {
    ByteView piece = query.view(1);
    const std::uint64_t skipped = offset + range.size() - query.as<std::uint64_t>(0);
    if (skipped >= piece.size()) throw Error(Errc::store_corrupt, "relay_blobs.read");
    piece = piece.subspan(static_cast<std::size_t>(skipped));
    piece = piece.first(std::min(piece.size(), len - range.size()));
    range.insert(range.end(), piece.begin(), piece.end());
  }
  if (range.size() != len) throw Error(Errc::store_corrupt, "relay_blobs.read");
  return range;
}

void SqliteBlobStore::remove(const BlobId& id, const BlobCapability& write, UnixTime now) {
  const BlobHead head = state_->authorised(id, BlobUse::write, write, now);
  state_->change([&] { state_->erase(id); });
  state_->total -= head.size;
}

std::size_t SqliteBlobStore::expire(UnixTime now) {
  std::vector<BlobId> due;
  std::uint64_t bytes = 0;
  {
    Query query = state_->database.read("SELECT id, size FROM blobs WHERE expires <= ?");
    query.bind(now.time_since_epoch().count());
    for (; query.step(); bytes += query.as<std::uint64_t>(1)) due.push_back(query.array<16>(0));
  }
  state_->change([&] {
    for (const BlobId& id : due) state_->erase(id);
  });
  state_->total -= bytes;
  return due.size();
}

std::uint64_t SqliteBlobStore::total_bytes() { return state_->total; }

}  // namespace anochat
