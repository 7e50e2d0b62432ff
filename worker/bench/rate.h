#ifndef FATHOM_WORKER_BENCH_RATE_H_
#define FATHOM_WORKER_BENCH_RATE_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/data/problem.h"

namespace fathom::worker::bench {

// A net of the paper's kind: every hidden layer of one width, one output.
struct Net {
  int depth = 1;
  int width = 1;
};

// Returns `count` normalized trials of gradient descent on the l_p loss, each
// with a learning rate and a seed of its own, that do not diverge on data like
// that of StandardData, and take longer than anyone will wait.
std::vector<v1::TrialSpec> RateTrials(Net net, double p,
                                      v1::Precision precision, int count);

// Generated data of `rows` x `columns` and one target.
v1::DataSpec StandardData(int64_t rows, int32_t columns);

// How fast trials train.
struct Rate {
  double per_second = 0;  // Steps times trials per second of wall time.
  int lasting = 0;        // Trials that had not ended when it was measured.
};

// Trains `trials`, dealt out to `slots` threads as bundles, for about `seconds`
// after their first step, and measures the second half of that. CANCELLED as
// soon as `keep_going`, which is called on any of these threads, says so;
// FAILED_PRECONDITION when all trials of a slot have ended, by its error if it
// failed, or no engine trains one; INVALID_ARGUMENT when they are not all of
// one engine.
absl::StatusOr<Rate> TrainingRate(const Problem& problem,
                                  absl::Span<const v1::TrialSpec> trials,
                                  int slots, double seconds,
                                  absl::FunctionRef<bool()> keep_going);

}  // namespace fathom::worker::bench

#endif  // FATHOM_WORKER_BENCH_RATE_H_
