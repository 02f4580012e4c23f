#include "net/pipe.hpp"

#include <utility>

namespace anochat::net {
namespace {

constexpr std::uint16_t kUnsupported = 1003;
constexpr std::uint16_t kPolicy = 1008;
constexpr std::uint16_t kTryAgainLater = 1013;
constexpr std::chrono::seconds kControlPeriod{10};
constexpr std::size_t kFreePieces = 64;     // that any message may come in
constexpr std::uint64_t kSilentReads = 64;  // of the socket, that may bring neither content nor control frames
constexpr std::size_t kLeastPerPiece = 16;  // bytes, on average, that further pieces must bring

}  // namespace

void Pipe::begin(Time now) {
  is_open_ = true;
  heard_ = control_since_ = now;
  read();
}

// --- in ---

void Pipe::set_reading(bool is_on) {
  if (is_on && !wants_input_) heard_ = message_began_ = IoLoop::Time::clock::now();  // it was our silence
  wants_input_ = is_on;
  if (is_on) read();
}

void Pipe::read() {
  if (is_reading_ || !is_open() || !wants_input_) return;
  const MutableByteView room = message_.room();
  if (room.empty()) {
    return refuse(kTryAgainLater, {Errc::too_large, "too many unfinished messages at one time"});
  }
  is_reading_ = true;
  stream_->read(room, shared_from_this());
}

void Pipe::on_read(const StreamResult& result, std::size_t bytes, bool is_whole) {
  is_reading_ = false;
  if (is_over_) return;
  if (result.failure) {
    if (is_flooded_) return end({Errc::rate_limited, "too many control frames"}, PipeEnd::bad_input);
    if (!says_goodbye_) end(result);  // otherwise that operation hears of the end
    return;
  }
  note_heard();
  if (!is_open()) return;
  if (stream_->is_text()) return refuse(kUnsupported, {Errc::bad_message, "a text message; frames are binary"});
  if (pieces_++ == 0) message_began_ = heard_;
  message_.add(bytes);
  if (is_whole) {
    pieces_ = 0;
    on_message(message_.view());
    message_.clear();
  } else if (pieces_ > kFreePieces + message_.size() / kLeastPerPiece) {
    return refuse(kPolicy, {Errc::bad_message, "a message in too many pieces"});
  }
  read();
}

void Pipe::on_control() {
  note_heard();
  if (heard_ - control_since_ >= kControlPeriod) {
    control_since_ = heard_;
    control_count_ = 0;
  }
  if (++control_count_ <= limits_.control_frames) return;
  is_flooded_ = true;  // the stream is in the middle of a read, whose end on_read() is told
  stream_->abort();
}

// --- out ---

void Pipe::send(Bytes message) {
  if (!is_open()) return;
  queued_bytes_ += message.size();
  queue_.push_back(std::move(message));
  write();
}

void Pipe::write() {
  if (is_writing_ || is_over_ || first_ == queue_.size()) return;
  is_writing_ = true;
  write_began_ = IoLoop::Time::clock::now();
  stream_->write(queue_[first_], shared_from_this());
}

void Pipe::on_written(const StreamResult& result) {
  is_writing_ = false;
  if (is_over_) return;
  if (result.failure) return end(result);
  queued_bytes_ -= queue_[first_].size();
  Bytes().swap(queue_[first_]);
  if (++first_ < queue_.size()) return write();
  first_ = 0;
  std::vector<Bytes>().swap(queue_);  // most connections are idle most of the time
  if (is_closing_) return say_goodbye();
  on_all_sent();
}

void Pipe::on_pinged(const StreamResult& result) {
  is_pinging_ = false;
  if (!is_over_ && !says_goodbye_ && result.failure) end(result);
}

// --- the end ---

void Pipe::close(std::uint16_t code) {
  if (!is_open()) return;
  is_closing_ = true;
  close_code_ = code;
  close_began_ = IoLoop::Time::clock::now();
  if (first_ == queue_.size()) say_goodbye();
}

void Pipe::say_goodbye() {
  if (says_goodbye_ || is_over_) return;
  says_goodbye_ = true;
  stream_->say_goodbye(close_code_, shared_from_this());
}

void Pipe::on_said_goodbye(const StreamResult& /*result*/) {
  if (!is_over_) end({Errc::network_failed, "closed"});
}

void Pipe::refuse(std::uint16_t code, const ConnectionFailure& why) {
  if (is_over_ || is_closing_) return;
  close(code);  // the other side is told if it listens
  end(why, why.code == Errc::timed_out ? PipeEnd::timed_out : PipeEnd::bad_input);
}

void Pipe::end(const StreamResult& result) {
  end(*result.failure, result.is_peer_at_fault ? PipeEnd::bad_input : PipeEnd::other);
}

void Pipe::end(const ConnectionFailure& why, PipeEnd how) {
  if (is_over_) return;
  const auto self = shared_from_this();
  abandon();
  on_end(why, how);
}

void Pipe::abandon() noexcept {
  is_over_ = true;
  if (stream_) stream_->abort();
}

const char* Pipe::late(Time now) const noexcept {
  if (is_over_ || !is_open_) return nullptr;
  if (is_closing_) return now - close_began_ > limits_.close_deadline ? "closed without an answer" : nullptr;
  if (is_writing_ && now - write_began_ > limits_.write_deadline) return "the other side does not read";
  if (!wants_input_) return nullptr;
  if (pieces_ > 0 && now - message_began_ > limits_.frame_deadline) return "a message took too long to arrive";
  return now - heard_ > 2 * limits_.keep_alive ? "the other side is silent" : nullptr;
}

bool Pipe::wants_ping(Time now) const noexcept {
  return is_open() && wants_input_ && !is_pinging_ && now - heard_ > limits_.keep_alive;
}

// Empty fragments are nobody's message and no operation's end, and could go on for ever.
bool Pipe::says_nothing() const noexcept {
  return is_open() && is_reading_ && stream_->reads() - reads_ > kSilentReads;
}

void Pipe::note_heard() noexcept {
  heard_ = IoLoop::Time::clock::now();
  reads_ = stream_->reads();
}

void Pipe::check(Time now) {
  if (const char* what = late(now)) return end({Errc::timed_out, what}, PipeEnd::timed_out);
  if (says_nothing()) return refuse(kPolicy, {Errc::bad_message, "fragments without content"});
  if (!wants_ping(now)) return;
  is_pinging_ = true;
  stream_->ping(shared_from_this());
}

}  // namespace anochat::net
