// service.hpp - the calls of messenger.proto, answered by one client of the SDK.
#pragma once

#include <anochat/driver/client_driver.hpp>

#include <messenger.grpc.pb.h>

#include <atomic>

class Service final : public anochat::example::v1::Messenger::Service {
 public:
  explicit Service(anochat::ClientDriver& driver) : driver_(driver) {}

  grpc::Status GetAccount(grpc::ServerContext* context, const anochat::example::v1::GetAccountRequest* request,
                          anochat::example::v1::GetAccountReply* reply) override;
  grpc::Status Send(grpc::ServerContext* context, const anochat::example::v1::SendRequest* request,
                    anochat::example::v1::SendReply* reply) override;
  grpc::Status Watch(grpc::ServerContext* context, const anochat::example::v1::WatchRequest* request,
                     grpc::ServerWriter<anochat::example::v1::Received>* writer) override;

  /// Ends a call that watches; for the end of the process.
  void stop() { is_stopping_ = true; }

 private:
  anochat::ClientDriver& driver_;
  std::atomic<bool> is_watched_{false};
  std::atomic<bool> is_stopping_{false};
};
