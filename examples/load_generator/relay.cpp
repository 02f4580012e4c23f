#include "relay.hpp"

#include <anochat/framing/envelope.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/net/asio_loop.hpp>
#include <anochat/net/web_socket_transport.hpp>

#include "relay_device.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

namespace load {
namespace {

using anochat::ClientFrame;
using anochat::RelayFrame;
using Loop = std::shared_ptr<anochat::IoLoop>;

constexpr std::chrono::days kLifetime{30};  // of an envelope, as a client has it

/// A WebSocket connection that speaks relay frames.
class RelayConnection final : public anochat::TransportHandler {
 public:
  struct Handler {
    std::function<void(const RelayFrame&)> frame;
    std::function<void(const std::string&)> failed;
  };

  RelayConnection(const Loop& loop, std::uint16_t port, Handler handler) : handler_(std::move(handler)) {
    anochat::WebSocketOptions options;
    options.url = "ws://127.0.0.1:" + std::to_string(port);
    options.queue_bytes = 4'194'304;
    transport_ = anochat::make_web_socket_transport(loop, options);
    loop->post([this, alive = std::weak_ptr<int>(alive_)] {
      if (!alive.expired()) transport_->start(*this);
    });
  }
  template <class Body>
  void say(Body body) {
    waiting_.push_back(anochat::encode(ClientFrame{++request_, std::move(body)}));
    write();
  }

  void on_open() override {}
  void on_writable() override { write(); }
  void on_closed(const anochat::ConnectionFailure& why) override { handler_.failed("the relay: " + why.text); }
  void on_frame(ByteView bytes) override {
    try {
      handler_.frame(anochat::decode_relay_frame(bytes));
    } catch (const std::exception& error) {
      handler_.failed(error.what());
    }
  }

 private:
  void write() {
    while (!waiting_.empty() && transport_->send(waiting_.front())) waiting_.pop_front();
  }

  Handler handler_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::deque<Bytes> waiting_;
  std::uint64_t request_ = 0;
  std::unique_ptr<anochat::Transport> transport_;
};

/// A device that is logged in and acknowledges what it gets.
class Receiver final : public Idle {
 public:
  /// @param ready  called once; the handler's on_ready() is the caller's to call
  Receiver(const Loop& loop, std::uint16_t port, std::size_t lane, LaneHandler& handler, std::function<void()> ready)
      : handler_(handler),
        lane_(lane),
        ready_(std::move(ready)),
        device_(random_),
        connection_(loop, port,
                    {[this](const RelayFrame& frame) { hear(frame); },
                     [this](const std::string& why) { handler_.on_failed(why); }}) {}
  [[nodiscard]] const RelayDevice& device() const noexcept { return device_; }

 private:
  void hear(const RelayFrame& frame) {
    if (const auto* deliver = std::get_if<anochat::Deliver>(&frame.body)) return take(*deliver);
    if (const auto* challenge = std::get_if<anochat::Challenge>(&frame.body)) {
      return connection_.say(device_.login(*challenge));
    }
    if (const auto* refused = std::get_if<anochat::Refused>(&frame.body)) {
      return handler_.on_failed(anochat::Error(refused->code, "the relay refused a receiver").what());
    }
    if (!std::holds_alternative<anochat::Done>(frame.body)) return;
    ++done_;
    if (done_ == 1) connection_.say(device_.publication());
    if (done_ == 2) ready_();
  }
  void take(const anochat::Deliver& deliver) {
    anochat::Acknowledge seen;
    seen.envelopes.reserve(deliver.envelopes.size());
    for (const Bytes& encoded : deliver.envelopes) {
      const anochat::EnvelopeView envelope = anochat::decode_envelope(encoded);
      seen.envelopes.push_back(envelope.id.bytes);
      handler_.on_delivered(lane_, envelope.blob);
    }
    connection_.say(std::move(seen));
  }

  LaneHandler& handler_;
  std::size_t lane_;
  std::function<void()> ready_;
  anochat::SystemRandom random_;
  RelayDevice device_;
  std::uint64_t done_ = 0;  // answers
  RelayConnection connection_;
};

class RelayLane final : public Lane {
 public:
  RelayLane(const Loop& loop, std::uint16_t port, std::size_t lane, LaneHandler& handler)
      : handler_(handler),
        lane_(lane),
        expires_(anochat::expiry_hour(
            std::chrono::time_point_cast<anochat::Milliseconds>(std::chrono::system_clock::now() + kLifetime))),
        receiver_(loop, port, lane, handler, [this] { be_ready(); }),
        sender_(loop, port,
                {[this](const RelayFrame& frame) { hear(frame); },
                 [this](const std::string& why) { handler_.on_failed(why); }}) {}

  void send(ByteView payloads, std::size_t size) override {
    anochat::Submit submit;
    submit.submissions.resize(payloads.size() / size);
    for (std::size_t i = 0; i < submit.submissions.size(); ++i) {
      submit.submissions[i] = {anochat::encode_envelope({receiver_.device().mailbox(), new_id(), expires_,
                                                         /*is_ephemeral=*/false, payloads.subspan(i * size, size)}),
                               receiver_.device().token()};
    }
    sender_.say(std::move(submit));
  }

 private:
  void hear(const RelayFrame& frame) {
    if (std::holds_alternative<anochat::Challenge>(frame.body)) return be_ready();  // it needs no login
    const auto* answer = std::get_if<anochat::Submitted>(&frame.body);
    const bool is_good = answer != nullptr && std::all_of(answer->results.begin(), answer->results.end(),
                                                          [](std::int32_t result) { return result == 0; });
    if (!is_good) return handler_.on_failed("the relay refused a message");
    handler_.on_accepted(lane_, answer->results.size());
  }
  void be_ready() {
    if (++ready_ == 2) handler_.on_ready(lane_);
  }
  // Ids of clients are random. Multiplied by an odd number, a counter visits every value once, and in no order that an
  // index could profit from.
  anochat::EnvelopeId new_id() {
    const std::uint64_t scattered = ++count_ * 0x9e37'79b9'7f4a'7c15ULL;
    anochat::EnvelopeId id;
    for (std::size_t i = 0; i < sizeof scattered; ++i)
      id.bytes[i] = static_cast<std::uint8_t>(scattered >> (56 - 8 * i));
    std::memcpy(id.bytes.data() + sizeof scattered, &count_, sizeof count_);
    return id;
  }

  LaneHandler& handler_;
  std::size_t lane_;
  anochat::UnixHour expires_;
  std::uint64_t count_ = 0;
  int ready_ = 0;
  Receiver receiver_;
  RelayConnection sender_;
};

class RelayParty final : public Party {
 public:
  RelayParty(IoContext& io, Kept kept, const std::string& program, const std::filesystem::path& folder)
      : loop_(anochat::make_loop(io.get_executor())),
        kept_(kept),
        process_(command(kept, program, folder)),
        port_(process_.read_port()) {}
  std::string name() const override { return "relay"; }
  Kept kept() const override { return kept_; }
  ServerProcess& process() override { return process_; }
  std::unique_ptr<Lane> make_lane(std::size_t lane, LaneHandler& handler) override {
    return std::make_unique<RelayLane>(loop_, port_, lane, handler);
  }
  std::unique_ptr<Idle> make_idle(std::size_t number, LaneHandler& handler) override {
    return std::make_unique<Receiver>(loop_, port_, number, handler, [&handler, number] { handler.on_ready(number); });
  }

 private:
  static std::vector<std::string> command(Kept kept, const std::string& program, const std::filesystem::path& folder) {
    std::vector<std::string> words{program, "--serve", "relay"};
    if (kept == Kept::disk) words.insert(words.end(), {"--store", (folder / "relay.db").string()});
    return words;
  }

  Loop loop_;
  Kept kept_;
  ServerProcess process_;
  std::uint16_t port_;
};

}  // namespace

std::unique_ptr<Party> make_relay(IoContext& io, Kept kept, const std::string& own_program,
                                  const std::filesystem::path& folder) {
  return std::make_unique<RelayParty>(io, kept, own_program, folder);
}

}  // namespace load
