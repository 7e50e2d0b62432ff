#ifndef FATHOM_CLIENT_VERIFY_STORED_H_
#define FATHOM_CLIENT_VERIFY_STORED_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/connection.h"

// This file reads what the ledger holds of finished trials, to the last bit.
namespace fathom::client {

// One point of a curve. It has no value where the value was not finite.
struct StoredPoint {
  int64_t step = 0;
  std::optional<double> value;
};

// A finished trial as the ledger holds it.
struct StoredTrial {
  int64_t index = 0;
  std::string state;
  std::string numerics;
  int64_t steps = 0;
  int64_t best_step = 0;
  std::optional<double> final_loss;
  std::optional<double> best_loss;
  // The curves by the name of their metric, with ascending steps.
  std::map<std::string, std::vector<StoredPoint>> curves;
};

// Returns whether a trial in this state has a result that is a function of its
// spec: whether it succeeded, diverged or was stopped.
bool IsReproducible(const std::string& state);

// Returns the number of reproducible trials of a sweep by numerics string.
absl::StatusOr<std::map<std::string, int64_t>> CountByNumerics(
    Connection& connection, int64_t sweep_id);

// Returns the highest index of a trial that was given out, or -1 when none was.
absl::StatusOr<int64_t> LastIndex(Connection& connection, int64_t sweep_id);

// Loads those of `trials` that were given out, by index, without their curves.
absl::StatusOr<std::vector<StoredTrial>> LoadEnds(
    Connection& connection, int64_t sweep_id, absl::Span<const int64_t> trials);

// Adds the curves of `trials`, which must be sorted by index. INVALID_ARGUMENT
// when the curves have more than 4 million points.
absl::Status LoadCurves(Connection& connection, int64_t sweep_id,
                        absl::Span<StoredTrial> trials);

// Loads the canonical bytes of a dataset. NOT_FOUND when the ledger does not
// have them, DATA_LOSS when they do not match the digest, and INVALID_ARGUMENT
// when `digest` is no digest.
absl::StatusOr<std::string> LoadDatasetBytes(Connection& connection,
                                             const std::string& digest);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VERIFY_STORED_H_
