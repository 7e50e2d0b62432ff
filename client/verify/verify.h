#ifndef FATHOM_CLIENT_VERIFY_VERIFY_H_
#define FATHOM_CLIENT_VERIFY_VERIFY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "client/connection.h"
#include "client/verify/compare.h"
#include "client/verify/plan.h"

namespace fathom::client {

// What is to be verified.
struct VerifyRequest {
  SampleSize sample = {};
  uint64_t seed = 1;
  int slots = 1;
  // If set, only this trial is trained, once: alone, on one slot, with the
  // instruction set in use. `sample`, `seed` and `slots` do not count then.
  std::optional<int64_t> trial = {};
};

// What a verification found.
struct VerifyReport {
  // One way to train, summed over all bundles and data.
  struct Way {
    std::string isa;
    int slots = 1;
    int64_t trainings = 0;
    int largest_bundle = 0;  // In lanes.
    int64_t doubles = 0;     // Doubles that were compared.
  };
  // A difference, and the way and bundle that showed it.
  struct Finding {
    Discrepancy difference;
    int way = 0;
    int lanes = 1;
  };

  int64_t finished = 0;    // Reproducible trials of our numerics.
  int64_t sampled = 0;     // Trials that were drawn from these.
  int64_t unfinished = 0;  // Skipped: pending, leased or cancelled.
  int64_t failed = 0;      // Skipped: perhaps the worker's fault.
  // Skipped: trials by numerics.
  std::map<std::string, int64_t> other_numerics;
  int64_t trials = 0;   // Trained again at least once.
  int64_t doubles = 0;  // Stored doubles of these trials.
  std::vector<Way> ways;
  int64_t difference_count = 0;
  std::vector<Finding> findings;  // The first 20.
  bool interrupted = false;
};

// How far a verification has come.
struct VerifyProgress {
  int64_t trainings = 0;  // Trainings done, of all_trainings.
  int64_t all_trainings = 0;
  int64_t differences = 0;
  double fraction = 0;  // Share of the steps.
};

// Trains finished trials of the sweep again, here and now, and compares the
// results with the ledger. The trials and the ways to pack them follow from the
// seed. `keep_going` is called a few times a second, on any thread but by one
// at a time. Once it returns false, the report covers what was compared until
// then.
//
// Memory is that of the data and of some hundred curves and lanes. Errors are
// those of reading the ledger, and FAILED_PRECONDITION when no trial, or not
// the one that is asked for, can be compared.
absl::StatusOr<VerifyReport> VerifySweep(
    Connection& connection, const v1::Sweep& sweep,
    const VerifyRequest& request,
    absl::FunctionRef<bool(const VerifyProgress&)> keep_going);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VERIFY_VERIFY_H_
