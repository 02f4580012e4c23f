// framing/wire_content.hpp - the protobuf form of content, which leaves no known keys in freed memory.
#pragma once

#include <anochat/base/bytes.hpp>

#include "framing/proto/anochat/wire/v1/content.pb.h"
#include "framing/wire_message.hpp"

#include <cstdint>
#include <string>

namespace anochat::detail {

/// Wipes the keys in the message when it goes. Texts are not wiped, because the application gets and gives them as
/// ordinary strings; nor are fields of later versions, which protobuf keeps to itself.
class WireContent : public WireMessage<wire::v1::Content> {
 public:
  WireContent() = default;
  WireContent(const WireContent&) = delete;
  WireContent& operator=(const WireContent&) = delete;
  ~WireContent() {
    wire::v1::Content* const message = get();
    if (message == nullptr) return;
    if (!message->attachment().key().empty()) wipe_string(*message->mutable_attachment()->mutable_key());
    if (!message->sent_transcript().content().empty()) {
      wipe_string(*message->mutable_sent_transcript()->mutable_content());
    }
  }

 private:
  static void wipe_string(std::string& text) noexcept {
    wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  }
};

}  // namespace anochat::detail
