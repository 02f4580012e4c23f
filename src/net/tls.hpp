// net/tls.hpp - TLS 1.3 with OpenSSL, and nothing else of OpenSSL.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/net/transport.hpp>

#include "net/byte_stream.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anochat::net {

using Pin = ByteArray<32>;  ///< SHA-256 of a SubjectPublicKeyInfo

/// @throws Error{Errc::invalid_argument}  not "sha256/" and the base64 of 32 bytes
[[nodiscard]] Pin parse_pin(std::string_view text);

/// Trusts the certificates of the file, or the system's when it is empty. @throws Error{Errc::tls_failed}
[[nodiscard]] std::shared_ptr<asio::ssl::context> client_tls(const std::string& ca_file);
/// @throws Error{Errc::tls_failed}  a file cannot be read, or the key is another certificate's
[[nodiscard]] std::shared_ptr<asio::ssl::context> server_tls(const std::string& certificate_file,
                                                             const std::string& key_file);

/// The certificate must be for this host, a name or an address. @throws Error{Errc::tls_failed}
void expect_host(ByteStream::Tls& stream, const std::string& host);
/// After the handshake.
[[nodiscard]] bool has_pinned_key(ByteStream::Tls& stream, const std::vector<Pin>& pins);
/// Why a handshake failed: what was wrong with the certificate, if that was it.
[[nodiscard]] ConnectionFailure handshake_failure(ByteStream::Tls& stream, const boost::system::error_code& error);

}  // namespace anochat::net
