#include "json.hpp"

#include <doctest/doctest.h>

#include <chrono>

using cli::Json;
using cli::json_string;

TEST_CASE("members keep their order, and every kind of value is JSON") {
  const std::optional<std::string> none;
  const Json line = Json()
                        .add("text", "hi")
                        .add("number", std::int64_t{-5})
                        .add("yes", true)
                        .add("none", none)
                        .add("some", std::optional<std::string>("x"))
                        .add("at", anochat::UnixTime(std::chrono::milliseconds(1'234)))
                        .add_raw("list", "[1,2]");
  CHECK(line.text() == R"({"text":"hi","number":-5,"yes":true,"none":null,"some":"x","at":1234,"list":[1,2]})");
  CHECK(Json().text() == "{}");
}

TEST_CASE("a string is quoted so that nothing in it ends it or reaches a terminal as a command") {
  CHECK(json_string("say \"hi\" \\ now") == R"("say \"hi\" \\ now")");
  CHECK(json_string("one\ntwo") == R"("one\ntwo")");
  CHECK(json_string("\x1b[31m\x7f") == R"("\u001b[31m\u007f")");
  CHECK(json_string("\u202Eevil") == R"("\u202eevil")");
  CHECK(json_string("\U000E0041") == R"("\udb40\udc41")");  // a tag that nobody sees: a pair of surrogates
  CHECK(json_string("gr\u00fc\u00dfe \U0001F44D") == "\"gr\u00fc\u00dfe \U0001F44D\"");
  CHECK(json_string("\xFF") == "\"\uFFFD\"");
}
