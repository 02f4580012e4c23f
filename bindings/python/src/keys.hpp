// keys.hpp - the holders of keys that sessions are made of, as Python sees them.
#pragma once

#include <anochat/crypto/bundle.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/memory_prekeys.hpp>

#include "common.hpp"

namespace anochat::python {

/// Never changes, so it needs no lock.
struct PyAccountKey {
  AccountKey key;
};

struct PyDevice {
  Device device;
};

class PyPreKeys {
 public:
  PyPreKeys(MemoryPreKeys keys, std::shared_ptr<PyDevice> device, std::shared_ptr<Random> random)
      : keys_(std::move(keys)), device_(std::move(device)), random_(std::move(random)) {}

  template <class F>
  auto run(F&& use) {
    return guard_.run([&] { return use(keys_, device_->device, *random_); });
  }

 private:
  Guard guard_;
  MemoryPreKeys keys_;
  std::shared_ptr<PyDevice> device_;
  std::shared_ptr<Random> random_;
};

}  // namespace anochat::python
