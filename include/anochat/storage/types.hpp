// anochat/storage/types.hpp - names and identifiers that the records of a store share.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/crypto/address.hpp>
#include <cstdint>
#include <string>

namespace anochat::storage {

using DeviceNumber = std::uint32_t;   ///< counts an account's devices
using MessageUid = ByteArray<16>;     ///< chosen by the sender; unique per conversation and sender
using EnvelopeId = ByteArray<16>;     ///< chosen by us; what a relay knows an envelope by
using Hash = ByteArray<32>;
using StoredKey = Secret<struct StoredKeyRole, 32>;

/// Row numbers of this store. They mean nothing elsewhere and are never reused.
enum class ConversationId : std::int64_t {};
enum class SessionRow : std::int64_t {};
enum class OutboxRow : std::int64_t {};
enum class AttachmentId : std::int64_t {};
enum class CallId : std::int64_t {};
enum class FailureId : std::int64_t {};

/// Orders the messages of a conversation: a later one has a greater number.
enum class MessageId : std::int64_t {};

/// A place in a list. Opaque text of fixed alphabet: keep it, hand it back, never take it apart. Stays valid while rows
/// come and go. A text that is no cursor, or one of another list, is Errc::invalid_argument.
using Cursor = std::string;

}  // namespace anochat::storage
