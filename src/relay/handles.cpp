// Exact names of accounts that want to be found by one.
#include "relay/engine.hpp"

namespace anochat {

/// @return false when the request was refused: there is no directory, or the account asks too often
bool Relay::Engine::may_use_directory(Link& link, std::uint64_t request, std::string_view what, const Rate& rate) {
  if (services.directory == nullptr) {
    refuse(link, request, Errc::not_found);
    return false;
  }
  const Milliseconds wait = services.limiter.take(limit_key(what, {link.login->account}), rate, 1, time.now());
  if (wait.count() == 0) return true;
  ++metrics.rate_limited;
  refuse(link, request, Errc::rate_limited, wait);
  return false;
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const ClaimHandle& body) {
  if (!may_use_directory(link, request, "claim", options.handle_claims)) return;
  const auto owner = services.directory->find_handle(body.hash);
  if (owner && *owner != link.login->account) return refuse(link, request, Errc::already_exists);
  if (!services.directory->claim_handle(body.hash, link.login->account, options.handles)) {
    return refuse(link, request, Errc::quota_exceeded);
  }
  if (!owner) ++metrics.handles_claimed;
  answer(link, request, Done{});
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const ReleaseHandle& body) {
  if (!may_use_directory(link, request, "claim", options.handle_claims)) return;
  if (!services.directory->release_handle(body.hash, link.login->account)) {
    return refuse(link, request, Errc::not_found);
  }
  answer(link, request, Done{});
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const FindHandle& body) {
  if (!may_use_directory(link, request, "find", options.handle_lookups)) return;
  ++metrics.handle_lookups;
  answer(link, request, FoundHandle{services.directory->find_handle(body.hash)});
}

}  // namespace anochat
