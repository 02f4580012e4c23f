// stream.hpp - TCP sockets of this example: whole frames in and out.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/framing/frame_reader.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

/// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  [[nodiscard]] int number() const noexcept { return number_; }

  /// @throws std::system_error
  [[nodiscard]] static Descriptor listen_on(const std::string& address, std::uint16_t port);
  [[nodiscard]] static Descriptor connect_to(const std::string& address, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;

 private:
  int number_ = -1;
};

/// A connection that never blocks: poll(2) says when to call what.
class Stream {
 public:
  /// @param max_frame  bytes of the longest frame that the other side may send
  Stream(Descriptor socket, std::size_t max_frame);

  [[nodiscard]] int number() const noexcept { return socket_.number(); }
  [[nodiscard]] bool has_output() const noexcept { return sent_ < out_.size(); }

  /// Reads what is there, at most 16 KiB. @return false at the end of the stream
  [[nodiscard]] bool read_some();
  /// The next whole frame. @throws anochat::Error  the stream breaks the rules; close it
  [[nodiscard]] std::optional<anochat::ByteView> next() { return reader_.next(); }
  void send(anochat::ByteView frame);
  /// Writes what the system takes. @return false when the connection is lost
  [[nodiscard]] bool write_some();

 private:
  Descriptor socket_;
  anochat::FrameReader reader_;
  anochat::Bytes out_;
  std::size_t sent_ = 0;
};
