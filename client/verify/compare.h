#ifndef FATHOM_CLIENT_VERIFY_COMPARE_H_
#define FATHOM_CLIENT_VERIFY_COMPARE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "client/verify/stored.h"
#include "fathom/v1/worker_service.pb.h"

namespace fathom::client {

// A difference between what the ledger holds of a trial and what a second
// training gives.
struct Discrepancy {
  int64_t trial = 0;
  std::string what;  // A metric, or state, steps, final_loss, ...
  std::optional<int64_t> step;
  std::string stored;
  std::string found;
};

// Writes a double so that no bit is lost: "0.10000000000000001
// (0x1.999999999999ap-4)", or "none" when there is no number.
std::string ExactText(const std::optional<double>& number);

// Compares bit for bit what the ledger holds of a trial with what training the
// trial gave, whose points are in one chunk per list of metrics, and appends
// the differences. Values that are not finite are
// stored as none, and a final or best loss of zero has lost its sign in the
// ledger. Returns the number of stored doubles that were compared.
int64_t CompareTrial(const StoredTrial& stored,
                     absl::Span<const v1::TrialPoints> points,
                     const v1::TrialResult& result,
                     std::vector<Discrepancy>& differences);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VERIFY_COMPARE_H_
