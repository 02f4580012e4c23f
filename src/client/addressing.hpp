// client/addressing.hpp - where a device's mail goes, and what mail is called.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/crypto/address.hpp>
#include <anochat/framing/ids.hpp>

namespace anochat::client {

/// @source docs/protocol.md, "Relay frames": H(LP("AnoChat/1/mailbox") || address)
[[nodiscard]] MailboxId mailbox_of(const Address& address) noexcept;

/// What arrived, as repair requests and the record of handled envelopes name it: H(blob).
[[nodiscard]] ByteArray<32> blob_hash(ByteView blob) noexcept;

/// What a repair request calls a blob that arrived under this id: its hash, but that the id comes first. The two agree
/// unless the blob was damaged on its way.
[[nodiscard]] ByteArray<32> failure_name(const ByteArray<32>& hash, const EnvelopeId& id) noexcept;

/// The first 16 bytes of the blob's hash: a receiver that cannot open a blob can still say which one.
[[nodiscard]] ByteArray<16> envelope_id_of(const ByteArray<32>& hash) noexcept;

}  // namespace anochat::client
