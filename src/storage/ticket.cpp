#include "storage/ticket.hpp"

#include <anochat/base/error.hpp>
#include <anochat/storage/transaction.hpp>
#include <utility>

namespace anochat::storage {

Ticket::Ticket() noexcept = default;
Ticket::Ticket(Ticket&&) noexcept = default;
Ticket& Ticket::operator=(Ticket&&) noexcept = default;
Ticket::~Ticket() = default;

void Ticket::get() {
  if (!state_) throw Error(Errc::wrong_state, "ticket.get");
  const auto state = std::move(state_);
  std::exception_ptr error;
  {
    std::unique_lock lock(state->mutex);
    state->changed.wait(lock, [&] { return state->is_done; });
    error = std::move(state->error);
  }
  if (error) std::rethrow_exception(std::move(error));
}

bool Ticket::wait_for(std::chrono::milliseconds most) const {
  if (!state_) throw Error(Errc::wrong_state, "ticket.wait_for");
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, most, [this] { return state_->is_done; });
}

}  // namespace anochat::storage
