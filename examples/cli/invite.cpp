#include "invite.hpp"

#include <anochat/base/error.hpp>

#include "clean.hpp"
#include "exit_code.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace cli {
namespace {

constexpr std::string_view kScheme = "anochat:";
constexpr std::size_t kMaxLink = 2'048;  // characters
constexpr std::size_t kMaxRelay = 512;   // characters

bool starts_with_word(std::string_view text, std::string_view word) noexcept {
  if (text.size() < word.size()) return false;
  return std::equal(word.begin(), word.end(), text.begin(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool is_plain(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      out.append("%").append(anochat::to_hex({&byte, 1}));
    }
  }
  return out;
}

/// Nothing when an escape is broken, or when it hides a character that no URL has.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto byte = anochat::from_hex(text.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return std::nullopt;
      c = static_cast<char>(byte->front());
      i += 2;
    }
    if (c <= 0x20 || c == 0x7F) return std::nullopt;  // also all beyond ASCII
    out += c;
  }
  return out;
}

[[noreturn]] void refuse(const char* what) {
  throw Failure(ExitCode::usage, what,
                "Copy the whole link that \"anochat invite\" printed on the other side: anochat:ano1... without gaps.");
}

std::string relay_of(std::string_view query) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (!starts_with_word(pair, "relay=")) continue;
    const auto relay = unescaped(pair.substr(6));
    if (!relay || relay->size() > kMaxRelay) refuse("The relay in this invite cannot be read.");
    return *relay;
  }
  return {};
}

}  // namespace

std::string Invite::link() const {
  std::string out(kScheme);
  out += anochat::account_text(account);
  if (!relay.empty()) out.append("?relay=").append(escaped(relay));
  return out;
}

Invite Invite::parse(std::string_view text) {
  text = trimmed(text);
  if (text.size() > kMaxLink) refuse("This is too long for an invite.");
  if (starts_with_word(text, kScheme)) text.remove_prefix(kScheme.size());
  const std::size_t mark = text.find('?');
  Invite out;
  try {
    out.account = anochat::Address::parse(text.substr(0, mark)).account;
  } catch (const anochat::Error&) {
    refuse("This is no address: it has a typing mistake, or a part is missing.");
  }
  if (mark != std::string_view::npos) out.relay = relay_of(text.substr(mark + 1));
  return out;
}

bool looks_like_address(std::string_view text) noexcept {
  text = trimmed(text);
  return starts_with_word(text, kScheme) || (starts_with_word(text, "ano1") && text.size() >= 40);
}

}  // namespace cli
