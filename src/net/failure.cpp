#include "net/failure.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>

namespace anochat::net {

namespace asio = boost::asio;

ConnectionFailure failure_of(const boost::system::error_code& error, const char* doing) {
  const std::string where = std::string(doing) + ": ";
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return {Errc::network_failed, where + "the other side has closed the connection"};
  }
  if (error.category() == asio::error::get_ssl_category()) {
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(error.value()));
    return {Errc::tls_failed, where + (reason != nullptr ? reason : "TLS failed")};
  }
  if (error == asio::error::timed_out) return {Errc::timed_out, where + "no answer in time"};
  return {Errc::network_failed, where + error.message()};  // of the operating system or the resolver
}

}  // namespace anochat::net
