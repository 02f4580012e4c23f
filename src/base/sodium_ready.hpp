// base/sodium_ready.hpp - every place where a cryptographic object is born asks for an initialised libsodium.
#pragma once

#include <string_view>

namespace anochat::detail {

/// Initialises libsodium once per process (it picks the fastest code for this processor); later calls cost one load.
/// @throws Error{Errc::random_failed}  libsodium could not be initialised
void require_sodium(std::string_view where);

}  // namespace anochat::detail
