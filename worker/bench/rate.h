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

// A net as in the paper, with one width for every hidden layer and one output.
struct Net {
  int depth = 1;
  int width = 1;
};

// Returns `count` normalized trials of gradient descent on the l_p loss, each
// with a learning rate and a seed of its own. They do not diverge on data like
// that of StandardData, and have too many steps to end during a measurement.
std::vector<v1::TrialSpec> RateTrials(Net net, double p,
                                      v1::Precision precision, int count);

// Returns the spec of generated data of `rows` x `columns` with one target.
v1::DataSpec StandardData(int64_t rows, int32_t columns);

// The speed at which trials train.
struct Rate {
  double per_second = 0;  // Steps times trials per second of wall time.
  int lasting = 0;        // Trials that had not ended.
};

// Trains `trials`, dealt out as bundles to `slots` threads, for about `seconds`
// after their first step, and measures the second half of this time. CANCELLED
// as soon as `keep_going`, which is called on any of these threads, has
// returned false. FAILED_PRECONDITION when no engine trains a trial, or when
// all trials of a slot have ended, with the error of the first one that failed
// if any did. INVALID_ARGUMENT when the trials are not all of one engine.
absl::StatusOr<Rate> TrainingRate(const Problem& problem,
                                  absl::Span<const v1::TrialSpec> trials,
                                  int slots, double seconds,
                                  absl::FunctionRef<bool()> keep_going);

}  // namespace fathom::worker::bench

#endif  // FATHOM_WORKER_BENCH_RATE_H_
