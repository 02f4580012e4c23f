#include "channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <stdexcept>

namespace scenario {

using namespace anochat;

namespace {

constexpr int kRoom = 1 << 21;  // bytes in a socket's buffer: more than the longest frame

}  // namespace

Channel::~Channel() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::pair<Channel, Channel> Channel::make() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
  for (const int end : ends) {
    ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kRoom, sizeof kRoom);
    ::setsockopt(end, SOL_SOCKET, SO_RCVBUF, &kRoom, sizeof kRoom);
  }
  return {Channel(ends[0]), Channel(ends[1])};
}

bool Channel::say(Word word, ByteView bytes) {
  Bytes message{static_cast<std::uint8_t>(word)};
  message.insert(message.end(), bytes.begin(), bytes.end());
  while (is_open_) {
    if (::send(descriptor_, message.data(), message.size(), MSG_NOSIGNAL) >= 0) return true;
    if (errno == EINTR) continue;
    if (errno == EMSGSIZE) throw std::runtime_error("a frame too long for the channel");
    is_open_ = false;
  }
  return false;
}

std::optional<Said> Channel::hear(int milliseconds) {
  pollfd poll{descriptor_, POLLIN, 0};
  if (!is_open_ || ::poll(&poll, 1, milliseconds) <= 0) return std::nullopt;
  Bytes message(kRoom / 2);
  const ssize_t length = ::recv(descriptor_, message.data(), message.size(), 0);
  if (length <= 0) {
    is_open_ = length < 0 && errno == EINTR;
    return std::nullopt;
  }
  message.resize(static_cast<std::size_t>(length));
  return Said{static_cast<Word>(message[0]), Bytes(message.begin() + 1, message.end())};
}

}  // namespace scenario
