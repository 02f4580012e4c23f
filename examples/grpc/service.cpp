#include "service.hpp"

#include <anochat/base/error.hpp>
#include <anochat/crypto/address.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace {

using namespace anochat;
namespace api = anochat::example::v1;

/// What a caller can do about it decides the code; the text says what happened.
grpc::Status status_of(const Error& error) {
  switch (error.code()) {
    case Errc::invalid_argument:
    case Errc::bad_address:
    case Errc::bad_content:
    case Errc::too_large:
      return {grpc::StatusCode::INVALID_ARGUMENT, error.what()};
    case Errc::blocked:
    case Errc::untrusted_identity:
      return {grpc::StatusCode::PERMISSION_DENIED, error.what()};
    case Errc::disk_full:
    case Errc::out_of_memory:
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, error.what()};
    default:
      return {grpc::StatusCode::UNAVAILABLE, error.what()};
  }
}

template <class Use>
grpc::Status answer(Use&& use) try {
  use();
  return grpc::Status::OK;
} catch (const Error& error) {
  return status_of(error);
}

std::optional<api::Received> received_from(ClientDriver& driver, const Event& event) {
  const auto* arrived = std::get_if<event::MessageReceived>(&event);
  if (arrived == nullptr || arrived->is_outgoing) return std::nullopt;
  const auto message = driver.with([&](const Client& me) { return me.message(arrived->message); });
  if (!message) return std::nullopt;  // deleted meanwhile
  api::Received out;
  out.set_id(static_cast<std::int64_t>(arrived->message));
  out.set_sender(account_text(arrived->sender));
  out.set_text(message->body);
  return out;
}

}  // namespace

grpc::Status Service::GetAccount(grpc::ServerContext*, const api::GetAccountRequest*, api::GetAccountReply* reply) {
  return answer([&] { reply->set_account(driver_.with([](const Client& me) { return account_text(me.account()); })); });
}

grpc::Status Service::Send(grpc::ServerContext*, const api::SendRequest* request, api::SendReply* reply) {
  return answer([&] {
    const AccountId peer = Address::parse(request->to()).account;
    const auto id = driver_.with([&](Client& me) { return me.send_text(me.conversation_with(peer), request->text()); });
    reply->set_id(static_cast<std::int64_t>(id));
  });
}

/// One event at a time, so that nothing has been taken that a caller who goes away will not see but the one.
grpc::Status Service::Watch(grpc::ServerContext* context, const api::WatchRequest*,
                            grpc::ServerWriter<api::Received>* writer) {
  if (is_watched_.exchange(true)) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "somebody watches already"};
  const grpc::Status status = answer([&] {
    while (!context->IsCancelled() && !is_stopping_) {
      for (const Event& event : driver_.wait_events(std::chrono::milliseconds(100), 1)) {
        const auto received = received_from(driver_, event);
        if (received && !writer->Write(*received)) return;
      }
    }
  });
  is_watched_ = false;
  return status;
}
