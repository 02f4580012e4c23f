#include "client/answers.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>
#include <utility>

#include "client/bundles.hpp"
#include "client/engine.hpp"
#include "client/prekey_keeper.hpp"
#include "client/profiles.hpp"
#include "client/receipts.hpp"

namespace anochat::client {
namespace {

constexpr std::chrono::seconds kShortestPause{30};
constexpr std::chrono::seconds kLongestPause{std::chrono::hours{1}};

/// The older an envelope is that the relay does not take, the longer it waits for the next attempt.
UnixTime next_attempt(UnixTime now, UnixTime created) {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - created);
  return now + std::clamp(age, kShortestPause, kLongestPause);
}

bool is_passing(Errc code) noexcept {
  switch (code) {
    case Errc::rate_limited:
    case Errc::quota_exceeded:
    case Errc::unauthorised:  // with a fresh token, or as a first contact, it may go
    case Errc::internal:
    case Errc::network_failed:
    case Errc::timed_out:
    case Errc::store_busy:
    case Errc::disk_full:
    case Errc::io_failed: return true;
    default: return false;
  }
}

void take_result(Unit& unit, const SubmittedRow& row, std::int32_t result) {
  storage::Outbox& outbox = unit.records().outbox;
  const auto code = static_cast<Errc>(result);
  if (result != 0 && is_passing(code)) {
    if (code == Errc::unauthorised) {  // a new token, or a device that is not on the list any more
      forget_token(unit.records(), row.recipient.account);
      unit.want(row.recipient.account);
    }
    if (outbox.find(row.row)) outbox.retry_at(row.row, next_attempt(unit.now, row.created));
    return;
  }
  outbox.remove(row.row);
  if (!row.message || outbox.count_for(*row.message) != 0) return;
  if (result == 0) {
    set_status(unit, *row.message, storage::MessageStatus::sent);
  } else {
    set_status(unit, *row.message, storage::MessageStatus::failed, code);
  }
}

struct Answer {
  Engine& engine;
  const RelayFrame& frame;

  void operator()(const std::monostate& /*ask*/) const {}
  void operator()(const ask::Login& /*ask*/) const {}
  void operator()(const ask::Acknowledge& /*ask*/) const {}
  void operator()(const ask::PublishAccount& ask) const {
    if (!std::holds_alternative<Done>(frame.body)) return;
    Unit unit(engine);
    unit.records().meta.set_number("published_list", ask.list_version);
    unit.commit();
  }
  void operator()(const ask::PublishPreKeys& ask) const {
    if (!std::holds_alternative<Done>(frame.body)) return;
    Unit unit(engine);
    for (const auto& [kind, id] : ask.keys) {
      try {
        unit.records().prekeys.mark_published(kind, id, unit.now);
      } catch (const Error& error) {
        if (error.code() != Errc::prekey_unknown) throw;  // somebody has used it already
      }
    }
    if (ask.replaces_all) note_replaced(unit);
    unit.commit();
    engine.courier.wants_prekeys = true;  // there may be more than one frame can hold
  }
  void operator()(const ask::Count& /*ask*/) const {
    const auto* left = std::get_if<PreKeyCount>(&frame.body);
    if (left == nullptr) return;
    Unit unit(engine);
    refill_prekeys(unit, *left);
    unit.commit();
  }
  void operator()(const ask::Fetch& ask) const {
    const auto* fetched = std::get_if<FetchedAccounts>(&frame.body);
    for (const AccountId& account : ask.accounts) {
      if (!take(fetched, account, /*is_list_only=*/false)) engine.courier.want_later(account, engine.now() + kFetchPause);
    }
    for (const AccountId& account : ask.lists) {
      if (!take(fetched, account, /*is_list_only=*/true)) engine.courier.want_list(account, engine.now() + kFetchPause);
    }
  }
  void operator()(const ask::Submit& ask) const {
    if (ask.rows.empty()) return;
    const auto* submitted = std::get_if<Submitted>(&frame.body);
    const auto* refused = std::get_if<Refused>(&frame.body);
    if (submitted == nullptr && refused == nullptr) return;
    if (submitted != nullptr && submitted->results.size() != ask.rows.size()) return retry(ask);
    Unit unit(engine);
    for (std::size_t i = 0; i < ask.rows.size(); ++i) {
      // A frame that was refused as a whole says nothing about its single envelopes.
      take_result(unit, ask.rows[i], submitted ? submitted->results[i] : static_cast<std::int32_t>(Errc::rate_limited));
    }
    unit.commit();
    for (const SubmittedRow& row : ask.rows) engine.courier.landed(row.row);
  }

 private:
  /// @return whether the answer holds the account
  bool take(const FetchedAccounts* fetched, const AccountId& account, bool is_list_only) const {
    if (fetched == nullptr) return false;
    const auto found = std::find_if(fetched->accounts.begin(), fetched->accounts.end(),
                                    [&account](const FetchedAccount& one) { return one.account == account; });
    if (found == fetched->accounts.end()) return false;
    Unit unit(engine);
    take_account(unit, *found, is_list_only);
    unit.commit();
    return true;
  }
  void retry(const ask::Submit& ask) const {
    for (const SubmittedRow& row : ask.rows) engine.courier.landed(row.row);
    engine.courier.reload();
  }
};

}  // namespace

void take_answer(Engine& engine, const RelayFrame& frame) {
  const Ask ask = engine.courier.end(frame.request);
  try {
    std::visit(Answer{engine, frame}, ask);
  } catch (...) {
    engine.courier.again(ask);  // the store did not take it: the relay will say it once more
    throw;
  }
}

}  // namespace anochat::client
