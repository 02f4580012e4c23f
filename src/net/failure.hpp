// net/failure.hpp - what the system and OpenSSL say, as a failure of ours.
#pragma once

#include <anochat/net/transport.hpp>

#include <boost/system/error_code.hpp>

namespace anochat::net {

/// @param doing  a literal such as "connecting"
[[nodiscard]] ConnectionFailure failure_of(const boost::system::error_code& error, const char* doing);

}  // namespace anochat::net
