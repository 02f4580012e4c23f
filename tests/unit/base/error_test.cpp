#include <anochat/base/error.hpp>
#include <doctest/doctest.h>
#include <set>
#include <string>

using namespace anochat;

TEST_CASE("an error carries its code and says where and what, without input data") {
  const Error error(Errc::bad_message, "session.decrypt");
  CHECK(error.code() == Errc::bad_message);
  CHECK(std::string(error.what()) == "session.decrypt: the message is malformed or not authentic");
}

TEST_CASE("the codes' values are frozen") {
  CHECK(static_cast<int>(Errc::invalid_argument) == -1);
  CHECK(static_cast<int>(Errc::buffer_too_small) == -2);
  CHECK(static_cast<int>(Errc::bad_message) == -10);
  CHECK(static_cast<int>(Errc::replayed) == -11);
  CHECK(static_cast<int>(Errc::gap_too_large) == -12);
  CHECK(static_cast<int>(Errc::bad_key) == -20);
  CHECK(static_cast<int>(Errc::bad_state) == -30);
  CHECK(static_cast<int>(Errc::wrong_key) == -40);
  CHECK(static_cast<int>(Errc::network_failed) == -60);
  CHECK(static_cast<int>(Errc::untrusted_identity) == -70);
}

TEST_CASE("every code has a name and a sentence of its own") {
  std::set<std::string_view> names;
  int count = 0;
  for (int value = -1; value >= -100; --value) {
    const auto code = static_cast<Errc>(value);
    if (name_of(code) == "unknown") continue;
    ++count;
    names.insert(name_of(code));
    CHECK(message_of(code) != "unknown error");
  }
  CHECK(count == 46);
  CHECK(names.size() == 46);
  CHECK(name_of(static_cast<Errc>(1)) == "unknown");
  CHECK(message_of(static_cast<Errc>(1)) == "unknown error");
}
