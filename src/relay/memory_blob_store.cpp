#include <anochat/relay/blob_store.hpp>

#include "relay/blob_rules.hpp"

#include <map>

namespace anochat {

using relay::BlobHead;
using relay::BlobUse;

struct MemoryBlobStore::State {
  struct Blob {
    BlobHead head;
    Bytes bytes;
  };
  Random& random;
  BlobLimits limits;
  std::map<BlobId, Blob> blobs;
  std::uint64_t total = 0;

  Blob& authorised(const BlobId& id, BlobUse use, const BlobCapability& shown, UnixTime now) {
    const auto found = blobs.find(id);
    const auto head = found == blobs.end() ? std::nullopt : std::optional(found->second.head);
    relay::check_capability(head, use, shown, now);
    return found->second;
  }
};

MemoryBlobStore::MemoryBlobStore(Random& random, BlobLimits limits)
    : state_(std::make_unique<State>(State{random, limits, {}, 0})) {
  relay::prepare();
}
MemoryBlobStore::~MemoryBlobStore() = default;

BlobTicket MemoryBlobStore::begin(std::uint64_t size, std::chrono::hours lifetime, UnixTime now) {
  relay::check_begin(size, state_->total, state_->limits);
  const BlobTicket ticket = relay::make_ticket(state_->random);
  state_->blobs[ticket.id] = {relay::make_head(ticket, size, lifetime, now, state_->limits), {}};
  state_->total += size;
  return ticket;
}

std::uint64_t MemoryBlobStore::append(const BlobId& id, const BlobCapability& write, std::uint64_t offset,
                                      ByteView bytes, UnixTime now) {
  State::Blob& blob = state_->authorised(id, BlobUse::write, write, now);
  const ByteView fresh = relay::new_part(blob.head, offset, bytes, state_->limits);
  blob.bytes.insert(blob.bytes.end(), fresh.begin(), fresh.end());
  return blob.head.received = blob.bytes.size();
}

std::uint64_t MemoryBlobStore::status(const BlobId& id, const BlobCapability& write, UnixTime now) {
  return state_->authorised(id, BlobUse::write, write, now).head.received;
}

Bytes MemoryBlobStore::read(const BlobId& id, const BlobCapability& read, std::uint64_t offset, std::size_t size,
                            UnixTime now) {
  const State::Blob& blob = state_->authorised(id, BlobUse::read, read, now);
  const std::size_t len = relay::range_len(blob.head, offset, size, state_->limits);
  if (len == 0) return {};
  const ByteView range = ByteView(blob.bytes).subspan(static_cast<std::size_t>(offset), len);
  return {range.begin(), range.end()};
}

void MemoryBlobStore::remove(const BlobId& id, const BlobCapability& write, UnixTime now) {
  state_->total -= state_->authorised(id, BlobUse::write, write, now).head.size;
  state_->blobs.erase(id);
}

std::size_t MemoryBlobStore::expire(UnixTime now) {
  return std::erase_if(state_->blobs, [&](const auto& entry) {
    if (now < entry.second.head.expires) return false;
    state_->total -= entry.second.head.size;
    return true;
  });
}

std::uint64_t MemoryBlobStore::total_bytes() { return state_->total; }

}  // namespace anochat
