#include "proto/sweep/facts/states.h"

#include <iterator>

namespace fathom {
namespace {

using Kind = StateFacts::Kind;
using v1::Progress;

constexpr StateFacts kStates[] = {
    {v1::TRIAL_STATE_PENDING, Kind::kOpen, &Progress::pending,
     &Progress::set_pending},
    {v1::TRIAL_STATE_LEASED, Kind::kOpen, &Progress::leased,
     &Progress::set_leased},
    {v1::TRIAL_STATE_SUCCEEDED, Kind::kFinding, &Progress::succeeded,
     &Progress::set_succeeded},
    {v1::TRIAL_STATE_DIVERGED, Kind::kFinding, &Progress::diverged,
     &Progress::set_diverged},
    {v1::TRIAL_STATE_STOPPED, Kind::kFinding, &Progress::stopped,
     &Progress::set_stopped},
    {v1::TRIAL_STATE_FAILED, Kind::kError, &Progress::failed,
     &Progress::set_failed},
    {v1::TRIAL_STATE_CANCELLED, Kind::kNever, &Progress::cancelled,
     &Progress::set_cancelled},
};

// Row i belongs to the state of number i + 1. The assertion below makes a state
// without a row an error of compilation.
constexpr bool HasEveryState() {
  for (int i = 0; i < static_cast<int>(std::size(kStates)); ++i) {
    if (kStates[i].state != i + 1) return false;
  }
  return std::size(kStates) == v1::TrialState_MAX;
}
static_assert(HasEveryState());

const StateFacts* Find(int64_t state) {
  const bool known = state >= 1 && state <= v1::TrialState_MAX;
  return known ? &kStates[state - 1] : nullptr;
}

}  // namespace

absl::Span<const StateFacts> TrialStates() { return kStates; }

bool IsFinding(int64_t state) {
  const StateFacts* facts = Find(state);
  return facts != nullptr && facts->kind == Kind::kFinding;
}

bool IsOutcome(int64_t state) {
  const StateFacts* facts = Find(state);
  return facts != nullptr &&
         (facts->kind == Kind::kFinding || facts->kind == Kind::kError);
}

bool IsOpen(int64_t state) {
  const StateFacts* facts = Find(state);
  return facts != nullptr && facts->kind == Kind::kOpen;
}

int64_t CountOutcomes(const v1::Progress& progress) {
  int64_t sum = 0;
  for (const StateFacts& facts : kStates) {
    if (IsOutcome(facts.state)) sum += (progress.*facts.count)();
  }
  return sum;
}

void AddToCount(v1::TrialState state, int64_t count, v1::Progress* progress) {
  const StateFacts* facts = Find(state);
  if (facts == nullptr) return;
  (progress->*facts->set_count)((progress->*facts->count)() + count);
}

}  // namespace fathom
