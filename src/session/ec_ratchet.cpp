#include "session/ec_ratchet.hpp"

#include <anochat/base/error.hpp>
#include <anochat/framing/limits.hpp>
#include <utility>

#include "session/root_step.hpp"

namespace anochat::session {
namespace {

constexpr std::string_view kWhere = "session.decrypt";

EcChain clone(const EcChain& chain) noexcept { return {chain.key.clone(), chain.header_key.clone(), chain.next}; }

}  // namespace

void EcRatchet::step(crypto::X25519Private fresh) noexcept {
  crypto::SharedSecret dh;
  // The remote key was checked when it arrived, so this cannot fail.
  static_cast<void>(crypto::x25519(fresh, *remote, dh));
  RootStep next = root_step(root, dh);
  previous_count = sending ? sending->next : 0;
  root = std::move(next.root);
  sending = EcChain{std::move(next.chain), std::move(next_sending_header), 0};
  next_sending_header = std::move(next.next_header);
  const crypto::X25519Public public_key = crypto::x25519_public(fresh);
  own = RatchetPair{std::move(fresh), public_key};
  is_step_due = false;
}

EcReceipt EcRatchet::receive(const MessageView& message, ByteView front_and_ad, std::chrono::sys_seconds now,
                             Header& header) {
  const auto opens = [&](const HeaderKey& key) {
    const std::optional<Header> opened = open_header(message, key, front_and_ad);
    if (!opened) return false;
    if (!opened->is_in_range()) throw Error(Errc::bad_message, kWhere);
    header = *opened;
    return true;
  };
  if (receiving && opens(receiving->header_key)) return receive_on_chain(header, now);
  if (opens(next_receiving_header)) return receive_step(header, now);
  for (auto chain = kept.rbegin(); chain != kept.rend(); ++chain) {
    if (opens(chain->header_key)) return receive_kept(chain->id, header, now);
  }
  throw Error(Errc::bad_message, kWhere);
}

EcReceipt EcRatchet::receive_kept(std::uint64_t chain, const Header& header, std::chrono::sys_seconds now) const {
  const auto place = skipped.find(chain, header.n);
  if (!place || skipped.peek(*place).since < now - kSkippedKeyLifetime) throw Error(Errc::replayed, kWhere);
  EcReceipt receipt;
  receipt.message_key = skipped.peek(*place).key.clone();
  receipt.kept_place = place;
  return receipt;
}

EcReceipt EcRatchet::receive_on_chain(const Header& header, std::chrono::sys_seconds now) {
  if (header.dh != *remote) throw Error(Errc::bad_message, kWhere);
  if (header.n < receiving->next) return receive_kept(receiving_id, header, now);
  EcReceipt receipt;
  receipt.chain = clone(*receiving);
  skip(receipt.chain, receiving_id, header.n, now);
  receipt.message_key = session::step(receipt.chain.key, receipt.chain.next++);
  return receipt;
}

EcReceipt EcRatchet::receive_step(const Header& header, std::chrono::sys_seconds now) {
  crypto::SharedSecret dh;
  if ((remote && header.dh == *remote) || !own || header.dh == own->public_key ||
      !crypto::x25519(own->private_key, header.dh, dh)) {
    throw Error(Errc::bad_message, kWhere);
  }
  kept.reserve(kept.size() + 1);
  if (receiving) {
    EcChain old = clone(*receiving);
    skip(old, receiving_id, header.pn, now);
  }
  RootStep next = root_step(root, dh);
  EcReceipt receipt;
  receipt.is_step = true;
  receipt.root = std::move(next.root);
  receipt.next_header = std::move(next.next_header);
  receipt.remote = header.dh;
  receipt.chain = EcChain{std::move(next.chain), next_receiving_header.clone(), 0};
  skip(receipt.chain, receiving_id + 1, header.n, now);
  receipt.message_key = session::step(receipt.chain.key, receipt.chain.next++);
  return receipt;
}

void EcRatchet::skip(EcChain& chain, std::uint64_t id, std::uint32_t until, std::chrono::sys_seconds now) {
  if (until <= chain.next) return;
  if (until - chain.next > kMaxSkip) throw Error(Errc::gap_too_large, kWhere);
  while (chain.next < until) {
    const std::uint32_t n = chain.next++;
    skipped.append({id, n, now, session::step(chain.key, n)});
  }
}

void EcRatchet::commit(EcReceipt&& receipt) noexcept {
  skipped.commit();
  if (receipt.kept_place) {
    skipped.take(*receipt.kept_place);
    forget_empty_chains();
    return;
  }
  if (receipt.is_step) {
    if (receiving && skipped.has_chain(receiving_id)) {
      kept.push_back({receiving_id, std::move(receiving->header_key)});  // room was reserved by receive_step
    }
    root = std::move(receipt.root);
    next_receiving_header = std::move(receipt.next_header);
    remote = receipt.remote;
    is_step_due = true;
    ++receiving_id;
  }
  receiving = std::move(receipt.chain);
}

void EcRatchet::forget_empty_chains() noexcept {
  std::erase_if(kept, [this](const KeptChain& chain) { return !skipped.has_chain(chain.id); });
}

}  // namespace anochat::session
