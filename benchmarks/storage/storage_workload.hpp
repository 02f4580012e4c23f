// benchmarks/storage_workload.hpp - a store full of messages, encrypted or not, and what is done with it.
#pragma once

#include <anochat/storage/store.hpp>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/connection_source.hpp"
#include "storage/store_state.hpp"

namespace anochat::bench {

inline RawKey bench_key() {
  StoreKey key;
  key.expose_mutable()[0] = 1;
  return RawKey(std::move(key));
}

/// @param cipher  nothing: an ordinary SQLite file
inline storage::Store make_store(const std::string& path, std::optional<storage::Cipher> cipher,
                                 storage::StoreOptions options = {}) {
  using namespace storage;
  if (!cipher) return detail::StoreAccess::make(detail::plain_source(path), options);
  options.cipher = *cipher;
  RawKey key = bench_key();
  return std::filesystem::exists(path) ? Store::open(path, key, options) : Store::create(path, key, options);
}

class Workload {
 public:
  explicit Workload(storage::Store store, unsigned seed = 3) : store_(std::move(store)), rng_(seed) {}

  storage::Store& store() noexcept { return store_; }

  void add_conversations(int count) {
    store_.write([&](storage::Records& r) {
      for (int i = 0; i < count; ++i) {
        const auto uid = next_uid();
        conversations_.push_back(r.conversations.create(storage::ConversationKind::direct, uid, now_));
      }
    });
  }

  void insert(storage::Records& r) {
    storage::NewMessage m;
    m.conversation = conversations_[rng_() % conversations_.size()];
    m.uid = next_uid();
    const std::string text = body();
    m.body = text;
    now_ += Milliseconds{1 + rng_() % 50};
    m.sent_at = m.received_at = now_;
    r.messages.insert(m);
  }
  void insert_many(int transactions, int per_transaction) {
    for (int t = 0; t < transactions; ++t) {
      store_.write([&](storage::Records& r) {
        for (int i = 0; i < per_transaction; ++i) insert(r);
      });
    }
  }

  void pages(int count) {
    const auto snapshot = store_.snapshot();
    for (int i = 0; i < count; ++i) {
      const auto c = conversations_[rng_() % conversations_.size()];
      if (snapshot->messages.latest(c, 50).items.empty()) std::abort();
    }
  }
  void searches(int count) {
    const auto snapshot = store_.snapshot();
    for (int i = 0; i < count; ++i) {
      const std::string text = word(below(2'000)) + " " + word(below(50));
      static_cast<void>(snapshot->search.find({.text = text, .limit = 20}));
    }
  }

  /// About 200 bytes of words; a few are frequent and most are rare, as in real text.
  std::string body() {
    std::string out;
    while (out.size() < 200) {
      const std::uint32_t a = below(4'000);
      const std::uint32_t b = below(4'000);
      out += word(std::min(a, b)) + ' ';
    }
    return out;
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(rng_() % limit); }
  static std::string word(std::uint32_t number) {
    static constexpr std::array<const char*, 16> kParts{"ba", "co", "du", "fe", "gi", "ho", "ju", "ka",
                                                       "le", "mi", "no", "pu", "ra", "se", "ti", "vo"};
    std::string out;
    for (int i = 0; i < 3; ++i, number /= 16) out += kParts[number % 16];
    return out;
  }
  ByteArray<16> next_uid() {
    ByteArray<16> uid{};
    ++uids_;
    for (std::size_t i = 0; i < 8; ++i) uid[i] = static_cast<std::uint8_t>((uids_ * 0x9e37'79b9'7f4a'7c15ULL) >> (8 * i));
    return uid;
  }

  storage::Store store_;
  std::mt19937 rng_;
  std::vector<storage::ConversationId> conversations_;
  UnixTime now_{Milliseconds{1'800'000'000'000}};
  std::uint64_t uids_ = 0;
};

/// Fills, measures and prints one store of a million messages.
void run_million(const std::string& folder, int messages);

}  // namespace anochat::bench
