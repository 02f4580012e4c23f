// anochat/framing/limits.hpp - every limit of the protocol, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace anochat {

// --- what travels -------------------------------------------------------------------------------------------------

inline constexpr std::size_t kMaxContentLen = 65'536;   ///< bytes of content in one message; files are attachments
inline constexpr std::size_t kMaxEnvelopeLen = 98'304;  ///< bytes of one envelope as a relay sees it: the longest
                                                        ///< message has 68,999, the rest is room for later protocols
inline constexpr std::size_t kMaxFrameLen = 1'048'576;  ///< bytes of one frame: several envelopes at once

// --- sessions -----------------------------------------------------------------------------------------------------

inline constexpr std::uint32_t kMaxSkip = 1'000;       ///< keys passed over in one step: bounds the work of one message
inline constexpr std::uint32_t kMaxPqSkip = 2'000;     ///< the same for PQ keys, of which one message may skip both pn's and n's
inline constexpr std::size_t kMaxSkippedKeys = 2'000;  ///< keys kept, of the EC ratchet and of the PQ ratchet each
inline constexpr std::size_t kMaxSkippedChains = 16;   ///< older receiving chains kept: each costs one trial opening
inline constexpr std::chrono::days kSkippedKeyLifetime{30};
inline constexpr std::uint32_t kCounterEnd = 0x8000'0000;  ///< no counter reaches 2^31: none can wrap, signed or not

inline constexpr std::size_t kMaxArchivedSessions = 5;  ///< per pair of devices; they only receive
inline constexpr std::chrono::days kArchivedSessionLifetime{7};
inline constexpr std::chrono::days kUnansweredSessionLifetime{30};  ///< then nothing is sent on it any more

// --- content: every kind ------------------------------------------------------------------------------------------
// Together they leave room for a copy to the sender's own devices: whatever encode_content() writes, other than such a
// copy or an Unknown that somebody else made, has at most kMaxNestedContentLen bytes.

inline constexpr int kMaxContentDepth = 16;                  ///< messages inside messages: bounds the parser's stack
inline constexpr std::size_t kMaxNestedContentLen = 57'344;  ///< bytes of content inside a SentTranscript
inline constexpr std::size_t kMaxConversationIdLen = 64;     ///< bytes
inline constexpr std::size_t kMaxFallbackLen = 1'024;        ///< bytes of UTF-8: one or two sentences
inline constexpr std::size_t kMaxDeviceListLen = 4'096;      ///< bytes; 32 devices need 2,324
inline constexpr std::chrono::sys_time<std::chrono::milliseconds> kLatestTime{
    std::chrono::milliseconds{253'402'300'799'999}};  ///< the end of the year 9999: every calendar can show it
inline constexpr std::chrono::seconds kMaxExpireTimer = std::chrono::days{366};
inline constexpr std::size_t kMaxMessageRefs = 256;  ///< message ids in one receipt or repair request

// --- content: single kinds ----------------------------------------------------------------------------------------

inline constexpr std::size_t kMaxTextLen = 16'384;    ///< bytes of UTF-8; a longer text is an attachment
inline constexpr std::size_t kMaxExcerptLen = 1'024;  ///< bytes of UTF-8: what a reply quotes
inline constexpr std::size_t kMaxEmojiLen = 64;       ///< bytes of UTF-8; a family of four with skin tones has 41
inline constexpr std::size_t kMaxNameLen = 256;       ///< bytes of UTF-8: a file's or a person's name
inline constexpr std::size_t kMaxMimeTypeLen = 128;   ///< bytes of ASCII
inline constexpr std::size_t kMaxBlobIdLen = 128;     ///< bytes; the relay's blob store chooses them
inline constexpr std::uint64_t kMaxFileLen = std::uint64_t{1} << 40;  ///< bytes of an attachment: 1 TiB
inline constexpr std::size_t kMaxPreviewLen = 16'384;      ///< bytes: a small picture shown before the file is here
inline constexpr std::uint32_t kMaxPixels = 1'000'000;     ///< pixels of a picture's width or height
inline constexpr std::chrono::hours kMaxDuration{1'000};   ///< of a recording
inline constexpr std::size_t kMaxAvatarLen = 32'768;       ///< bytes of an encoded picture
inline constexpr std::size_t kDeliveryTokenLen = 16;       ///< bytes; see relay_frames.hpp
inline constexpr std::size_t kMaxAboutLen = 1'024;         ///< bytes of UTF-8: what a person says about themselves
inline constexpr std::size_t kMaxCallPayloadLen = 32'768;  ///< bytes: a session description with every codec has 10,000
inline constexpr std::size_t kMaxGroupUpdateLen = 49'152;  ///< bytes
inline constexpr std::size_t kMaxCustomTypeLen = 128;      ///< bytes of ASCII
inline constexpr std::size_t kMaxCustomLen = 49'152;       ///< bytes; larger things are attachments

}  // namespace anochat
