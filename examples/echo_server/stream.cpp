#include "stream.hpp"

#include <anochat/framing/frame.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

sockaddr_in place(const std::string& address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &out.sin_addr) != 1) {
    throw std::system_error(std::make_error_code(std::errc::invalid_argument), "not a numeric IPv4 address");
  }
  return out;
}

const sockaddr* plain(const sockaddr_in& place) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&place));
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}
Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Descriptor Descriptor::listen_on(const std::string& address, std::uint16_t port) {
  Descriptor out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  const sockaddr_in at = place(address, port);
  if (out.number() < 0 || ::setsockopt(out.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(out.number(), plain(at), sizeof at) != 0 || ::listen(out.number(), 64) != 0) {
    fail("listening");
  }
  return out;
}

Descriptor Descriptor::connect_to(const std::string& address, std::uint16_t port) {
  Descriptor out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in at = place(address, port);
  if (out.number() < 0 || ::connect(out.number(), plain(at), sizeof at) != 0) fail("connecting");
  return out;
}

std::uint16_t Descriptor::port() const {
  sockaddr_in at{};
  socklen_t size = sizeof at;
  if (::getsockname(number_, static_cast<sockaddr*>(static_cast<void*>(&at)), &size) != 0) fail("asking for the port");
  return ntohs(at.sin_port);
}

Stream::Stream(Descriptor socket, std::size_t max_frame) : socket_(std::move(socket)), reader_(max_frame) {}

bool Stream::read_some() {
  std::uint8_t piece[16'384];
  const ssize_t got = ::recv(socket_.number(), piece, sizeof piece, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  reader_.feed({piece, static_cast<std::size_t>(got)});
  return got > 0;
}

void Stream::send(anochat::ByteView frame) {
  if (!has_output()) {
    out_.clear();
    sent_ = 0;
  }
  anochat::append_frame(out_, frame);
}

bool Stream::write_some() {
  const ssize_t got = ::send(socket_.number(), out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  sent_ += static_cast<std::size_t>(got);
  return true;
}
