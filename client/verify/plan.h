#ifndef FATHOM_CLIENT_VERIFY_PLAN_H_
#define FATHOM_CLIENT_VERIFY_PLAN_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/embedded.h"

// This file draws what `fathom verify` trains. Everything follows from the
// random generator.
namespace fathom::client {

// How many trials are taken, as the option --sample says.
struct SampleSize {
  double percent = 1;
  // Bounds of the number of trials, whatever the percentage comes to. Where a
  // number was asked for, both bounds are that number.
  int64_t least = 20;
  int64_t most = 1000;
};

// Reads "1%", "2.5%" or "200"; other texts are INVALID_ARGUMENT. A percentage
// that was asked for is bounded only by one trial and by all trials.
absl::StatusOr<SampleSize> ParseSampleSize(absl::string_view text);

// Returns how many of `trials` trials are taken.
int64_t SampleCount(const SampleSize& size, int64_t trials);

// Returns ways to train `trials` trials: on one slot and on all slots, and with
// each instruction set, in bundles with random members in random order and with
// 1 to 256 lanes. Ways with the same instruction set are next to each other.
// The portable kernels are slow, so that they get bundles of single trials and
// a limit of work.
std::vector<Packing> PlanPackings(int trials,
                                  const std::vector<std::string>& isas,
                                  int slots, std::mt19937_64& random);

// Returns a random number below `bound`. It is the same on every machine.
uint64_t DrawBelow(uint64_t bound, std::mt19937_64& random);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VERIFY_PLAN_H_
