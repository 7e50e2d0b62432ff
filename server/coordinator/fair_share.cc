#include "server/coordinator/fair_share.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace fathom::server {
namespace {

constexpr int32_t kMaxPriority = 1000;
constexpr double kMinWeight = 0.001;
constexpr double kMaxWeight = 1000;

// The seconds that a lease counts from its first instant.
constexpr double kGrantSeconds = 1;

}  // namespace

absl::Status CheckPriority(int32_t priority) {
  if (priority >= -kMaxPriority && priority <= kMaxPriority) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("found priority ", priority,
                                                 ", expected ", -kMaxPriority,
                                                 " to ", kMaxPriority));
}

absl::Status CheckWeight(double weight) {
  if (weight >= kMinWeight && weight <= kMaxWeight) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "found weight ", weight, ", expected ", kMinWeight, " to ", kMaxWeight));
}

FairShare::Account& FairShare::Open(int64_t sweep_id, const ShareTerms& terms) {
  Account& account = accounts_[sweep_id];
  account.terms_ = terms;
  return account;
}

// An open lease has lasted for now - begun = (now - start_) - (begun - start_),
// so the sum of begun - start_ over the open leases gives their total time at
// every `now`.
double FairShare::ShareOf(const Account& account, absl::Time now) const {
  const auto open = static_cast<double>(account.open_leases_);
  const double seconds =
      absl::ToDoubleSeconds(account.held_ - account.begun_sum_) +
      open * absl::ToDoubleSeconds(now - start_) + open * kGrantSeconds;
  return account.offset_ + seconds / account.terms_.weight;
}

void FairShare::LeaseBegins(Account& account, absl::Time now) {
  ++account.open_leases_;
  account.begun_sum_ += now - start_;
}

void FairShare::LeaseEnds(Account& account, absl::Time begun, absl::Time now) {
  --account.open_leases_;
  account.begun_sum_ -= begun - start_;
  account.held_ += now - begun;
}

std::optional<double> FairShare::LeastOfOthers(const Account& account,
                                               Competes competes,
                                               absl::Time now) const {
  std::optional<double> competing;
  std::optional<double> any;
  for (const auto& [sweep_id, other] : accounts_) {
    if (&other == &account ||
        other.terms_.priority != account.terms_.priority) {
      continue;
    }
    const double share = ShareOf(other, now);
    any = std::min(any.value_or(share), share);
    if (!competes(sweep_id)) continue;
    competing = std::min(competing.value_or(share), share);
  }
  return competing.has_value() ? competing : any;
}

void FairShare::Join(Account& account, Competes competes, absl::Time now) {
  const std::optional<double> least = LeastOfOthers(account, competes, now);
  if (!least.has_value()) return;
  account.offset_ += std::max(0.0, *least - ShareOf(account, now));
}

void FairShare::Change(Account& account, const ShareTerms& terms,
                       Competes competes, absl::Time now) {
  const ShareTerms before = account.terms_;
  const bool moves = terms.priority != before.priority;
  const double share = ShareOf(account, now);
  if (!before.paused && (moves || terms.paused)) {
    const double least =
        LeastOfOthers(account, competes, now).value_or(share - account.lead_);
    account.lead_ = std::max(0.0, share - least);
  }
  account.terms_ = terms;
  // The time that the sweep has had counts as before; the new weight applies
  // only to the time that follows.
  account.offset_ += share - ShareOf(account, now);
  if (!terms.paused && (moves || before.paused)) {
    const double least =
        LeastOfOthers(account, competes, now).value_or(share - account.lead_);
    account.offset_ += least + account.lead_ - share;
  }
}

}  // namespace fathom::server
