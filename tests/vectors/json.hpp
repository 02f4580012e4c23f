// tests/vectors/json.hpp - writes the little JSON that test vectors are made of; byte strings in lower-case hex.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anochat::vectors {

/// A JSON value, already spelled out.
class Json {
 public:
  Json() : text_("null") {}
  Json(ByteView bytes) : text_('"' + to_hex(bytes) + '"') {}                    // NOLINT(google-explicit-constructor)
  template <std::size_t N>
  Json(const ByteArray<N>& bytes) : Json(ByteView(bytes)) {}                    // NOLINT(google-explicit-constructor)
  Json(std::uint64_t number) : text_(std::to_string(number)) {}                 // NOLINT(google-explicit-constructor)
  Json(std::uint32_t number) : text_(std::to_string(number)) {}                 // NOLINT(google-explicit-constructor)
  Json(std::string_view plain) : text_('"' + std::string(plain) + '"') {}       // NOLINT(google-explicit-constructor)
  Json(const char* plain) : Json(std::string_view(plain)) {}                    // NOLINT(google-explicit-constructor)

  using Field = std::pair<std::string_view, Json>;
  [[nodiscard]] static Json object(const std::vector<Field>& fields) {
    std::string text = "{";
    for (const auto& [name, value] : fields) text.append(text.size() > 1 ? ", \"" : "\"").append(name).append("\": ").append(value.text_);
    return raw(text + "}");
  }
  [[nodiscard]] static Json array(const std::vector<Json>& values, std::string_view separator = ", ") {
    std::string text = "[";
    for (const Json& value : values) {
      if (text.size() > 1) text.append(separator);
      text.append(value.text_);
    }
    return raw(text + "]");
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  [[nodiscard]] static Json raw(std::string text) {
    Json json;
    json.text_ = std::move(text);
    return json;
  }
  std::string text_;
};

}  // namespace anochat::vectors
