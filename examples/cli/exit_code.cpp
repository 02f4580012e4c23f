#include "exit_code.hpp"

namespace cli {

using anochat::Errc;

ExitCode exit_code_of(Errc code) noexcept {
  switch (code) {
    case Errc::invalid_argument:
    case Errc::bad_address:
    case Errc::too_large:
      return ExitCode::usage;
    case Errc::not_found:
    case Errc::already_exists:
      return ExitCode::not_found;
    case Errc::wrong_key:
    case Errc::kdf_policy:
      return ExitCode::passphrase;
    case Errc::not_a_store:
    case Errc::store_corrupt:
    case Errc::store_busy:
    case Errc::io_failed:
    case Errc::disk_full:
    case Errc::newer_format:
    case Errc::newer_schema:
    case Errc::rolled_back:
    case Errc::read_only:
    case Errc::bad_state:
    case Errc::unsupported_state:
      return ExitCode::store;
    case Errc::network_failed:
    case Errc::timed_out:
      return ExitCode::network;
    case Errc::tls_failed:
      return ExitCode::tls;
    case Errc::unauthorised:
    case Errc::rate_limited:
    case Errc::quota_exceeded:
      return ExitCode::refused;
    case Errc::untrusted_identity:
    case Errc::identity_changed:
    case Errc::blocked:
      return ExitCode::trust;
    default:
      return ExitCode::internal;
  }
}

std::string_view advice_for(Errc code) noexcept {
  switch (code) {
    case Errc::wrong_key:
      return "Try the passphrase again. Without it, or an export, nobody can read the profile.";
    case Errc::store_busy:
      return "Another anochat has this profile open. Close it, or take another with --profile.";
    case Errc::disk_full:
      return "Make room on the disk and repeat the command: nothing was lost.";
    case Errc::read_only:
      return "Check who owns the profile's folder and whether the disk may be written.";
    case Errc::store_corrupt:
      return "Run \"anochat doctor\". If it cannot help, go back to an export.";
    case Errc::newer_format:
    case Errc::newer_schema:
      return "Use the version of anochat that wrote the profile, or a later one.";
    case Errc::rolled_back:
      return "The profile was replaced by an older copy. If you did that, go on from an export instead.";
    case Errc::bad_address:
      return "Copy the whole address: it begins with ano1 and has 60 characters. Or use an invite link.";
    case Errc::network_failed:
    case Errc::timed_out:
      return "Check the relay's address and your connection; \"anochat doctor\" tells more.";
    case Errc::tls_failed:
      return "Check the host name in the relay's address and the certificate's dates. A relay with its own CA needs "
             "--ca-file.";
    case Errc::unauthorised:
      return "The relay does not let this device in. Ask its owner, or check the relay's address.";
    case Errc::rate_limited:
      return "Too much at once. Wait a minute and try again.";
    case Errc::quota_exceeded:
      return "The other side's mailbox is full. Try again when they have read their messages.";
    case Errc::untrusted_identity:
    case Errc::identity_changed:
      return "The contact's keys have changed. Compare the safety number (anochat verify), then: anochat contacts "
             "accept.";
    case Errc::blocked:
      return "The contact is blocked. \"anochat contacts allow\" lets it in again.";
    default:
      return {};
  }
}

}  // namespace cli
