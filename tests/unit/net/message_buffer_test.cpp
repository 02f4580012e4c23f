#include "net/message_buffer.hpp"

#include "support/check.hpp"

using namespace anochat;
using namespace anochat::net;

namespace {

/// Receives so many bytes in pieces as large as there is room.
bool fill(MessageBuffer& buffer, std::size_t bytes) {
  while (bytes > 0) {
    const MutableByteView room = buffer.room();
    if (room.empty()) return false;
    const std::size_t piece = std::min(bytes, room.size());
    std::fill_n(room.begin(), piece, std::uint8_t{7});
    buffer.add(piece);
    bytes -= piece;
  }
  return true;
}

}  // namespace

TEST_CASE("a message gets room as it arrives, and never more than as much again") {
  PartialBytes shared{1'000'000, 0};
  MessageBuffer buffer(shared);
  for (const std::size_t bytes : {1U, 511U, 512U, 5'000U, 300'000U}) {
    CHECK(fill(buffer, bytes));
    CHECK(buffer.size() == bytes);
    CHECK(buffer.view()[bytes - 1] == 7);
    CHECK(shared.used <= 2 * bytes);
    buffer.clear();
    CHECK(buffer.size() == 0);
    CHECK(shared.used == 0);
  }
}

TEST_CASE("messages that arrive at one time share their room") {
  PartialBytes shared{100'000, 0};
  {
    MessageBuffer first(shared);
    MessageBuffer second(shared);
    CHECK(fill(first, 60'000));
    CHECK_FALSE(fill(second, 60'000));
    CHECK(shared.used <= shared.most);
    MessageBuffer small(shared);
    CHECK(fill(small, 512));  // the first piece is everybody's own
    first.clear();
    CHECK(fill(second, 1'000));
  }
  CHECK(shared.used == 0);
}
