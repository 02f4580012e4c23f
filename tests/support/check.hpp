// tests/support/check.hpp - checks that the tests of every layer share.
#pragma once

#include <doctest/doctest.h>

#include <anochat/base/error.hpp>
#include <string>

namespace doctest {

template <>
struct StringMaker<anochat::Errc> {
  static String convert(anochat::Errc code) { return String(std::string(anochat::name_of(code)).c_str()); }
};

}  // namespace doctest

/// The expression must throw anochat::Error with exactly this code.
#define CHECK_ERROR(expression, expected)                                                               \
  do {                                                                                                  \
    try {                                                                                               \
      static_cast<void>(expression);                                                                    \
      FAIL_CHECK("nothing was thrown by " #expression ", expected " #expected);                         \
    } catch (const anochat::Error& error_) {                                                            \
      CHECK_MESSAGE(error_.code() == (expected), "thrown by " #expression ": " << error_.what());       \
    }                                                                                                   \
  } while (false)
