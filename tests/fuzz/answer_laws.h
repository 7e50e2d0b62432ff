#ifndef FATHOM_TESTS_FUZZ_ANSWER_LAWS_H_
#define FATHOM_TESTS_FUZZ_ANSWER_LAWS_H_

#include <algorithm>
#include <cstdint>

#include "fathom/v1/sweep_service.pb.h"
#include "tests/fuzz/fuzz.h"

// This file has laws that every answer obeys, whatever was asked.
namespace fathom::fuzz {

// The approximate size of a batch of curves; see LedgerReader::ReadCurves.
constexpr int64_t kBatchBytes = int64_t{1} << 20;

inline void RequireWhole(const v1::Sweep& sweep) {
  const v1::Progress& progress = sweep.progress();
  const int64_t counts[] = {progress.pending(),   progress.leased(),
                            progress.succeeded(), progress.diverged(),
                            progress.stopped(),   progress.failed(),
                            progress.cancelled()};
  int64_t sum = 0;
  for (const int64_t count : counts) {
    Require(count >= 0, "counters count");
    sum += count;
  }
  Require(sum == sweep.trial_count(), "every trial is in one state");
}

// Requires the laws of a batch whose predecessor ends with trial `last`, and
// returns the last trial of the batch.
inline int64_t RequireBatch(const v1::CurveBatch& batch, int64_t last) {
  for (const int64_t trial : batch.trials()) {
    Require(trial > last, "curves ascend by trial");
    last = trial;
  }
  Require(batch.counts_size() == batch.trials_size() &&
              batch.states_size() == batch.trials_size(),
          "every curve is whole");
  int64_t longest = 0;
  for (const int64_t count : batch.counts()) {
    longest = std::max(longest, count);
  }
  // Points with steps of their own take some bytes more.
  Require(static_cast<int64_t>(batch.ByteSizeLong()) <=
              kBatchBytes + kBatchBytes / 16 + 16 * longest,
          "a batch of curves is a MiB, and a curve more");
  return last;
}

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_ANSWER_LAWS_H_
