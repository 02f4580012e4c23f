// The saved form of skipped keys: records of their own, so that saving one message never rewrites them all.
#include <anochat/base/error.hpp>
#include <anochat/framing/limits.hpp>
#include <algorithm>
#include <utility>

#include "base/byte_io.hpp"
#include "session/session_state.hpp"

namespace anochat {
namespace {

using namespace session;

constexpr std::string_view kWhere = "session.load";

template <class Key>
SkippedKeyId id_of(SkippedKeyId::Kind kind, const SkippedKey<Key>& key) noexcept {
  return {kind, key.chain, key.n};
}
SkippedKeyId id_of(const SkippedKey<EcMessageKey>& key) noexcept { return id_of(SkippedKeyId::Kind::ec, key); }
SkippedKeyId id_of(const SkippedKey<PqMessageKey>& key) noexcept { return id_of(SkippedKeyId::Kind::pq, key); }

template <class To, class From>
To copy_key(const From& from) noexcept {
  To to;
  std::copy(from.expose().begin(), from.expose().end(), to.expose_mutable().begin());
  return to;
}

template <class Key>
SkippedKeyRecord record_of(const SkippedKey<Key>& key) noexcept {
  return {id_of(key), key.since, copy_key<SkippedMessageKey>(key.key)};
}

template <class Key>
void add_all(SkippedKeys<Key>& skipped, std::vector<SkippedKeyRecord>::iterator first,
             std::vector<SkippedKeyRecord>::iterator last) {
  if (static_cast<std::size_t>(last - first) > kMaxSkippedKeys) throw Error(Errc::bad_state, kWhere);
  skipped.reserve(static_cast<std::size_t>(last - first));
  skipped.begin();
  for (; first != last; ++first) skipped.append({first->id.chain, first->id.n, first->since, copy_key<Key>(first->key)});
  skipped.commit();
}

void append(SecretBytes& out, const SkippedKeyRecord& record) {
  detail::ByteWriter<SecretBytes>(out)
      .u8(static_cast<std::uint8_t>(record.id.kind))
      .be64(record.id.chain)
      .be32(record.id.n)
      .be64(static_cast<std::uint64_t>(record.since.time_since_epoch().count()))
      .bytes(record.key.expose());
}

}  // namespace

SkippedKeyRecord session::decode_skipped(ByteView encoded) {
  detail::ByteReader in(encoded, Errc::bad_state, kWhere);
  SkippedKeyRecord record;
  const std::uint8_t kind = in.u8();
  record.id = {static_cast<SkippedKeyId::Kind>(kind), in.be64(), in.be32()};
  const std::uint64_t since = in.be64();
  in.copy_to(record.key.expose_mutable());
  in.expect_end();
  in.require((kind == 1 || kind == 2) && since < std::uint64_t{1} << 40);
  record.since = std::chrono::sys_seconds(std::chrono::seconds(since));
  return record;
}

SkippedKeyChanges Session::State::plan_changes(const EcReceipt& from_ec, const PqReceipt& from_pq, std::chrono::sys_seconds now) const {
  SkippedKeyChanges planned;
  const std::size_t used = (from_ec.kept_place ? 1U : 0U) + (from_pq.kept_place ? 1U : 0U);
  planned.added.reserve(ec.skipped.appended() + pq.skipped.appended());
  planned.removed.reserve(used + ec.prunable(now) + pq.prunable(now));
  ec.skipped.for_each_appended([&](const auto& entry) { planned.added.push_back(record_of(entry)); });
  pq.skipped.for_each_appended([&](const auto& entry) { planned.added.push_back(record_of(entry)); });
  if (from_ec.kept_place) planned.removed.push_back(id_of(ec.skipped.peek(*from_ec.kept_place)));
  if (from_pq.kept_place) planned.removed.push_back(id_of(pq.skipped.peek(*from_pq.kept_place)));
  return planned;
}

void Session::State::prune(std::chrono::sys_seconds now) noexcept {
  // plan_changes() made room, so nothing here allocates.
  ec.prune(now, [this](const auto& entry) { changes.removed.push_back(id_of(entry)); });
  pq.prune(now, [this](const auto& entry) { changes.removed.push_back(id_of(entry)); });
}

void Session::State::encode_skipped(SecretBytes& out) const {
  ec.skipped.for_each([&out](const auto& entry) { append(out, record_of(entry)); });
  pq.skipped.for_each([&out](const auto& entry) { append(out, record_of(entry)); });
}

void Session::State::take_skipped(std::vector<SkippedKeyRecord> records) {
  const auto require = [](bool condition) {
    if (!condition) throw Error(Errc::bad_state, kWhere);
  };
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < records.size(); ++i) {
    const SkippedKeyId& key = records[i].id;
    require(key.n < kCounterEnd && (i == 0 || records[i - 1].id != key));
    if (key.kind == SkippedKeyId::Kind::pq) {
      require(key.n != 0 && pq.chains.is_past(key.chain, key.n + 1));  // the last one derived was for a message
      continue;
    }
    const bool is_kept = std::any_of(ec.kept.begin(), ec.kept.end(), [&key](const KeptChain& chain) { return chain.id == key.chain; });
    require(is_kept || (key.chain == ec.receiving_id && ec.receiving && key.n < ec.receiving->next));
  }
  const auto first_pq = std::find_if(records.begin(), records.end(), [](const auto& r) { return r.id.kind == SkippedKeyId::Kind::pq; });
  add_all(ec.skipped, records.begin(), first_pq);
  add_all(pq.skipped, first_pq, records.end());
  ec.forget_empty_chains();
}

}  // namespace anochat
