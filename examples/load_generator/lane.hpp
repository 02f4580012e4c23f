// lane.hpp - what is measured alike at every server: messages from a sender to its receiver.
#pragma once

#include <anochat/base/bytes.hpp>

#include "server_process.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace load {

using anochat::Bytes;
using anochat::ByteView;

/// Hears of lanes, in the one thread of this program.
class LaneHandler {
 public:
  virtual ~LaneHandler() = default;
  virtual void on_ready(std::size_t lane) = 0;
  /// The server has said that so many more messages are safe with it.
  virtual void on_accepted(std::size_t lane, std::size_t count) = 0;
  /// One message has reached the receiver.
  virtual void on_delivered(std::size_t lane, ByteView payload) = 0;
  virtual void on_failed(const std::string& why) = 0;
};

/// A sender and a receiver, each with a connection of its own.
class Lane {
 public:
  virtual ~Lane() = default;
  /// Sends messages of `size` bytes that lie one after the other, in one frame or one write.
  virtual void send(ByteView payloads, std::size_t size) = 0;
};

/// One connection that has said what it wants to receive, and gets nothing. Told ready as a lane is.
class Idle {
 public:
  virtual ~Idle() = default;
};

/// What messages are kept in until their receiver has them.
enum class Kept : std::uint8_t { nowhere, memory, file, disk };

/// One server under test, in a process of its own.
class Party {
 public:
  virtual ~Party() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual Kept kept() const = 0;
  [[nodiscard]] virtual ServerProcess& process() = 0;
  [[nodiscard]] virtual std::unique_ptr<Lane> make_lane(std::size_t lane, LaneHandler& handler) = 0;
  [[nodiscard]] virtual std::unique_ptr<Idle> make_idle(std::size_t number, LaneHandler& handler) = 0;
};

using IoContext = boost::asio::io_context;

}  // namespace load
