#include "framing/wire_message.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <new>

using anochat::detail::WireMessage;

namespace {

struct Watched {
  ~Watched() { ++destroyed; }
  static inline int destroyed = 0;
};

template <class Exception>
int destroyed_after() {
  Watched::destroyed = 0;
  {
    WireMessage<Watched> wire;
    CHECK_THROWS_AS(wire.use([](Watched& /*message*/) { throw Exception(); }), Exception);
  }
  return Watched::destroyed;
}

struct Refused : std::exception {};

}  // namespace

TEST_CASE("a message that memory ran out under is never looked at again") {
  CHECK(destroyed_after<std::bad_alloc>() == 0);
  CHECK(destroyed_after<Refused>() == 1);
}
