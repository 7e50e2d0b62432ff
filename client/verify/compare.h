#ifndef FATHOM_CLIENT_VERIFY_COMPARE_H_
#define FATHOM_CLIENT_VERIFY_COMPARE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/verify/stored.h"
#include "fathom/v1/worker_service.pb.h"

namespace fathom::client {

// Something that the ledger holds and a second training does not give, or the
// other way round.
struct Difference {
  int64_t trial = 0;
  std::string what;  // A metric, or state, steps, final_loss, ...
  std::optional<int64_t> step;
  std::string stored;
  std::string found;
};

// Writes a double so that no bit is left out: "0.10000000000000001
// (0x1.999999999999ap-4)"; "none" without one.
std::string ExactText(const std::optional<double>& number);

// Compares what is stored of a trial with what training it gave, bit for bit,
// and appends the differences. What is not finite is stored as none, and the
// losses at the end have no sign of zero. Returns the number of stored doubles
// that were compared.
int64_t CompareTrial(const StoredTrial& stored, const v1::TrialPoints& points,
                     const v1::TrialResult& result,
                     std::vector<Difference>& differences);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VERIFY_COMPARE_H_
