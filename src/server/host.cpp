#include "server/host.hpp"

#include "server/pages.hpp"

#include <utility>

namespace anochat::server {
namespace {

// What a connection is given at a time: enough to keep a socket busy, little to hold for one that stalls.
constexpr std::size_t kBatchBytes = 65'536;

// A frame that is waiting takes some rounds of the loop until it has been read whole. After so many without any frame
// nothing is waiting.
constexpr int kQuietRounds = 8;

ListenerOptions listen_options(const RelayServerOptions& options) {
  ListenerOptions out = options.listen;
  out.connections = options.relay.connections;
  return out;
}

}  // namespace

Host::Host(std::shared_ptr<IoLoop> loop, const RelayServerOptions& options, const RelayServices& services)
    : loop_(std::move(loop)), options_(options), log_(services.log), relay_(options.relay, services) {}

void Host::start() {
  listener_ = listen_web_socket(loop_, listen_options(options_), *this);
  log_.info("relay.listening", {{"port", listener_->port()}, {"tls", options_.listen.key_file.empty() ? 0 : 1}});
  tick_later();
}

void Host::drain(std::chrono::milliseconds come_back) {
  if (is_shut()) return;
  log_.info("relay.draining", {{"connections", static_cast<std::int64_t>(links_.size())}});
  listener_->stop_accepting();
  relay_.drain(come_back);
  deliver();
}

void Host::shut() noexcept {
  if (is_shut()) return;
  relay_.flush();
  if (tick_timer_ != 0) loop_->cancel(std::exchange(tick_timer_, 0));
  listener_.reset();
  for (const auto& [peer, link] : links_) relay_.close(link.connection);
  links_.clear();
  peers_.clear();
  loop_.reset();
  log_.info("relay.stopped");
}

// --- in ---

void Host::on_open(PeerId peer, const PeerAddress& address) {
  try {
    const Relay::Connection connection = relay_.open(address.address_class);
    peers_[connection] = peer;
    links_[peer].connection = connection;
  } catch (const Error&) {  // no randomness for a challenge
    return listener_->close(peer, CloseCode::overloaded);
  }
  deliver_later();
}

void Host::on_frame(PeerId peer, ByteView frame) {
  const auto found = links_.find(peer);
  if (found == links_.end()) return;
  Link& link = found->second;
  relay_.receive(link.connection, frame);
  ++frames_in_;
  if (link.is_reading && !relay_.wants_input(link.connection)) {
    link.is_reading = false;
    listener_->set_reading(peer, false);
  }
  deliver_later();
}

void Host::on_closed(PeerId peer) {
  const auto found = links_.find(peer);
  if (found == links_.end()) return;
  relay_.close(found->second.connection);
  peers_.erase(found->second.connection);
  links_.erase(found);
}

HttpAnswer Host::on_http(const HttpRequest& request) {
  return answer_page(request, relay_, listener_->counts(), options_.metrics);
}

// --- out ---

// Posted work runs after what the loop has found readable in this round. While more comes, the batch stays open for
// group_delay: the more share a commit, the more can be served.
void Host::deliver_later() {
  if (std::exchange(is_delivery_due_, true)) return;
  loop_->post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->is_shut()) return;
    self->is_delivery_due_ = false;
    const IoLoop::Time now = self->loop_->now();
    if (!self->batch_began_) self->batch_began_ = now;
    self->quiet_rounds_ = std::exchange(self->frames_in_, 0) > 0 ? 0 : self->quiet_rounds_ + 1;
    if (self->quiet_rounds_ < kQuietRounds && now - *self->batch_began_ < self->options_.relay.group_delay)
      return self->deliver_later();
    self->batch_began_.reset();
    self->quiet_rounds_ = 0;
    self->deliver();
  });
}

void Host::deliver() {
  relay_.flush();
  // Serving one may make another ready: a round for each, so that nobody is served without end.
  for (const Relay::Connection connection : relay_.ready()) {
    const auto peer = peers_.find(connection);
    if (peer == peers_.end()) continue;
    serve(peer->second, links_.at(peer->second));
  }
}

void Host::serve(PeerId peer, Link& link) {
  if (link.is_sending) return;  // on_sent() comes back
  std::vector<Bytes> frames = relay_.take(link.connection, kBatchBytes);
  if (!frames.empty()) {
    link.is_sending = true;
    listener_->send(peer, std::move(frames));
  }
  if (!relay_.is_open(link.connection) && relay_.outgoing_bytes(link.connection) == 0) {
    return listener_->close(peer, relay_.is_ready() ? CloseCode::policy : CloseCode::going_away);
  }
  if (!link.is_reading && relay_.wants_input(link.connection)) {
    link.is_reading = true;
    listener_->set_reading(peer, true);
  }
}

void Host::on_sent(PeerId peer) {
  const auto found = links_.find(peer);
  if (found == links_.end()) return;
  found->second.is_sending = false;
  serve(peer, found->second);
}

void Host::tick_later() {
  tick_timer_ = loop_->call_after(options_.tick, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->is_shut()) return;
    self->relay_.tick();
    self->deliver_later();
    self->tick_later();
  });
}

}  // namespace anochat::server
