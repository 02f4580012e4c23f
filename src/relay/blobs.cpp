// Sealed files, for who shows their capability.
#include "relay/engine.hpp"

namespace anochat {
namespace {

/// What is wrong with the request stays wrong; what is wrong with the place behind it may pass.
Milliseconds retry_after(Errc code) {
  const bool may_pass = code == Errc::io_failed || code == Errc::disk_full || code == Errc::store_busy;
  return may_pass ? Milliseconds(1'000) : Milliseconds(0);
}

}  // namespace

/// A file that fails takes nothing else with it: its store is not part of the group.
template <class Work>
void Relay::Engine::with_blobs(Link& link, std::uint64_t request, std::size_t bytes, Work work) {
  if (services.blobs == nullptr) return refuse(link, request, Errc::not_found);
  const UnixTime now = time.now();
  const Milliseconds wait = link.blob_bytes.take(options.blob_bytes, static_cast<double>(bytes), now);
  if (wait.count() > 0) {
    ++metrics.rate_limited;
    return refuse(link, request, Errc::rate_limited, wait);
  }
  try {
    say(link, request, work(*services.blobs, now), /*waits=*/false);
    link.has_submitted = true;
  } catch (const Error& error) {
    if (error.code() == Errc::unauthorised) ++metrics.unauthorised;
    refuse(link, request, error.code(), retry_after(error.code()));
  }
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const BeginBlob& body) {
  const Milliseconds wait = services.limiter.take(limit_key("blob", {link.login->account}), options.account_blob_bytes,
                                                  static_cast<double>(body.size), time.now());
  if (wait.count() > 0) {
    ++metrics.rate_limited;
    const bool can_pass = static_cast<double>(body.size) <= options.account_blob_bytes.burst;
    return refuse(link, request, can_pass ? Errc::rate_limited : Errc::too_large, can_pass ? wait : Milliseconds(0));
  }
  with_blobs(link, request, 0, [&](BlobStore& blobs, UnixTime now) {
    const BlobTicket ticket = blobs.begin(body.size, std::chrono::hours(body.lifetime_hours), now);
    ++metrics.blobs_begun;
    return BlobBegun{ticket.id, ticket.write, ticket.read};
  });
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const AppendBlob& body) {
  with_blobs(link, request, body.part.size(), [&](BlobStore& blobs, UnixTime now) {
    return BlobStatus{blobs.append(body.id, body.write, body.offset, body.part, now)};
  });
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const AskBlob& body) {
  with_blobs(link, request, 0,
             [&](BlobStore& blobs, UnixTime now) { return BlobStatus{blobs.status(body.id, body.write, now)}; });
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const ReadBlob& body) {
  with_blobs(link, request, body.size, [&](BlobStore& blobs, UnixTime now) {
    return BlobPart{blobs.read(body.id, body.read, body.offset, body.size, now)};
  });
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const RemoveBlob& body) {
  with_blobs(link, request, 0, [&](BlobStore& blobs, UnixTime now) {
    blobs.remove(body.id, body.write, now);
    return Done{};
  });
}

}  // namespace anochat
