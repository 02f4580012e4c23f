// What a user does with a client: writing, signals, calls, trust.
#include "messenger.hpp"

#include <vector>

using namespace anochat;
using namespace anochat::c;

static_assert(ANOCHAT_TEXT_MAX == kMaxTextLen && ANOCHAT_FRAME_MAX == kMaxFrameLen);
static_assert(static_cast<int>(TrustState::blocked) == ANOCHAT_TRUST_BLOCKED);
static_assert(static_cast<int>(SafetyNumber::ScanResult::not_a_code) == ANOCHAT_SCAN_NOT_A_CODE);

namespace {

constexpr std::size_t kMostTexts = 1'000;

std::string_view message_text(const char* text, std::size_t text_len) {
  if (text == nullptr) refuse("text", "is NULL");
  return text_in(text, text_len, kMaxTextLen, "text");
}

ConversationHandle conversation_of(std::int64_t number) { return ConversationHandle{number}; }
MessageHandle message_of(std::int64_t number) { return MessageHandle{number}; }

void give(std::int64_t* to, MessageHandle message) {
  if (to != nullptr) *to = static_cast<std::int64_t>(message);
}

content::Attachment attachment_of(const anochat_attachment& from) {
  content::Attachment to;
  const ByteView blob = bytes_in(from.blob_id, from.blob_id_len, kMaxBlobIdLen, "attachment.blob_id");
  to.blob_id.assign(blob.begin(), blob.end());
  to.size = from.size;
  std::copy(std::begin(from.digest), std::end(from.digest), to.digest.begin());
  std::copy(std::begin(from.key), std::end(from.key), to.key.expose_mutable().begin());
  to.mime_type = text_in(from.mime_type, from.mime_type_len, kMaxMimeTypeLen, "attachment.mime_type");
  to.name = text_in(from.name, from.name_len, kMaxNameLen, "attachment.name");
  to.width = from.width;
  to.height = from.height;
  to.duration = Milliseconds{from.duration_ms};
  const ByteView preview = bytes_in(from.preview, from.preview_len, kMaxPreviewLen, "attachment.preview");
  to.preview.assign(preview.begin(), preview.end());
  to.caption = text_in(from.caption, from.caption_len, kMaxTextLen, "attachment.caption");
  return to;
}

}  // namespace

anochat_status anochat_client_conversation_with(anochat_client* client, const anochat_account_id* account,
                                                int64_t* conversation, anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    not_null(conversation, "conversation");
    *conversation = static_cast<std::int64_t>(it.conversation_with(account_in(account)));
  });
}

anochat_status anochat_client_send_text(anochat_client* client, int64_t conversation, const char* text, size_t text_len,
                                        int64_t* message, anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    give(message, it.send_text(conversation_of(conversation), message_text(text, text_len)));
  });
}

anochat_status anochat_client_send_texts(anochat_client* client, const anochat_outgoing_text* texts, size_t count,
                                         int64_t* messages, size_t messages_room, anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    not_null(texts, "texts");
    not_null(messages, "messages");
    if (count < 1 || count > kMostTexts) refuse("count", "is not 1 to 1000");
    if (messages_room < count) throw Error(Errc::buffer_too_small, "messages");
    std::vector<OutgoingMessage> out;
    const auto* at = reinterpret_cast<const unsigned char*>(texts);
    for (std::size_t i = 0; i < count; ++i) {
      const auto text = struct_in(reinterpret_cast<const anochat_outgoing_text*>(at), "texts");
      if (text.struct_size != texts->struct_size) refuse("texts", "have different sizes");
      at += text.struct_size;  // the caller's sizeof, which may be that of a later version
      out.push_back(
          {conversation_of(text.conversation), content::Text{std::string(message_text(text.text, text.text_len))}});
    }
    const std::vector<MessageHandle> made = it.send_many(out);
    for (std::size_t i = 0; i < count; ++i) give(&messages[i], made[i]);
  });
}

anochat_status anochat_client_send_custom(anochat_client* client, int64_t conversation, const char* type,
                                          size_t type_len, const uint8_t* data, size_t data_len, int64_t* message,
                                          anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    if (type == nullptr) refuse("type", "is NULL");
    content::Custom custom;
    custom.type = text_in(type, type_len, kMaxCustomTypeLen, "type");
    const ByteView bytes = bytes_in(data, data_len, kMaxCustomLen, "data");
    custom.data.assign(bytes.begin(), bytes.end());
    give(message, it.send(conversation_of(conversation), std::move(custom)));
  });
}

anochat_status anochat_client_send_attachment(anochat_client* client, int64_t conversation,
                                              const anochat_attachment* attachment, int64_t* message,
                                              anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    give(message, it.send(conversation_of(conversation), attachment_of(struct_in(attachment, "attachment"))));
  });
}

anochat_status anochat_client_reply(anochat_client* client, int64_t to, const char* text, size_t text_len,
                                    int64_t* message, anochat_error* error) {
  return with_client(client, error,
                     [&](Client& it) { give(message, it.reply(message_of(to), message_text(text, text_len))); });
}

anochat_status anochat_client_edit(anochat_client* client, int64_t message, const char* text, size_t text_len,
                                   anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.edit(message_of(message), message_text(text, text_len)); });
}

anochat_status anochat_client_remove_for_all(anochat_client* client, int64_t message, anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.remove_for_all(message_of(message)); });
}

anochat_status anochat_client_react(anochat_client* client, int64_t message, const char* emoji, size_t emoji_len,
                                    int32_t is_on, anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    if (emoji == nullptr) refuse("emoji", "is NULL");
    it.react(message_of(message), text_in(emoji, emoji_len, kMaxEmojiLen, "emoji"), flag_in(is_on, "is_on"));
  });
}

anochat_status anochat_client_mark_read(anochat_client* client, int64_t conversation, int64_t through,
                                        anochat_error* error) {
  return with_client(client, error,
                     [&](Client& it) { it.mark_read(conversation_of(conversation), message_of(through)); });
}

anochat_status anochat_client_set_expire_timer(anochat_client* client, int64_t conversation, uint32_t seconds,
                                               anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    it.set_expire_timer(conversation_of(conversation), std::chrono::seconds(seconds));
  });
}

anochat_status anochat_client_set_profile(anochat_client* client, const char* name, size_t name_len, const char* about,
                                          size_t about_len, const uint8_t* avatar, size_t avatar_len,
                                          anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    ProfileInfo profile;
    profile.name = text_in(name, name_len, kMaxNameLen, "name");
    profile.about = text_in(about, about_len, kMaxAboutLen, "about");
    const ByteView picture = bytes_in(avatar, avatar_len, kMaxAvatarLen, "avatar");
    profile.avatar.assign(picture.begin(), picture.end());
    it.set_profile(std::move(profile));
  });
}

anochat_status anochat_client_set_typing(anochat_client* client, int64_t conversation, int32_t is_typing,
                                         anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    it.set_typing(conversation_of(conversation), flag_in(is_typing, "is_typing"));
  });
}

anochat_status anochat_client_set_presence(anochat_client* client, int32_t presence, anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    it.set_presence(
        choice_in<content::PresenceStatus>(presence, ANOCHAT_PRESENCE_ONLINE, ANOCHAT_PRESENCE_OFFLINE, "presence"));
  });
}

anochat_status anochat_client_start_call(anochat_client* client, int64_t conversation, int32_t media,
                                         const uint8_t* offer, size_t offer_len, anochat_call_id* call,
                                         anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    not_null(call, "call");
    const auto kind = choice_in<content::CallMedia>(media, ANOCHAT_MEDIA_AUDIO, ANOCHAT_MEDIA_VIDEO, "media");
    const ByteView bytes = bytes_in(offer, offer_len, kMaxCallPayloadLen, "offer");
    const CallId id = it.start_call(conversation_of(conversation), kind, bytes);
    std::copy(id.bytes.begin(), id.bytes.end(), call->bytes);
  });
}

anochat_status anochat_client_signal_call(anochat_client* client, int64_t conversation, const anochat_call_id* call,
                                          int32_t type, const uint8_t* payload, size_t payload_len,
                                          anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    CallId id;
    std::copy_n(not_null(call, "call").bytes, id.bytes.size(), id.bytes.begin());
    const auto kind = choice_in<content::CallSignalType>(type, ANOCHAT_CALL_OFFER, ANOCHAT_CALL_BUSY, "type");
    it.signal_call(conversation_of(conversation), id, kind,
                   bytes_in(payload, payload_len, kMaxCallPayloadLen, "payload"));
  });
}

anochat_status anochat_client_allow(anochat_client* client, const anochat_account_id* account, anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.allow(account_in(account)); });
}

anochat_status anochat_client_deny(anochat_client* client, const anochat_account_id* account, anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.deny(account_in(account)); });
}

anochat_status anochat_client_block(anochat_client* client, const anochat_account_id* account, anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.block(account_in(account)); });
}

anochat_status anochat_client_trust(const anochat_client* client, const anochat_account_id* account, int32_t* trust,
                                    anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(trust, "trust") = static_cast<std::int32_t>(it.trust(account_in(account)));
  });
}

anochat_status anochat_client_safety_digits(const anochat_client* client, const anochat_account_id* account, char* out,
                                            size_t* out_len, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    Out(out, out_len).set_text(it.safety_number(account_in(account)).digits());
  });
}

anochat_status anochat_client_safety_code(const anochat_client* client, const anochat_account_id* account, char* out,
                                          size_t* out_len, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    Out(out, out_len).set_text(it.safety_number(account_in(account)).scannable());
  });
}

anochat_status anochat_client_compare_code(const anochat_client* client, const anochat_account_id* account,
                                           const char* scanned, size_t scanned_len, int32_t* result,
                                           anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(result, "result");
    if (scanned == nullptr) refuse("scanned", "is NULL");
    const std::string_view code = text_in(scanned, scanned_len, 4'096, "scanned");
    *result = static_cast<std::int32_t>(it.safety_number(account_in(account)).compare(code));
  });
}

anochat_status anochat_client_mark_verified(anochat_client* client, const anochat_account_id* account,
                                            anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.mark_verified(account_in(account)); });
}

anochat_status anochat_client_accept_identity(anochat_client* client, const anochat_account_id* account,
                                              anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.accept_identity(account_in(account)); });
}
