// The saved form of skipped keys: records of their own, so that saving one message never rewrites them all.
#include <anochat/base/error.hpp>
#include <algorithm>
#include <utility>

#include "base/byte_io.hpp"
#include "session/session_state.hpp"

namespace anochat {
namespace {

using namespace session;

constexpr std::string_view kWhere = "session.load";
constexpr std::uint8_t kEc = 1;
constexpr std::uint8_t kPq = 2;
constexpr std::size_t kRecordLen = SkippedKeyChanges::kRecordLen;
constexpr std::size_t kIdLen = SkippedKeyChanges::kIdLen;

using Id = ByteArray<kIdLen>;

Id make_id(std::uint8_t kind, ByteView chain, std::uint32_t n) noexcept {
  Id id{};
  id[0] = kind;
  std::copy(chain.begin(), chain.end(), id.begin() + 1);
  detail::put_be32(&id[33], n);
  return id;
}

template <class Key>
SecretBytes make_record(const Id& id, const SkippedKey<Key>& key) {
  SecretBytes record;
  record.reserve(kRecordLen);
  detail::ByteWriter<SecretBytes>(record)
      .bytes(id)
      .be64(static_cast<std::uint64_t>(key.since.time_since_epoch().count()))
      .bytes(key.key.expose());
  return record;
}

// A record read back; the views are the record's.
struct Parsed {
  std::uint8_t kind;
  ByteView chain;
  std::uint32_t n;
  std::chrono::sys_seconds since;
  ByteView key;
};

Parsed parse(ByteView record) {
  detail::ByteReader in(record, Errc::bad_state, kWhere);
  Parsed parsed{};
  parsed.kind = in.u8();
  parsed.chain = in.take(32);
  parsed.n = in.be32();
  parsed.since = std::chrono::sys_seconds(std::chrono::seconds(in.be64()));
  parsed.key = in.take(32);
  in.expect_end();
  in.require((parsed.kind == kEc || parsed.kind == kPq) && parsed.n < kCounterLimit && parsed.since.time_since_epoch().count() >= 0);
  if (parsed.kind == kPq) {
    const ByteView rest = parsed.chain.subspan(8);
    in.require(parsed.n != 0 && std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; }));
  }
  return parsed;
}

template <class Key>
SkippedKey<Key> entry_of(std::uint64_t chain, const Parsed& parsed) {
  SkippedKey<Key> entry{chain, parsed.n, parsed.since, {}};
  std::copy(parsed.key.begin(), parsed.key.end(), entry.key.expose_mutable().begin());
  return entry;
}

// Adds sorted entries; two for one message, or too many, are damage.
template <class Key>
void add_all(SkippedKeys<Key>& skipped, std::vector<SkippedKey<Key>>& entries) {
  const auto order = [](const auto& a, const auto& b) { return std::pair(a.chain, a.n) < std::pair(b.chain, b.n); };
  std::sort(entries.begin(), entries.end(), order);
  skipped.begin();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0 && !order(entries[i - 1], entries[i])) throw Error(Errc::bad_state, kWhere);
  }
  if (entries.size() > kMaxSkippedKeys) throw Error(Errc::bad_state, kWhere);
  for (auto& entry : entries) skipped.append(std::move(entry));
  skipped.commit();
}

}  // namespace

namespace session {

SecretBytes skipped_record(const SkippedKey<EcMessageKey>& key, const HeaderKey& chain) {
  return make_record(make_id(kEc, chain.expose(), key.n), key);
}

SecretBytes skipped_record(const SkippedKey<PqMessageKey>& key) { return make_record(skipped_id(key.chain, key.n), key); }

Id skipped_id(const HeaderKey& chain, std::uint32_t n) noexcept { return make_id(kEc, chain.expose(), n); }

Id skipped_id(std::uint64_t epoch, std::uint32_t n) noexcept {
  ByteArray<8> chain;
  detail::put_be64(chain.data(), epoch);
  return make_id(kPq, chain, n);
}

}  // namespace session

SkippedKeyChanges Session::State::plan_changes(const EcReceipt& from_ec, const PqReceipt& from_pq) const {
  SkippedKeyChanges planned;
  const std::size_t appended = ec.skipped.appended() + pq.skipped.appended();
  if (appended + skipped_count() == 0) return planned;
  planned.added.reserve(appended);
  planned.removed.reserve(appended + skipped_count());
  ec.skipped.for_each_appended([&](const auto& entry) {
    const bool is_present = entry.chain == ec.receiving_id;  // else the chain that this message begins
    planned.added.push_back(skipped_record(entry, is_present ? ec.receiving->header_key : from_ec.chain.header_key));
  });
  pq.skipped.for_each_appended([&](const auto& entry) { planned.added.push_back(skipped_record(entry)); });
  if (from_ec.kept_place) {
    const auto& used = ec.skipped.peek(*from_ec.kept_place);
    planned.removed.push_back(skipped_id(ec.header_key_of(used.chain), used.n));
  }
  if (from_pq.kept_place) {
    const auto& used = pq.skipped.peek(*from_pq.kept_place);
    planned.removed.push_back(skipped_id(used.chain, used.n));
  }
  return planned;
}

void Session::State::prune(std::chrono::sys_seconds now) noexcept {
  // plan_changes() made room, so nothing here allocates.
  ec.prune(now, [this](const auto& entry, const HeaderKey& chain) { changes.removed.push_back(skipped_id(chain, entry.n)); });
  pq.prune(now, [this](const auto& entry) { changes.removed.push_back(skipped_id(entry.chain, entry.n)); });
}

void Session::State::encode_skipped(SecretBytes& out) const {
  const auto add = [&out](const SecretBytes& record) { out.insert(out.end(), record.begin(), record.end()); };
  ec.skipped.for_each([&](const auto& entry) { add(skipped_record(entry, ec.header_key_of(entry.chain))); });
  pq.skipped.for_each([&](const auto& entry) { add(skipped_record(entry)); });
}

void Session::State::decode_skipped(std::vector<ByteView> records) {
  std::vector<Parsed> parsed;
  parsed.reserve(records.size());
  for (const ByteView record : records) parsed.push_back(parse(record));
  // Chains are told apart by their header keys; the age of a chain is that of its oldest key.
  std::vector<std::pair<std::chrono::sys_seconds, ByteView>> chains;
  for (const Parsed& record : parsed) {
    if (record.kind != kEc || (ec.receiving && equal_ct(record.chain, ec.receiving->header_key.expose()))) continue;
    const auto known = std::find_if(chains.begin(), chains.end(), [&](const auto& c) { return equal_ct(c.second, record.chain); });
    if (known == chains.end()) {
      if (chains.size() == kMaxSkippedChains) throw Error(Errc::bad_state, kWhere);
      chains.emplace_back(record.since, record.chain);
    } else {
      known->first = std::min(known->first, record.since);
    }
  }
  std::stable_sort(chains.begin(), chains.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  ec.receiving_id = chains.size();
  ec.kept.reserve(chains.size());
  for (std::size_t i = 0; i < chains.size(); ++i) {
    KeptChain chain{i, {}};
    std::copy(chains[i].second.begin(), chains[i].second.end(), chain.header_key.expose_mutable().begin());
    ec.kept.push_back(std::move(chain));
  }
  std::vector<SkippedKey<EcMessageKey>> ec_keys;
  std::vector<SkippedKey<PqMessageKey>> pq_keys;
  for (const Parsed& record : parsed) {
    if (record.kind == kPq) {
      pq_keys.push_back(entry_of<PqMessageKey>(detail::get_be64(record.chain.data()), record));
      continue;
    }
    const auto chain = std::find_if(chains.begin(), chains.end(), [&](const auto& c) { return equal_ct(c.second, record.chain); });
    if (chain == chains.end() && !ec.receiving) throw Error(Errc::bad_state, kWhere);
    ec_keys.push_back(entry_of<EcMessageKey>(static_cast<std::uint64_t>(chain - chains.begin()), record));
  }
  add_all(ec.skipped, ec_keys);
  add_all(pq.skipped, pq_keys);
}

}  // namespace anochat
