// driver/core.hpp - the driver itself. Its handle may move; this may not.
#pragma once

#include <anochat/driver/client_driver.hpp>

#include "driver/event_signal.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace anochat {

/// The client, the events and the state are everybody's and have the lock; the connection is the loop's and has none.
/// The lock is held while the client works, never while anything waits for the network.
class ClientDriver::Core final : public TransportHandler, public std::enable_shared_from_this<Core> {
 public:
  Core(Client&& client, DriverOptions options);
  ~Core() override = default;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void start();

  // any thread
  void lock_client();
  void unlock_client() noexcept;
  [[nodiscard]] Client& client() noexcept { return *client_; }
  [[nodiscard]] std::vector<Event> take_events(std::size_t most);
  [[nodiscard]] std::vector<Event> wait_events(std::chrono::milliseconds timeout, std::size_t most);
  [[nodiscard]] int event_fd() const noexcept { return signal_.descriptor(); }
  [[nodiscard]] ConnectionState state() const;
  [[nodiscard]] bool wait_until_online(std::chrono::milliseconds timeout);
  void reconnect();
  void stop() noexcept;

 private:
  using Phase = ConnectionState::Phase;
  using Lock = std::unique_lock<std::mutex>;
  using Time = IoLoop::Time;

  // The loop's. What can fail is told to fail(), which begins the next attempt.
  void on_open() override;
  void on_frame(ByteView frame) override;
  void on_writable() override { pump(); }
  void on_closed(const ConnectionFailure& why) override;
  void connect();
  void pump();
  void send_frames();
  void let_store_rest() noexcept;
  void ping_relay(Time now);
  void tick();
  void look_later();
  void wait_for(std::chrono::milliseconds pause);
  void drop(ConnectionFailure why);
  void shut();
  [[nodiscard]] std::unique_ptr<Transport> make_transport();
  [[nodiscard]] std::chrono::milliseconds pause_after(Errc code);

  // With the lock.
  void collect_events() noexcept;
  void set_phase(Phase phase);
  void note_goodbye();

  void post(void (Core::*work)());
  [[nodiscard]] std::vector<Event> take_events(Lock& lock, std::size_t most);

  const DriverOptions options_;
  SystemClock system_clock_;
  NullLog null_log_;
  std::optional<SystemRandom> system_random_;
  const Clock& clock_;
  Log& log_;
  BackOff back_off_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Client> client_;
  std::deque<Event> events_;
  driver::EventSignal signal_;
  ConnectionState state_;
  Time next_attempt_{};
  std::optional<Goodbye> goodbye_;
  std::shared_ptr<IoLoop> loop_;
  bool is_stopping_ = false;
  bool is_shut_ = false;
  bool is_paused_ = false;  // nothing is read, because too many events wait

  std::unique_ptr<Transport> transport_;
  std::deque<Bytes> unsent_;                     // taken from the client, and not yet by the transport
  std::optional<ConnectionFailure> own_reason_;  // why we close the connection
  Time opened_{};
  Time online_since_{};
  Time last_sent_{};
  bool is_open_ = false;
  bool was_online_ = false;
  IoLoop::Timer attempt_timer_ = 0;
  IoLoop::Timer tick_timer_ = 0;
  Time store_rests_until_{};  // after an error of the store
};

}  // namespace anochat
