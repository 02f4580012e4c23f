// tests/unit/net/certificates.hpp - a certificate authority for one test run, made by the openssl command.
#pragma once

#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace anochat::testing {

struct Certificate {
  std::string file;
  std::string key;
};

/// One for the whole program: keys take a moment to make.
class Certificates {
 public:
  static const Certificates& get() {
    static const Certificates made;
    return made;
  }

  std::string ca;        ///< the authority's certificate
  std::string other_ca;  ///< of another authority
  Certificate good;      ///< for localhost and 127.0.0.1
  Certificate other;     ///< the same with another key
  Certificate wrong_host;
  Certificate expired;
  Certificate self_signed;

  /// "sha256/..." of a certificate's key, as openssl works it out.
  [[nodiscard]] static std::string pin(const Certificate& of) {
    const std::string command = "openssl x509 -in " + of.file +
                                " -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | "
                                "openssl base64";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 128> text{};
    const bool is_read = std::fgets(text.data(), static_cast<int>(text.size()), pipe) != nullptr;
    REQUIRE(::pclose(pipe) == 0);
    REQUIRE(is_read);
    std::string out(text.data());
    while (out.ends_with('\n')) out.pop_back();
    return "sha256/" + out;
  }

 private:
  Certificates() {
    make_ca("ca");
    make_ca("other_ca");
    ca = folder_.file("ca.pem");
    other_ca = folder_.file("other_ca.pem");
    const std::string here = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    good = issue("good", here, 30);
    other = issue("other", here, 30);
    wrong_host = issue("wrong_host", "subjectAltName=DNS:elsewhere.example", 30);
    expired = issue("expired", here, -1);
    self_signed = {folder_.file("self.pem"), folder_.file("self.key")};
    run("openssl req -x509 " + new_key("self") + " -out " + self_signed.file + " -days 30 -subj /CN=self -addext " +
        here);
  }

  [[nodiscard]] std::string new_key(const std::string& name) const {
    return "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + folder_.file((name + ".key").c_str());
  }
  void make_ca(const std::string& name) const {
    run("openssl req -x509 " + new_key(name) + " -out " + folder_.file((name + ".pem").c_str()) +
        " -days 30 -subj /CN=" + name);
  }
  [[nodiscard]] Certificate issue(const std::string& name, const std::string& extension, int days) const {
    Certificate out{folder_.file((name + ".pem").c_str()), folder_.file((name + ".key").c_str())};
    const std::string request = folder_.file((name + ".csr").c_str());
    const std::string extensions = folder_.file((name + ".ext").c_str());
    std::ofstream(extensions) << extension << '\n';
    run("openssl req " + new_key(name) + " -out " + request + " -subj /CN=" + name);
    run("openssl x509 -req -in " + request + " -CA " + ca + " -CAkey " + folder_.file("ca.key") +
        " -CAcreateserial -days " + std::to_string(days) + " -extfile " + extensions + " -out " + out.file);
    return out;
  }
  static void run(const std::string& command) {
    const int status = std::system((command + " >/dev/null 2>&1").c_str());
    REQUIRE_MESSAGE(status == 0, command);
  }

  TemporaryFolder folder_;
};

}  // namespace anochat::testing
