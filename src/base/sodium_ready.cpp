#include "base/sodium_ready.hpp"

#include <anochat/base/error.hpp>

#include <sodium.h>

namespace anochat::detail {

void require_sodium(std::string_view where) {
  static const bool is_ready = sodium_init() >= 0;
  if (!is_ready) throw Error(Errc::random_failed, where);
}

}  // namespace anochat::detail
