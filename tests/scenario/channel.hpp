// tests/scenario/channel.hpp - messages between the campaign and its child: one kind and some bytes each.
#pragma once

#include <anochat/base/bytes.hpp>
#include <optional>
#include <utility>

namespace scenario {

enum class Word : std::uint8_t {
  frame = 'F',     ///< both ways: a relay frame
  address = 'A',   ///< child: the store is open, and this is its 36-byte address
  write = 'W',     ///< parent: send this text to the 32-byte account before it
  written = 'S',   ///< child: send() has returned for this text
  received = 'R',  ///< child: this text was announced
  failure = 'D',   ///< child: a message could not be opened; an Errc in decimal
  report = 'H',    ///< parent: say what the history holds. child: one text of it; empty at the end
  trouble = 'E',   ///< child: this went wrong, in words
  quit = 'Q',      ///< parent: close the store and end
  step = 'O',      ///< parent: do this one thing (crash_steps.hpp)
  done = '.',      ///< child: the step is done
  trail = 'T',     ///< child, at the end: the crash points of its life in order, each name with a line feed
};

struct Said {
  Word word;
  anochat::Bytes bytes;
};

/// One end of a pair of connected sockets that keep messages apart. Closes it when destroyed.
class Channel {
 public:
  explicit Channel(int descriptor) noexcept : descriptor_(descriptor) {}
  Channel(Channel&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Channel& operator=(Channel&&) = delete;
  ~Channel();

  [[nodiscard]] static std::pair<Channel, Channel> make();

  /// False when the other side is gone.
  bool say(Word word, anochat::ByteView bytes = {});
  /// Waits up to `milliseconds`. Nothing when there is nothing; is_open() says whether there ever will be.
  [[nodiscard]] std::optional<Said> hear(int milliseconds);
  [[nodiscard]] bool is_open() const noexcept { return is_open_; }

 private:
  int descriptor_;
  bool is_open_ = true;
};

}  // namespace scenario
