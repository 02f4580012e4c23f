// anochat/crypto/keys.hpp - the private keys of suite 1, each role a type of its own.
#pragma once

#include <anochat/base/secret.hpp>

namespace anochat {

using SigningSeed = Secret<struct SigningSeedRole, 32>;            ///< Ed25519 seed of an account or a device
using AgreementPrivate = Secret<struct AgreementPrivateRole, 32>;  ///< X25519 private key
using KemSeed = Secret<struct KemSeedRole, 64>;                    ///< ML-KEM-768 seed, d || z of FIPS 203

}  // namespace anochat
