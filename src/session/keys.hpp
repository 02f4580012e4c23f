// session/keys.hpp - a type for each key of docs/protocol.md, so that none can stand where another belongs.
#pragma once

#include <anochat/base/secret.hpp>

namespace anochat::session {

using RootKey = Secret<struct RootKeyRole, 32>;                ///< rk
using ChainKey = Secret<struct ChainKeyRole, 32>;              ///< cks, ckr
using HeaderKey = Secret<struct HeaderKeyRole, 32>;            ///< HKs, HKr, NHKs, NHKr
using EcMessageKey = Secret<struct EcMessageKeyRole, 32>;      ///< mk_ec
using PqRootKey = Secret<struct PqRootKeyRole, 32>;            ///< R_e
using PqChainKey = Secret<struct PqChainKeyRole, 32>;          ///< pck
using PqMessageKey = Secret<struct PqMessageKeyRole, 32>;      ///< mk_pq
using AuthKey = Secret<struct AuthKeyRole, 32>;                ///< A_e
using EpochSecret = Secret<struct EpochSecretRole, 32>;        ///< S_e
using AssociatedData = Secret<struct AssociatedDataRole, 32>;  ///< AD
using ExporterKey = Secret<struct ExporterKeyRole, 32>;        ///< EXP

}  // namespace anochat::session
