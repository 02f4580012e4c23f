#include "forwarder.hpp"

#include <anochat/framing/frame.hpp>
#include <anochat/framing/frame_reader.hpp>

#include "stream.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <cstdio>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace load {
namespace {

using anochat::ByteArray;
using boost::asio::ip::tcp;

ByteArray<5> hello(char role, std::size_t name) {
  ByteArray<5> bytes{static_cast<std::uint8_t>(role)};
  for (std::size_t i = 0; i < 4; ++i) bytes[1 + i] = static_cast<std::uint8_t>(name >> (24 - 8 * i));
  return bytes;
}

// Takes the whole frames from the front of the bytes.
template <class Use>
std::size_t each_frame(ByteView bytes, Use use) {
  std::size_t taken = 0;
  for (;;) {
    const ByteView rest = bytes.subspan(taken);
    if (rest.size() < anochat::kFrameHeadLen) return taken;
    std::size_t len = 0;
    for (std::size_t i = 0; i < anochat::kFrameHeadLen; ++i) len = len << 8 | rest[i];
    if (len == 0 || len > anochat::kMaxFrameLen) throw std::runtime_error("a frame of a wrong length");
    if (rest.size() - anochat::kFrameHeadLen < len) return taken;
    use(rest.subspan(anochat::kFrameHeadLen, len));
    taken += anochat::kFrameHeadLen + len;
  }
}

void add_frame(Stream& to, ByteView payload) {
  to.add(anochat::frame_head(payload.size()));
  to.add(payload);
}

class Forwarder {
 public:
  Forwarder() : acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {}

  void run() {
    std::printf("%u\n", acceptor_.local_endpoint().port());
    std::fflush(stdout);
    accept();
    io_.run();
  }

 private:
  struct Peer {
    std::unique_ptr<Stream> stream;
    std::uint64_t number = 0;
    bool is_known = false;
    Bytes name;       // of itself, for a receiver
    Bytes writes_to;  // for a sender
  };

  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (error) return;
      const std::uint64_t number = next_++;
      Peer& peer = peers_[number];
      peer.number = number;
      peer.stream = std::make_unique<Stream>(
          std::move(socket), Stream::Handler{[this, number](ByteView bytes) { return take(number, bytes); },
                                             [this, number](const std::string&) { end(number); }});
      accept();
    });
  }

  std::size_t take(std::uint64_t number, ByteView bytes) {
    Peer& peer = peers_.at(number);
    Stream* to = nullptr;
    const std::size_t taken = each_frame(bytes, [&](ByteView frame) {
      if (!peer.is_known) return meet(peer, frame);
      if (to == nullptr) to = find(peer.writes_to);
      if (to != nullptr) add_frame(*to, frame);
    });
    if (to != nullptr) to->flush();
    return taken;
  }
  void meet(Peer& peer, ByteView frame) {
    peer.is_known = true;
    const Bytes name(frame.begin() + 1, frame.end());
    if (frame[0] != 'R') {
      peer.writes_to = name;
      return;
    }
    receivers_[name] = peer.number;
    peer.name = name;
    add_frame(*peer.stream, anochat::as_bytes("ready"));
    peer.stream->flush();
  }
  Stream* find(const Bytes& name) {
    const auto known = receivers_.find(name);
    return known == receivers_.end() ? nullptr : peers_.at(known->second).stream.get();
  }
  void end(std::uint64_t number) {
    boost::asio::post(io_, [this, number] {
      receivers_.erase(peers_[number].name);
      peers_.erase(number);
    });
  }

  IoContext io_;
  tcp::acceptor acceptor_;
  std::map<std::uint64_t, Peer> peers_;
  std::map<Bytes, std::uint64_t> receivers_;
  std::uint64_t next_ = 0;
};

// --- the client's side ---

class Receiver final : public Idle {
 public:
  Receiver(IoContext& io, std::uint16_t port, std::size_t name, LaneHandler& handler)
      : handler_(handler),
        name_(name),
        stream_(io, port,
                {[this](ByteView bytes) { return take(bytes); },
                 [this](const std::string& why) { handler_.on_failed(why); }}) {
    add_frame(stream_, hello('R', name));
    stream_.flush();
  }

 private:
  std::size_t take(ByteView bytes) {
    return each_frame(bytes, [this](ByteView frame) {
      if (std::exchange(is_ready_, true)) return handler_.on_delivered(name_, frame);
      handler_.on_ready(name_);
    });
  }

  LaneHandler& handler_;
  std::size_t name_;
  bool is_ready_ = false;
  Stream stream_;
};

class ForwardedLane final : public Lane {
 public:
  ForwardedLane(IoContext& io, std::uint16_t port, std::size_t lane, LaneHandler& handler)
      : handler_(handler),
        lane_(lane),
        sender_(
            io, port,
            {[](ByteView bytes) { return bytes.size(); }, [this](const std::string& why) { handler_.on_failed(why); }}),
        receiver_(io, port, lane, handler) {
    add_frame(sender_, hello('S', lane));
    sender_.flush();
  }
  void send(ByteView payloads, std::size_t size) override {
    const std::size_t count = payloads.size() / size;
    for (std::size_t i = 0; i < count; ++i) add_frame(sender_, payloads.subspan(i * size, size));
    sender_.flush();
    handler_.on_accepted(lane_, count);  // it confirms nothing
  }

 private:
  LaneHandler& handler_;
  std::size_t lane_;
  Stream sender_;
  Receiver receiver_;
};

class ForwarderParty final : public Party {
 public:
  ForwarderParty(IoContext& io, const std::string& program)
      : io_(io), process_({program, "--serve", "forwarder"}), port_(process_.read_port()) {}
  std::string name() const override { return "plain forwarder"; }
  Kept kept() const override { return Kept::nowhere; }
  ServerProcess& process() override { return process_; }
  std::unique_ptr<Lane> make_lane(std::size_t lane, LaneHandler& handler) override {
    return std::make_unique<ForwardedLane>(io_, port_, lane, handler);
  }
  std::unique_ptr<Idle> make_idle(std::size_t number, LaneHandler& handler) override {
    return std::make_unique<Receiver>(io_, port_, number, handler);
  }

 private:
  IoContext& io_;
  ServerProcess process_;
  std::uint16_t port_;
};

}  // namespace

void serve_forwarder() { Forwarder().run(); }

std::unique_ptr<Party> make_forwarder(IoContext& io, const std::string& own_program) {
  return std::make_unique<ForwarderParty>(io, own_program);
}

}  // namespace load
