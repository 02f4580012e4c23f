// Content from a peer whose messages are authentic and whose intentions are not.
#include <anochat/framing/content.hpp>

#include "fuzz/fuzz.hpp"

using namespace anochat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decode = [data, size] {
    const Content content = decode_content({data, size});
    const SecretBytes once = encode_content(content);
    fuzz::require(once.size() <= size, "sending it again takes no more room");
    const Content again = decode_content(once);
    fuzz::require(kind_of(again) == kind_of(content), "the kind stays");
    fuzz::require(encode_content(again) == once, "what was read can be sent again and stays the same");
  };
  static_cast<void>(fuzz::accepts({Errc::bad_content, Errc::too_large}, decode));
  return 0;
}
