#include "invite.hpp"

#include "exit_code.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace cli;

namespace {

anochat::AccountId some_account() {
  anochat::AccountId out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(7 * i + 1);
  return out;
}

bool is_refused(const std::string& text) {
  try {
    static_cast<void>(Invite::parse(text));
    return false;
  } catch (const Failure& failure) {
    CHECK(failure.code() == ExitCode::usage);
    CHECK_FALSE(failure.advice().empty());
    return true;
  }
}

}  // namespace

TEST_CASE("a link is read back as it was written") {
  const Invite invite{some_account(), "wss://relay.example:8443/~a/%7E?b&c=d"};
  const Invite read = Invite::parse(invite.link());
  CHECK(read.account == invite.account);
  CHECK(read.relay == invite.relay);
}

TEST_CASE("a bare address, capitals and spaces around are fine") {
  const std::string address = anochat::account_text(some_account());
  std::string capitals = "anochat:" + address;
  std::transform(capitals.begin(), capitals.end(), capitals.begin(), [](unsigned char c) { return std::toupper(c); });
  for (const std::string& text :
       {address, "  anochat:" + address + "\r\n", capitals, "anochat:" + address + "?x=1&y"}) {
    CHECK(Invite::parse(text).account == some_account());
    CHECK(Invite::parse(text).relay.empty());
    CHECK(looks_like_address(text));
  }
}

TEST_CASE("anything else is refused with advice") {
  const std::string address = anochat::account_text(some_account());
  std::string typo = address;
  typo[20] = typo[20] == 'q' ? 'p' : 'q';
  for (const std::string& text :
       {std::string(), std::string("anochat:"), std::string("bob"), typo, address.substr(1), address + "x",
        "http:" + address, "anochat:" + address + "?relay=%", "anochat:" + address + "?relay=%zz",
        "anochat:" + address + "?relay=a%0Ab", "anochat:" + address + "?relay=a b",
        "anochat:" + address + "?relay=" + std::string(600, 'a'), std::string(100'000, 'a')}) {
    CAPTURE(text.substr(0, 90));
    CHECK(is_refused(text));
  }
}

TEST_CASE("a name is never taken for an address") {
  for (const char* name : {"bob", "ano", "ano1", "anochat", "Anonymous friend"}) CHECK_FALSE(looks_like_address(name));
}
