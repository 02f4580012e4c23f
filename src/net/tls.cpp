#include "net/tls.hpp"

#include <anochat/base/error.hpp>

#include "net/failure.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace anochat::net {
namespace {

constexpr std::string_view kPinPrefix = "sha256/";
constexpr std::size_t kPinTextLen = 44;  // base64 of 32 bytes, with one '='

[[noreturn]] void refuse(const char* where) { throw Error(Errc::tls_failed, where); }

std::shared_ptr<asio::ssl::context> new_context(asio::ssl::context::method method) {
  auto context = std::make_shared<asio::ssl::context>(method);
  SSL_CTX* native = context->native_handle();
  if (SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) != 1) refuse("net.tls");
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds no record buffers
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  return context;
}

}  // namespace

Pin parse_pin(std::string_view text) {
  constexpr const char* kWhere = "net.pin";
  const bool has_form = text.starts_with(kPinPrefix) && text.size() == kPinPrefix.size() + kPinTextLen &&
                        text.ends_with('=') && text[text.size() - 2] != '=';
  if (!has_form) throw Error(Errc::invalid_argument, kWhere);
  text.remove_prefix(kPinPrefix.size());
  std::array<std::uint8_t, 33> decoded{};  // OpenSSL counts the padding
  const auto* in = as_bytes(text).data();
  if (EVP_DecodeBlock(decoded.data(), in, static_cast<int>(text.size())) != 33) {
    throw Error(Errc::invalid_argument, kWhere);
  }
  Pin pin;
  std::copy_n(decoded.begin(), pin.size(), pin.begin());
  return pin;
}

std::shared_ptr<asio::ssl::context> client_tls(const std::string& ca_file) {
  auto context = new_context(asio::ssl::context::tls_client);
  boost::system::error_code error;
  if (ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(ca_file, error);
  }
  if (error) refuse("net.ca_file");
  context->set_verify_mode(asio::ssl::verify_peer);
  return context;
}

std::shared_ptr<asio::ssl::context> server_tls(const std::string& certificate_file, const std::string& key_file) {
  auto context = new_context(asio::ssl::context::tls_server);
  boost::system::error_code error;
  context->use_certificate_chain_file(certificate_file, error);
  if (error) refuse("net.certificate_file");
  context->use_private_key_file(key_file, asio::ssl::context::pem, error);
  if (error || SSL_CTX_check_private_key(context->native_handle()) != 1) refuse("net.key_file");
  SSL_CTX_set_num_tickets(context->native_handle(), 0);
  return context;
}

void expect_host(ByteStream::Tls& stream, const std::string& host) {
  SSL* native = stream.native_handle();
  boost::system::error_code no_address;
  asio::ip::make_address(host, no_address);
  if (!no_address) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(native), host.c_str()) != 1) refuse("net.host");
    return;
  }
  SSL_set_hostflags(native, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  std::string name = host;  // OpenSSL's macro for it is a C cast
  const bool is_set = SSL_set1_host(native, name.c_str()) == 1 &&
                      SSL_ctrl(native, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
  if (!is_set) refuse("net.host");
}

bool has_pinned_key(ByteStream::Tls& stream, const std::vector<Pin>& pins) {
  X509* certificate = SSL_get0_peer_certificate(stream.native_handle());
  if (certificate == nullptr) return false;
  unsigned char* encoded = nullptr;
  const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
  if (len <= 0) return false;
  Pin found{};
  const bool is_hashed =
      EVP_Digest(encoded, static_cast<std::size_t>(len), found.data(), nullptr, EVP_sha256(), nullptr) == 1;
  OPENSSL_free(encoded);
  return is_hashed && std::find(pins.begin(), pins.end(), found) != pins.end();
}

ConnectionFailure handshake_failure(ByteStream::Tls& stream, const boost::system::error_code& error) {
  const long result = SSL_get_verify_result(stream.native_handle());
  if (result != X509_V_OK) {
    return {Errc::tls_failed,
            std::string("the server's certificate is not accepted: ") + X509_verify_cert_error_string(result)};
  }
  return failure_of(error, "TLS handshake");
}

}  // namespace anochat::net
