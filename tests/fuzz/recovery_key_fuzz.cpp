// Recovery keys as people type them from paper: any text, and a good key with slips of the pen.
#include <anochat/storage/recovery_key.hpp>

#include "fuzz/fuzz.hpp"

#include <algorithm>

using namespace anochat;

namespace {

/// Gives out the bytes of the input, so that every key can come.
class FromInput final : public Random {
 public:
  explicit FromInput(ByteView bytes) : bytes_(bytes) {}
  void fill(MutableByteView out) override { std::copy_n(bytes_.begin(), out.size(), out.begin()); }

 private:
  ByteView bytes_;
};

/// @return the key's own text, or nothing when it was refused
SecretBytes parse(std::string_view typed) {
  SecretBytes text;
  static_cast<void>(fuzz::accepts({Errc::invalid_argument}, [typed, &text] {
    RecoveryKey key = RecoveryKey::parse(typed);
    text = key.text();
    fuzz::require(text.size() == RecoveryKey::kTextLength && text.size() <= typed.size() + 7, "one form, with hyphens");
    RecoveryKey again = RecoveryKey::parse(as_text(text));
    fuzz::require(again.secret() == key.secret() && again.text() == text, "what is printed reads back");
  }));
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  static_cast<void>(parse(as_text(input)));
  if (size < RecoveryKey::kSize) return 0;
  FromInput random(input.first(RecoveryKey::kSize));
  const SecretBytes text = RecoveryKey::generate(random).text();
  const Bytes typed = fuzz::edited(Bytes(text.begin(), text.end()), input.subspan(RecoveryKey::kSize));
  const SecretBytes read = parse(as_text(typed));
  const bool is_unchanged = std::equal(typed.begin(), typed.end(), text.begin(), text.end());
  fuzz::require(!is_unchanged || read == text, "a key reads back");
  return 0;
}
