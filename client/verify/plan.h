#ifndef FATHOM_CLIENT_VERIFY_PLAN_H_
#define FATHOM_CLIENT_VERIFY_PLAN_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/embedded.h"

// What `fathom verify` draws: everything follows from the generator.
namespace fathom::client {

// How many trials to take, as --sample says it.
struct SampleSize {
  double percent = 1;
  // Whatever the percentage comes to, this many; with a plain number both are
  // the same.
  int64_t least = 20;
  int64_t most = 1000;
};

// Reads "1%", "2.5%" or "200"; INVALID_ARGUMENT otherwise. A percentage that
// was asked for has no other bounds than one trial and all of them.
absl::StatusOr<SampleSize> ParseSampleSize(absl::string_view text);

// Returns how many of `trials` that is.
int64_t SampleCount(const SampleSize& size, int64_t trials);

// Returns ways to train `trials` trials: on one slot and on all, and with each
// instruction set, in bundles of random members, order and size from 1 to 256.
// Those of one instruction set come together. The slow portable kernels get
// single trials, and a limit of work.
std::vector<Packing> PlanPackings(int trials,
                                  const std::vector<std::string>& isas,
                                  int slots, std::mt19937_64& random);

// Returns a number below `bound`, in the same way everywhere.
uint64_t DrawBelow(uint64_t bound, std::mt19937_64& random);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VERIFY_PLAN_H_
