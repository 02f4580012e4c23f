// tests/unit/relay/conformance.hpp - what every implementation of the relay's interfaces has to do.
//
// To check one of your own, call these from a doctest TEST_CASE of your own with a function that makes a fresh, empty
// one.
#pragma once

#include <anochat/relay/blob_store.hpp>
#include <anochat/relay/directory.hpp>
#include <anochat/relay/presence.hpp>
#include <anochat/relay/rate_limiter.hpp>
#include <anochat/relay/relay_store.hpp>
#include <anochat/relay/wakeup.hpp>

#include <functional>
#include <memory>

namespace anochat::testing {

template <class Interface>
using Make = std::function<std::unique_ptr<Interface>()>;

/// A store and the directory that shares its groups.
struct StoreUnderTest {
  std::unique_ptr<RelayStore> store;
  Directory* directory = nullptr;
};

void check_accounts_and_devices(const Make<RelayStore>& make);
void check_prekeys(const Make<RelayStore>& make);
void check_mailboxes(const Make<RelayStore>& make);
void check_expiry(const Make<RelayStore>& make);
void check_groups(const Make<RelayStore>& make);
void check_directory(const std::function<StoreUnderTest()>& make);
/// @param make  with a blob_bytes limit of 1,000, total_bytes of 2,500, append_bytes of 100 and a lifetime of 48 hours
void check_blob_store(const Make<BlobStore>& make);
void check_presence(const Make<Presence>& make);
/// @param make  with room for 3 wakes a node
void check_wakeup(const Make<Wakeup>& make);
void check_rate_limiter(const Make<RateLimiter>& make);

}  // namespace anochat::testing
